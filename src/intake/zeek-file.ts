import { basename } from 'node:path'
import { address, count, type Fields, flag, member, port, sha256Of, text } from './fields.ts'
import { detailsText, type Sighting } from './sighting.ts'

/** What a line of `files.log` says of a file. */
export interface ZeekFile {
  /** Name within the folder of extracted files; null where it was not extracted. */
  readonly extracted: string | null
  readonly sha256: string | null
  readonly partial: readonly string[]
  readonly sighting: Sighting
}

/**
 * Reads what `files.log` tells (Zeek's documentation, "base/frameworks/files/main.zeek" for `Files::Info` and
 * "base/files/extract/main.zeek" for `extracted`, `extracted_cutoff`). Before Zeek 5.1 it has `tx_hosts`, `rx_hosts` and
 * `conn_uids`, later `uid` and `id`; both are read. The columns of the text format are all text, which is read as well.
 */
export function readZeekFile(row: Fields, writtenAt: number): ZeekFile {
  const seconds = numberOf(row, 'ts')
  const fuid = text(row, 'fuid')
  const filename = text(row, 'filename')
  const isSentByOriginator = flag(row, 'is_orig')
  const [orig, resp] = [end(row, 'orig'), end(row, 'resp')]
  // A file goes from whoever transmits it.
  const [from, to] = isSentByOriginator ? [orig, resp] : [resp, orig]
  const details = new Map<string, unknown>([
    ['uid', text(row, 'uid') ?? member(row, 'conn_uids')],
    ...COPIED.map((name): [string, unknown] => [name, member(row, name)]),
  ])
  return {
    extracted: text(row, 'extracted'),
    sha256: sha256Of(row, 'sha256'),
    partial: cutSigns(row),
    sighting: {
      key: `zeek:${(fuid ?? '').slice(0, 64)}:${seconds ?? ''}`,
      source: 'zeek',
      at: seconds === null || seconds > LAST_SECOND ? writtenAt : Math.round(seconds * 1000),
      name: filename,
      protocol: text(row, 'source')?.toLowerCase() ?? null,
      sourceAddress: first(row, 'tx_hosts') ?? from.address,
      sourcePort: from.port,
      destinationAddress: first(row, 'rx_hosts') ?? to.address,
      destinationPort: to.port,
      host: null,
      uri: null,
      details: detailsText(details),
    },
  }
}

/** The last second of ECMAScript's dates. */
const LAST_SECOND = 8_640_000_000_000

const COPIED = [
  'fuid',
  'parent_fuid',
  'mime_type',
  'seen_bytes',
  'total_bytes',
  'missing_bytes',
  'overflow_bytes',
  'timedout',
  'extracted',
  'extracted_cutoff',
  'extracted_size',
  'md5',
  'sha1',
]

/** Whether a name leads to a file of the folder itself and nowhere else. */
export function isPlainName(name: string): boolean {
  return (
    name !== '.' && name !== '..' && !name.includes('\0') && !name.includes('\\') && basename(name) === name
  )
}

function cutSigns(row: Fields): string[] {
  const missing = numberOf(row, 'missing_bytes') ?? 0
  return [
    ...(flag(row, 'extracted_cutoff')
      ? ['zeek: the size of extracted files is limited (extracted_cutoff)']
      : []),
    ...(missing > 0 ? [`zeek: ${missing} bytes are missing (missing_bytes)`] : []),
    ...(flag(row, 'timedout') ? ['zeek: the rest of the file never came (timedout)'] : []),
  ]
}

/** One end of the connection, `id.orig_h` in columns and in JSON alike. */
function end(row: Fields, which: 'orig' | 'resp') {
  const number = numberOf(row, `id.${which}_p`)
  return {
    address: address(row, `id.${which}_h`),
    port: number === null ? null : port({ number }, 'number'),
  }
}

function first(row: Fields, name: string): string | null {
  const value = member(row, name)
  const one = Array.isArray(value) ? value[0] : typeof value === 'string' ? value.split(',')[0] : undefined
  return address({ one }, 'one')
}

function numberOf(row: Fields, name: string): number | null {
  const value = member(row, name)
  return typeof value === 'string' && /^\d{1,20}(\.\d{1,20})?$/.test(value) ? Number(value) : count(row, name)
}
