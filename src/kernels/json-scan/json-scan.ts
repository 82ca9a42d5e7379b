import { instantiate, type KernelExports } from '../wasm.ts'
import { wasm } from './json-scan.wasm.ts'
import { type Projection, projectionBytes, writeProjection } from './projection.ts'

/** Kinds of events: the low eight bits of an event's first word. Kept equal to `Kind` in native/json-scan.cpp. */
export const EVENT = {
  enteredObject: 1,
  enteredArray: 2,
  left: 3,
  /** A key of the object at the node, in pieces. */
  key: 4,
  /** A string, in pieces, without its quotes and with its escapes. */
  text: 5,
  /** A number, true, false, null, NaN or Infinity, in pieces. */
  literal: 6,
  /** All bytes of a value, in pieces. */
  verbatim: 7,
  /** A document begins. */
  began: 8,
  /** A document has ended. */
  ended: 9,
  /** In line mode: a newline was passed. */
  line: 10,
  /** The input breaks JSON's rules; the node is a key of PROBLEMS. The scanner then stands still until `drop`. */
  broken: 11,
} as const

/** Flags of an event's first word. Kept equal to those in native/json-scan.cpp. */
export const PIECE = {
  /** The first piece of its value; with `last`, the whole. */
  first: 256,
  last: 512,
  whole: 256 | 512,
  /** A backslash was seen in this value so far. */
  escaped: 1024,
  /** Of a line: it ended inside a document. */
  open: 2048,
} as const

/**
 * The bits of an event's first word from this one on are 0, or the value of a remembered name plus 1: of a whole string
 * without escapes at a node that asks for `name`.
 */
export const NAME_SHIFT = 12

/** What was wrong where the scanner stopped. */
export const PROBLEMS: Readonly<Record<number, string>> = {
  1: 'expected a value',
  2: 'expected a key',
  3: 'expected a colon',
  4: 'expected a comma or the end of the object or array',
  5: 'a number or word with a strange character',
}

/** Words of one event: kind and flags, node, and the addresses in `bytes` where its text starts and ends. */
export const EVENT_WORDS = 4

/** Most bytes that one `feed` takes. */
export const CHUNK_BYTES = 1 << 20

const EVENTS = 1 << 14
const SLACK_BYTES = 64

/**
 * Reads JSON chunk by chunk and reports what a projection asks for. Values off its paths are stepped over unchecked but
 * for their brackets and quotes; on the paths JSON's grammar is checked, with these liberties: control characters in
 * strings, numbers in any spelling, and several documents one after another.
 */
export interface JsonScanner {
  /** The memory that events point into. Bytes from `scratch` on (`SCRATCH_BYTES` of them) are the caller's. */
  readonly bytes: Uint8Array
  readonly scratch: number
  readonly events: Int32Array
  /** Takes in at most CHUNK_BYTES, once the chunk before has been scanned to its end. */
  feed(chunk: Uint8Array): void
  /** Reads on; returns the number of events, which hold until the next call. Call until `rest` is 0. */
  scan(): number
  /** Bytes of the chunk not yet read. */
  rest(): number
  /** Address in `bytes` of the chunk's first byte. */
  readonly chunk: number
  /** In line mode each newline ends `scan` and is reported. */
  lines(on: boolean): void
  /** Forgets the document at hand: goes on here (behind a newline just reported), or behind the next newline. */
  drop(atNewline: boolean): void
  /** Gives the bytes of a string at a node a number, 0 … 2^19 - 1. It may be lost again: others push it out. */
  remember(node: number, start: number, end: number, value: number): void
  /** Forgets all names. */
  forget(): void
}

/** Bytes of a scanner's scratch area. */
const SCRATCH_BYTES = 1 << 16

interface Exports extends KernelExports {
  configure(table: number, events: number, capacity: number): void
  feed(start: number, length: number): void
  at(): number
  lines(on: number): void
  drop(atNewline: number): void
  scan(): number
  remember(node: number, text: number, length: number, value: number): void
  forget(): void
}

/** A scanner in its own wasm memory of about 1.5 MiB. */
export function jsonScanner(projection: Projection): JsonScanner {
  const kernel = instantiate<Exports>(wasm)
  const events = kernel.base + projectionBytes(projection)
  const scratch = events + EVENTS * EVENT_WORDS * 4
  const chunk = scratch + SCRATCH_BYTES
  kernel.reserve(chunk + CHUNK_BYTES + SLACK_BYTES)
  writeProjection(kernel.memory, kernel.base, projection)
  kernel.exports.configure(kernel.base, events, EVENTS)
  const bytes = new Uint8Array(kernel.memory.buffer)
  let end = chunk
  return {
    bytes,
    scratch,
    chunk,
    events: new Int32Array(kernel.memory.buffer, events, EVENTS * EVENT_WORDS),
    feed(data) {
      bytes.set(data, chunk)
      end = chunk + data.length
      kernel.exports.feed(chunk, data.length)
    },
    scan: () => kernel.exports.scan(),
    rest: () => end - kernel.exports.at(),
    lines: (on) => kernel.exports.lines(on ? 1 : 0),
    remember: (node, start, stop, value) => kernel.exports.remember(node, start, stop - start, value),
    forget: () => kernel.exports.forget(),
    drop: (atNewline) => kernel.exports.drop(atNewline ? 1 : 0),
  }
}
