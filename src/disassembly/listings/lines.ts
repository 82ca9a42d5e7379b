/** Characters of a line that are kept; what a listing says of an instruction stands long before. */
export const MAX_LINE = 4096

/**
 * Gives each line of a text, without its end, to `take`. One character stands for one byte, so that text of any encoding
 * is read (UTF-16 that begins with its mark excepted: there one stands for one unit, and `?` for those over 0xff).
 * Holds a chunk and a line at a time.
 */
export async function eachLine(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  take: (line: string) => void,
): Promise<void> {
  let decode: ((chunk: Uint8Array) => string) | null = null
  let head: Uint8Array = new Uint8Array(0)
  let rest = ''
  const cut = (text: string) => {
    let start = 0
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      const part = text.slice(start, Math.min(end, start + MAX_LINE))
      take(withoutReturn(rest === '' ? part : (rest + part).slice(0, MAX_LINE)))
      rest = ''
      start = end + 1
    }
    if (rest.length < MAX_LINE) rest = (rest + text.slice(start, start + MAX_LINE)).slice(0, MAX_LINE)
  }
  for await (const chunk of chunks) {
    if (decode !== null) {
      cut(decode(chunk))
      continue
    }
    // The mark of UTF-16 takes two bytes to see.
    head = Buffer.concat([head, chunk])
    if (head.length < 2) continue
    decode = decoderFor(head)
    cut(decode(head))
  }
  if (decode === null) cut(latin1(head))
  if (rest !== '') take(withoutReturn(rest))
}

/** Characters of a line that can say what a text is; no expression that is tried on it takes long then. */
const MAX_HEAD_LINE = 160

/** The beginning of a text as `eachLine` reads it, its lines cut short. */
export function headOf(bytes: Uint8Array): string {
  const lines = decoderFor(bytes)(bytes).split('\n')
  return lines.map((line) => withoutReturn(line.slice(0, MAX_HEAD_LINE))).join('\n')
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line
}

function decoderFor(head: Uint8Array): (chunk: Uint8Array) => string {
  const [a, b] = head
  if (a === 0xff && b === 0xfe) return utf16(0)
  if (a === 0xfe && b === 0xff) return utf16(1)
  return latin1
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}

/** Decodes UTF-16 whose low byte is the first (0) or the second (1) of each unit; units may lie across chunks. */
function utf16(low: 0 | 1): (chunk: Uint8Array) => string {
  let at = 0
  let previous = 0
  return (chunk) => {
    const units = Buffer.allocUnsafe((chunk.length >> 1) + 1)
    let size = 0
    for (const byte of chunk) {
      if (at % 2 === 1) {
        const [small, large] = low === 0 ? [previous, byte] : [byte, previous]
        units[size++] = large === 0 ? small : QUESTION_MARK
      }
      previous = byte
      at ^= 1
    }
    return units.toString('latin1', 0, size)
  }
}

const QUESTION_MARK = 0x3f
