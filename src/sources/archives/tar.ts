import { type KnownError, LimitExceededError, MalformedInputError } from '../../core/index.ts'
import {
  type Archive,
  distinctNames,
  MAX_MEMBERS,
  MAX_NAME_BYTES,
  type Member,
  type OpenBytes,
  readRange,
} from './archive.ts'
import { type ByteSource, seekable } from './byte-source.ts'

const BLOCK = 512
/** Bytes of the records that carry long names (pax, GNU). */
const MAX_EXTENSION_BYTES = 1024 * 1024

/** Whether a stream that starts so is a tar archive: its first header carries its own checksum. */
export function isTar(head: Uint8Array): boolean {
  return head.length >= BLOCK && head[0] !== 0 && checksumHolds(head)
}

/** A tar archive (ustar, pax, GNU and v7) that lies open: members are reached by seeking. */
export function tarArchive(open: OpenBytes): Archive {
  let index: Promise<Map<string, TarEntry>> | null = null
  const member = (entry: TarEntry): Member =>
    unreadable(entry) ?? {
      name: entry.name,
      size: entry.size,
      async *open() {
        const bytes = await open()
        yield* readRange(bytes, entry.offset, entry.size)
        if (entry.offset + entry.size > bytes.size) {
          throw new MalformedInputError('tar', 'the data is cut off', bytes.size)
        }
      },
    }
  return {
    async *members() {
      for await (const entry of tarEntries(seekable(await open()))) yield member(entry)
    },
    async find(name) {
      index ??= indexOf(tarEntries(seekable(await open())))
      const entry = (await index).get(name)
      return entry ? member(entry) : null
    },
    close: async () => {},
  }
}

async function indexOf(entries: AsyncGenerator<TarEntry>): Promise<Map<string, TarEntry>> {
  const index = new Map<string, TarEntry>()
  try {
    for await (const entry of entries) index.set(entry.name, entry)
  } catch {
    // Whoever lists the members is told; the ones before the damage can be opened.
  }
  return index
}

/** The member that stands for an entry which has no content to read; null for one that has. */
export function unreadable({ name, error, skipped }: TarEntry): Member | null {
  if (error) return { name, error }
  return skipped === null ? null : { name, skipped }
}

/** One member as its header describes it. */
export interface TarEntry {
  readonly name: string
  readonly size: number
  /** Where its content starts in the tar stream. */
  readonly offset: number
  readonly skipped: string | null
  readonly error: KnownError | null
}

/** The members, each told before its content; what of that the reader leaves is skipped. @throws KnownError */
export async function* tarEntries(source: ByteSource): AsyncGenerator<TarEntry> {
  const distinct = distinctNames()
  let long: Map<string, string> = new Map()
  let count = 0
  try {
    for (;;) {
      const at = source.at()
      const header = await source.take(BLOCK)
      // The end is two empty blocks, or just the end of the file.
      if (header.length === 0 || header.every((byte) => byte === 0)) return
      if (header.length < BLOCK)
        throw new MalformedInputError('tar', 'the data is cut off', at + header.length)
      if (!checksumHolds(header)) throw new MalformedInputError('tar', 'a header whose checksum is wrong', at)
      const type = String.fromCharCode(header[156]!)
      const size = numberOf(long.get('size')) ?? octal(header, 124, 12)
      const end = source.at() + Math.ceil(size / BLOCK) * BLOCK
      if (!Number.isSafeInteger(size) || size < 0)
        throw new MalformedInputError('tar', 'a size that is no number', at)
      if ('xgLK'.includes(type)) {
        if (size > MAX_EXTENSION_BYTES)
          throw new LimitExceededError('tar extension bytes', MAX_EXTENSION_BYTES)
        const content = await source.take(size)
        if (type === 'x') long = new Map([...long, ...paxRecords(content)])
        if (type === 'L') long = new Map([...long, ['path', text(content, 0, content.length)]])
      } else {
        if (++count > MAX_MEMBERS) throw new LimitExceededError('tar members', MAX_MEMBERS)
        const name = long.get('path') ?? ustarName(header)
        const tooLong = name.length > MAX_NAME_BYTES
        yield {
          name: distinct(name.slice(0, MAX_NAME_BYTES)),
          size,
          offset: source.at(),
          skipped: '0\x007'.includes(type)
            ? name.endsWith('/')
              ? 'a folder'
              : null
            : (KINDS.get(type) ?? 'not a file'),
          error: tooLong ? new LimitExceededError('tar member name', MAX_NAME_BYTES) : null,
        }
        long = new Map()
      }
      await source.moveTo(end)
    }
  } finally {
    await source.close()
  }
}

const KINDS = new Map([
  ['1', 'a link'],
  ['2', 'a link'],
  ['3', 'a device'],
  ['4', 'a device'],
  ['5', 'a folder'],
  ['6', 'a pipe'],
])

function checksumHolds(header: Uint8Array): boolean {
  let sum = 0
  for (let i = 0; i < BLOCK; i++) sum += i >= 148 && i < 156 ? 0x20 : header[i]!
  return sum === octal(header, 148, 8)
}

/** A number as text in octal, or in binary where the first bit is set (GNU); NaN when it is neither. */
function octal(header: Uint8Array, at: number, length: number): number {
  if ((header[at]! & 0x80) !== 0) {
    let value = header[at]! & 0x7f
    for (let i = 1; i < length; i++) value = value * 256 + header[at + i]!
    return value
  }
  const digits = text(header, at, length).trim()
  if (digits === '') return 0
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN
}

function numberOf(value: string | undefined): number | undefined {
  return value === undefined || !/^\d{1,16}$/.test(value) ? undefined : Number(value)
}

function ustarName(header: Uint8Array): string {
  const name = text(header, 0, 100)
  const prefix = text(header, 257, 5) === 'ustar' && header[262] === 0 ? text(header, 345, 155) : ''
  return prefix === '' ? name : `${prefix}/${name}`
}

/** Text up to its first zero byte. */
function text(bytes: Uint8Array, at: number, length: number): string {
  const field = bytes.subarray(at, at + length)
  const end = field.indexOf(0)
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end))
}

/** Records such as `30 path=some/name\n`, where 30 is the length of all of it. */
function paxRecords(bytes: Uint8Array): Map<string, string> {
  const records = new Map<string, string>()
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at)
    const length = space < 0 ? Number.NaN : Number.parseInt(text(bytes, at, space - at), 10)
    if (!(length > space - at + 1) || at + length > bytes.length) break
    const record = text(bytes, space + 1, at + length - space - 2)
    const equals = record.indexOf('=')
    if (equals > 0) records.set(record.slice(0, equals), record.slice(equals + 1))
    at += length
  }
  return records
}
