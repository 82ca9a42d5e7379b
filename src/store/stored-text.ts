import { sha256, UsageError, wellFormed } from '../core/index.ts'

/*
 * Texts from outside as they are kept: bounded, so that no name fills a database or an index, and without what PostgreSQL
 * refuses (NUL) or UTF-8 cannot hold (lone surrogates). Both back ends keep the same.
 */

/** UTF-16 units of what is kept; an index of PostgreSQL takes 2,700 bytes for all columns of a key. */
export const TEXT_LIMITS = {
  name: 512,
  uri: 2048,
  /** Protocols, sources, engines, versions, addresses, people. */
  word: 200,
  host: 260,
  tag: 100,
  family: 200,
  detection: 400,
  producer: 300,
  key: 300,
  reason: 1000,
  note: 65_536,
  target: 500,
  step: 100,
} as const

/** Characters of JSON that are kept as they are: cut, they would be no JSON. */
export const MAX_JSON_CHARACTERS = 16 * 1024 ** 2

/** A text to keep, cut to `limit` units with a mark that it was. */
export function storedText(text: string, limit: number): string {
  if (text.length <= limit) return clean(text)
  // What is cut in the middle of a code point is a lone surrogate, which goes too.
  return `${clean(text.slice(0, limit - 1)).replace(/\ufffd$/, '')}…`
}

/** The same for what may be absent. */
export function storedOrNull(text: string | null | undefined, limit: number): string | null {
  return text === null || text === undefined ? null : storedText(text, limit)
}

/** A text that tells things apart: one that is too long ends with its hash, so that two stay two. */
export function storedKey(text: string, limit: number): string {
  if (text.length <= limit) return clean(text)
  return `${clean(text.slice(0, limit - 33))}~${sha256(text).slice(0, 32)}`
}

/** A text of ours that must be kept whole. @throws UsageError where it is too long */
export function wholeText(what: string, text: string, limit: number): string {
  if (text.length > limit) throw new UsageError(`${what}: ${text.length} characters, the limit is ${limit}`)
  return clean(text)
}

/** A time to keep: whole milliseconds in the range of dates, 0 for what is no number. */
export function storedTime(milliseconds: number): number {
  if (!Number.isFinite(milliseconds)) return 0
  return Math.max(0, Math.min(MAX_TIME, Math.trunc(milliseconds)))
}

/** The last millisecond of ECMAScript's dates. */
const MAX_TIME = 8_640_000_000_000_000

/** A port, null for what is none. */
export function storedPort(port: number | null): number | null {
  return port !== null && Number.isInteger(port) && port >= 0 && port <= 65_535 ? port : null
}

/** A SHA-256 as it names files. @throws UsageError for anything else */
export function checkedHash(hash: string): string {
  if (/^[0-9a-f]{64}$/.test(hash)) return hash
  throw new UsageError(
    `a SHA-256 of 64 lower-case hex digits is wanted, got ${JSON.stringify(hash.slice(0, 100))}`,
  )
}

function clean(text: string): string {
  return wellFormed(text).replaceAll('\0', '\ufffd')
}
