import type { EVENT } from './json-scan.ts'
import { ASK, type Projection, type ProjectionNode } from './projection.ts'

/** An event as a person would write it down. `at` and `end` count bytes from the start of the input. */
export interface PlainEvent {
  readonly kind: keyof typeof EVENT
  /** The node, or of `broken` the problem. */
  readonly node: number
  readonly at: number
  readonly end: number
  /** Of keys and texts: there is a backslash in it. Of lines: the document goes on. */
  readonly flag: boolean
}

/** Where the reference stands: what it waits for, or what it is inside of. */
type Place =
  | 'document'
  | 'value'
  | 'first key'
  | 'key'
  | 'colon'
  | 'first element'
  | 'after'
  | 'key text'
  | 'text'
type Inside = 'literal' | 'skipped' | 'dropped line' | 'stopped'

const SPACE = ' \n\r\t'
const LITERAL = /[0-9A-Za-z+.-]/
const LITERAL_START = /[-0-9tfnNI]/

/**
 * The definition of what a JsonScanner reports, one byte at a time, pieces already joined. In line mode a document that
 * goes on behind its line, and one that is broken, is dropped up to the newline. What is still open at the end of the
 * input is not reported.
 */
export function referenceEvents({ nodes }: Projection, input: Uint8Array, lineMode: boolean): PlainEvent[] {
  const events: PlainEvent[] = []
  const frames: { node: ProjectionNode; id: number; array: boolean }[] = []
  let place = 'document' as Place | Inside
  let valueNode = 0
  let start = 0
  let escaped = false
  let backslash = false
  let skipDepth = 0
  let skipText = false
  let verbatim: { node: number; at: number; depth: number } | null = null

  const emit = (kind: PlainEvent['kind'], node: number, at: number, end: number, flag = false) =>
    events.push({ kind, node, at, end, flag })
  const asks = (id: number, what: number) => id >= 0 && (nodes[id]!.asks & what) !== 0
  const top = () => frames[frames.length - 1]!

  const endValue = (at: number) => {
    if (verbatim && verbatim.depth === frames.length) {
      emit('verbatim', verbatim.node, verbatim.at, at)
      verbatim = null
    }
    place = 'after'
    if (frames.length > 0) return
    emit('ended', 0, at, at)
    place = 'document'
  }
  const breakOff = (problem: number, at: number) => {
    emit('broken', problem, at, at)
    verbatim = null
    place = lineMode ? 'dropped line' : 'stopped'
    frames.length = 0
  }
  const beginText = (at: number, next: Place) => {
    start = at + 1
    escaped = backslash = false
    place = next
  }
  const beginValue = (c: string, at: number) => {
    if (!verbatim && asks(valueNode, ASK.verbatim)) verbatim = { node: valueNode, at, depth: frames.length }
    if (c === '"') beginText(at, 'text')
    else if (c === '{' || c === '[') beginContainer(c === '[', at)
    else if (LITERAL_START.test(c)) {
      start = at
      place = 'literal'
    } else breakOff(1, at)
  }
  const beginContainer = (array: boolean, at: number) => {
    if (asks(valueNode, ASK.enter)) emit(array ? 'enteredArray' : 'enteredObject', valueNode, at, at)
    const node = nodes[valueNode]
    const leadsOn = node && (array ? node.element >= 0 : node.keys.size > 0 || node.any >= 0)
    if (node && (leadsOn || asks(valueNode, ASK.leave))) {
      frames.push({ node, id: valueNode, array })
      place = array ? 'first element' : 'first key'
    } else {
      skipDepth = 1
      skipText = backslash = false
      place = 'skipped'
    }
  }
  const endContainer = (at: number) => {
    const { id } = frames.pop()!
    if (asks(id, ASK.leave)) emit('left', id, at, at)
    endValue(at + 1)
  }
  const endKey = (at: number) => {
    if (asks(top().id, ASK.keys)) emit('key', top().id, start, at, escaped)
    const { keys, any } = top().node
    valueNode = keys.get(decodeKey(input.subarray(start, at)) ?? '') ?? any
    place = 'colon'
  }
  /** In a key or text: whether the byte is its closing quote. */
  const closes = (c: string): boolean => {
    if (backslash) backslash = false
    else if (c === '"') return true
    else if (c === '\\') escaped = backslash = true
    return false
  }
  const skip = (c: string, at: number) => {
    const wasEscaped = backslash
    backslash = c === '\\' && !wasEscaped
    if (c === '"' && !wasEscaped) skipText = !skipText
    else if (skipText) return
    else if (c === '{' || c === '[') skipDepth++
    else if (c === '}' || c === ']') skipDepth--
    if (skipDepth === 0) endValue(at + 1)
  }
  /** Handles a byte; false when it must be looked at again in the new place. */
  const step = (c: string, at: number): boolean => {
    const waits = !['key text', 'text', 'literal', 'skipped', 'dropped line', 'stopped'].includes(place)
    if (waits && SPACE.includes(c)) return true
    if (place === 'document') {
      emit('began', 0, at, at)
      valueNode = 0
      beginValue(c, at)
    } else if (place === 'value') beginValue(c, at)
    else if (place === 'first key' && c === '}') endContainer(at)
    else if (place === 'first key' || place === 'key') {
      if (c === '"') beginText(at, 'key text')
      else breakOff(2, at)
    } else if (place === 'colon') {
      if (c === ':') place = 'value'
      else breakOff(3, at)
    } else if (place === 'first element' && c === ']') endContainer(at)
    else if (place === 'first element') {
      valueNode = top().node.element
      beginValue(c, at)
    } else if (place === 'after') {
      if (c === ',') {
        if (top().array) valueNode = top().node.element
        place = top().array ? 'value' : 'key'
      } else if (c === (top().array ? ']' : '}')) endContainer(at)
      else breakOff(4, at)
    } else if (place === 'key text') {
      if (closes(c)) endKey(at)
    } else if (place === 'text') {
      if (!closes(c)) return true
      if (asks(valueNode, ASK.text)) emit('text', valueNode, start, at, escaped)
      endValue(at + 1)
    } else if (place === 'literal') {
      if (LITERAL.test(c)) return true
      if (!`,}]${SPACE}`.includes(c)) {
        breakOff(5, at)
        return true
      }
      if (asks(valueNode, ASK.literal)) emit('literal', valueNode, start, at)
      endValue(at)
      return false
    } else if (place === 'skipped') skip(c, at)
    return true
  }

  for (let at = 0; at < input.length && place !== 'stopped'; at++) {
    const c = String.fromCharCode(input[at]!)
    while (!step(c, at));
    if (c !== '\n' || !lineMode) continue
    const open = place !== 'document' && place !== 'dropped line'
    emit('line', 0, at + 1, at + 1, open)
    place = 'document'
    frames.length = 0
    verbatim = null
  }
  return events
}

/** The key that bytes spell, or null when it is not plain ASCII: no projection has such keys. */
function decodeKey(bytes: Uint8Array): string | null {
  const text = Buffer.from(bytes).toString('latin1')
  let strange = false
  const decoded = text.replace(/\\(?:u([0-9a-fA-F]{4})|([\s\S]))/g, (_, unit, letter) => {
    if (letter === 'u') strange = true
    if (unit) return String.fromCharCode(Number.parseInt(unit, 16))
    return ({ b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' } as Record<string, string>)[letter] ?? letter
  })
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are ASCII too
  return strange || !/^[\x00-\x7f]*$/.test(decoded) ? null : decoded
}
