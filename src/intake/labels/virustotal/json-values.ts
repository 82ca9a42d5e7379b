import { MalformedInputError } from '../../../core/index.ts'

/** One object of a JSON file, or how many bytes it had where it was over a limit. */
export type JsonValue = { readonly text: string } | { readonly skippedBytes: number; readonly offset: number }

/** Objects within objects; VirusTotal's have about ten levels. More only serves to make readers work. */
const MAX_DEPTH = 200

const [QUOTE, BACKSLASH, OPEN, CLOSE, OPEN_LIST, CLOSE_LIST] = [...'"\\{}[]'].map((sign) =>
  sign.charCodeAt(0),
)
/** What may stand between objects: white space, and what makes a list of them. */
const BETWEEN: ReadonlySet<number> = new Set([...' \t\r\n,[]'].map((sign) => sign.charCodeAt(0)))
const BYTE_ORDER_MARK: readonly number[] = [0xef, 0xbb, 0xbf]

/**
 * The objects of JSON text that holds one, a list of them, or one a line; in their order, each as text, at most one held.
 * Those over `maxBytes` or MAX_DEPTH are stepped over and told.
 * @throws MalformedInputError for anything else between objects, and for one that is cut off
 */
export async function* jsonObjects(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<JsonValue, undefined> {
  let [depth, start, offset, size] = [0, 0, 0, 0]
  let [inString, escaped, tooDeep] = [false, false, false]
  let held: Uint8Array[] = []
  /** Takes the object's bytes of this chunk up to `end`; of one that is too large nothing is kept. */
  const take = (chunk: Uint8Array, from: number, end: number) => {
    size += end - from
    if (size > maxBytes || tooDeep) held = []
    else held.push(chunk.slice(from, end))
  }
  for await (const chunk of chunks) {
    let from = 0
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i]!
      if (depth === 0) {
        if (byte === OPEN) [depth, from, start, size, tooDeep, held] = [1, i, offset + i, 0, false, []]
        else if (!BETWEEN.has(byte) && BYTE_ORDER_MARK[offset + i] !== byte) {
          throw new MalformedInputError('json', 'no object where one was expected', offset + i)
        }
      } else if (inString) {
        if (escaped) escaped = false
        else if (byte === BACKSLASH) escaped = true
        else if (byte === QUOTE) inString = false
      } else if (byte === QUOTE) inString = true
      else if (byte === OPEN || byte === OPEN_LIST) {
        if (++depth > MAX_DEPTH) tooDeep = true
      } else if ((byte === CLOSE || byte === CLOSE_LIST) && --depth === 0) {
        take(chunk, from, i + 1)
        if (size > maxBytes || tooDeep) yield { skippedBytes: size, offset: start }
        else yield { text: Buffer.concat(held).toString('utf8') }
        held = []
      }
    }
    if (depth > 0) take(chunk, from, chunk.length)
    offset += chunk.length
  }
  if (depth > 0) throw new MalformedInputError('json', 'an object is cut off', offset)
}
