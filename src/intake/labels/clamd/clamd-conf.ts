import { readFile } from 'node:fs/promises'
import { addressText } from './address.ts'

/** What a clamd.conf says that matters here. */
export interface ClamdConf {
  readonly path: string
  /** As `parseClamdAddress` takes it; null where none is set. */
  readonly address: string | null
  /** Bytes; null where the file does not say, so that the default of the clamd's version is in force. 0 is no limit. */
  readonly maxFileBytes: number | null
  readonly maxScanBytes: number | null
  readonly maxStreamBytes: number | null
  /** Whether a file that is over a limit is told, and not called OK. */
  readonly tellsLimits: boolean
}

/** Where clamd.conf lies by custom. */
const PLACES: readonly string[] = [
  '/etc/clamav/clamd.conf',
  '/etc/clamd.d/scan.conf',
  '/etc/clamd.conf',
  '/usr/local/etc/clamav/clamd.conf',
  '/usr/local/etc/clamd.conf',
  '/opt/homebrew/etc/clamav/clamd.conf',
]

const MAX_CONF_LENGTH = 1_000_000

/** The first clamd.conf that is here and can be read, null for none. */
export async function findClamdConf(places: readonly string[] = PLACES): Promise<ClamdConf | null> {
  for (const path of places) {
    const text = await readFile(path, 'utf8').catch(() => null)
    if (text !== null && text.length <= MAX_CONF_LENGTH) return parseClamdConf(path, text)
  }
  return null
}

/** What a clamd.conf says: `Key value` a line, `#` begins a comment line; of a key that stands twice the last counts. */
export function parseClamdConf(path: string, text: string): ClamdConf {
  const settings = new Map<string, string>()
  for (const line of text.split(/\r?\n/)) {
    const { key, value } = /^\s*(?<key>[A-Za-z]\w*)\s+(?<value>\S.*)$/.exec(line)?.groups ?? {}
    if (key !== undefined && value !== undefined) settings.set(key, value.trimEnd().replace(/^"(.*)"$/, '$1'))
  }
  const port = Number(settings.get('TCPSocket') ?? Number.NaN)
  const host = settings.get('TCPAddr') ?? '127.0.0.1'
  const size = (key: string) => sizeOf(settings.get(key))
  return {
    path,
    address:
      settings.get('LocalSocket') ??
      (Number.isInteger(port) ? addressText({ host: hostOf(host), port }) : null),
    maxFileBytes: size('MaxFileSize'),
    maxScanBytes: size('MaxScanSize'),
    maxStreamBytes: size('StreamMaxLength'),
    tellsLimits: /^(?:yes|true|1)$/i.test(settings.get('AlertExceedsMax') ?? ''),
  }
}

/** A clamd that listens everywhere is reached here. */
function hostOf(address: string): string {
  return address === '0.0.0.0' || address === '::' ? '127.0.0.1' : address
}

const UNITS: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['k', 1024],
  ['m', 1024 ** 2],
  ['g', 1024 ** 3],
])

function sizeOf(text: string | undefined): number | null {
  const { number, unit = '' } = /^(?<number>\d{1,12})(?<unit>[kmg]?)$/i.exec(text ?? '')?.groups ?? {}
  return number === undefined ? null : Number(number) * UNITS.get(unit.toLowerCase())!
}
