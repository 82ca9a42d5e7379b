import { instantiate, type Kernel, memoryPlan } from '../wasm.ts'
import { wasm } from './ngrams.wasm.ts'

interface Exports {
  count(plan: number, text: number, pieces: number, count: number): void
  collect(plan: number, text: number, pieces: number, count: number, from: number, to: number): void
  begin(plan: number, from: number): void
  scan(plan: number, to: number): number
  written(): number
}

/** Longest n-gram of the kernel. */
export const LONGEST = 10

/** Numbers of one row of `NgramCounter.totals`, one for each n from 0. */
export const TOTALS = LONGEST + 2

/** Most tokens of a text, those that only follow its last position included, and most pieces. */
export const MAX_TEXT_TOKENS = 1 << 20
/** Most pieces of a text. */
export const MAX_PIECES = 1 << 16

/** Bytes of `out`, at least: what is told is taken from there in blocks of about this size. */
const OUT_BYTES = 1 << 20

/** Some tokens of some documents. */
export interface NgramText {
  readonly tokens: Uint16Array
  /** Four numbers for each piece: document, where it begins in `tokens`, its length, and at how many of its positions n-grams begin. */
  readonly pieces: Uint32Array
}

/** What is counted; the kernel checks nothing. */
export interface NgramShape {
  /** Largest token, 1 … 65,535; 0 stands for the end. */
  readonly largest: number
  /** 2 … 10. */
  readonly longest: number
  /** Cell of each document. */
  readonly cellOf: Uint32Array
  /** Class of each cell; `classes` where it has none. */
  readonly classOf: Uint32Array
  readonly classes: number
}

/** n-grams of all lengths `from` … `to` that begin with the same tokens and stand in the same documents. */
export interface ToldGrams {
  readonly from: number
  readonly to: number
  readonly documents: number
  /** The longest of them; a view that the next one overwrites. */
  readonly tokens: Uint16Array
  /** Cell and documents in it, by turns and in no order; a view too. */
  readonly cells: Uint32Array
}

/** How tokens are packed: a suffix goes to the bucket of its first bits. */
export interface NgramPacking {
  readonly bits: number
  readonly bucketBits: number
  readonly recordBytes: number
}

/** The packing for tokens up to `largest`. n-grams of two tokens or more never stand in two buckets. */
export function packingOf(largest: number, longest: number): NgramPacking {
  const bits = Math.max(1, 32 - Math.clz32(largest))
  const bucketBits = Math.min(2 * bits, 20)
  const width = bits * longest - bucketBits
  const words = bits * longest > 128 ? 5 : Math.max(2, Math.ceil(width / 32))
  return { bits, bucketBits, recordBytes: 4 * (words + 1) }
}

/** Memory of the kernel apart from records, in bytes. */
export function fixedBytes(shape: NgramShape): number {
  return layOut(shape, 0, 0, 0).end
}

/**
 * Counts in how many documents each n-gram stands, n from 2 on, by one sort of the suffixes of all documents: n-grams of
 * every length are intervals of equal beginnings among the sorted suffixes (Abouelhoda, Kurtz & Ohlebusch, "Replacing
 * suffix trees with enhanced suffix arrays", 2004, §3).
 */
export interface NgramCounter {
  /** Adds the suffixes that begin in a text to their buckets' sizes. */
  count(text: NgramText): void
  /** Size of each bucket so far. */
  sizes(): Uint32Array
  /** Makes room for the records of buckets `from` … `to - 1` of these sizes. */
  begin(sizes: Uint32Array, from: number, to: number): void
  /** Adds those that begin in a text; all texts that were counted have to come once. */
  collect(text: NgramText): void
  /**
   * Sorts and scans. `tell` gets what stands in `least[n]` documents or more for any of its n; `least` may grow meanwhile.
   * Afterwards `begin` may start on other buckets.
   */
  scan(least: Uint32Array, tell: (told: ToldGrams) => void): void
  /**
   * Sums over the buckets of the last `begin`, a row of 12 for each: distinct n-grams, those in two documents or more, their documents,
   * and distinct n-grams by class, [3 + classes, 12]; index n of a row.
   */
  totals(): Float64Array
}

interface Layout {
  readonly plan: number
  readonly text: number
  readonly pieces: number
  readonly cellOf: number
  readonly classOf: number
  readonly stamps: number
  readonly counts: number
  readonly touched: number
  readonly classMarks: number
  readonly totals: number
  readonly least: number
  readonly out: number
  readonly outWords: number
  readonly cursors: number
  readonly records: number
  readonly spare: number
  readonly end: number
}

function layOut(
  { cellOf, classOf, classes, largest, longest }: NgramShape,
  base: number,
  records: number,
  spare: number,
): Layout {
  const { bucketBits, recordBytes } = packingOf(largest, longest)
  const plan = memoryPlan(base)
  const { place } = plan
  const cells = classOf.length
  // Twice what one suffix may make it tell.
  const outWords = Math.max(OUT_BYTES / 4, 2 * LONGEST * (8 + 2 * cells))
  return {
    plan: place(20 * 4),
    text: place(2 * MAX_TEXT_TOKENS),
    pieces: place(16 * MAX_PIECES),
    cellOf: place(4 * cellOf.length),
    classOf: place(4 * cells),
    stamps: place(4 * LONGEST * cellOf.length),
    counts: place(4 * LONGEST * cells),
    touched: place(4 * LONGEST * cells),
    classMarks: place(4 * classes),
    totals: place(8 * TOTALS * (3 + classes)),
    least: place(4 * TOTALS),
    out: place(4 * outWords),
    outWords,
    cursors: place(4 * (2 ** bucketBits + 1)),
    records: place(recordBytes * records),
    spare: place(recordBytes * spare),
    end: plan.end,
  }
}

/** A counter in wasm memory of its own. */
export function ngramCounter(shape: NgramShape): NgramCounter {
  const kernel: Kernel<Exports> = instantiate(wasm)
  const { exports, memory } = kernel
  const { bits, bucketBits, recordBytes } = packingOf(shape.largest, shape.longest)
  let at = layOut(shape, kernel.base, 0, 0)
  const words = (offset: number, length: number) => new Uint32Array(memory.buffer, offset, length)
  const lay = (records: number, spare: number) => {
    at = layOut(shape, kernel.base, records, spare)
    kernel.reserve(at.end)
    words(at.plan, 20).set([
      ...[bits, bucketBits, recordBytes / 4 - 1, shape.longest, at.cursors, at.records, at.spare],
      ...[at.cellOf, at.classOf, at.stamps, at.counts, at.touched, at.classMarks, at.totals, at.least],
      ...[at.out, at.outWords, shape.classOf.length, shape.classes],
    ])
  }
  lay(0, 0)
  words(at.cellOf, shape.cellOf.length).set(shape.cellOf)
  words(at.classOf, shape.classOf.length).set(shape.classOf)
  const write = ({ tokens, pieces }: NgramText) => {
    new Uint16Array(memory.buffer, at.text, tokens.length).set(tokens)
    words(at.pieces, pieces.length).set(pieces)
  }
  let range = [0, 0]
  return {
    count(text) {
      write(text)
      exports.count(at.plan, at.text, at.pieces, text.pieces.length / 4)
    },
    sizes: () => words(at.cursors, 2 ** bucketBits).slice(),
    begin(sizes, from, to) {
      let records = 0
      let largest = 0
      for (let bucket = from; bucket < to; bucket++) {
        records += sizes[bucket]
        largest = Math.max(largest, sizes[bucket])
      }
      lay(records, largest)
      new Float64Array(memory.buffer, at.totals, TOTALS * (3 + shape.classes)).fill(0)
      const cursors = words(at.cursors, 2 ** bucketBits)
      for (let bucket = from, sum = 0; bucket < to; bucket++) {
        cursors[bucket] = sum
        sum += sizes[bucket]
      }
      range = [from, to]
    },
    collect(text) {
      write(text)
      exports.collect(at.plan, at.text, at.pieces, text.pieces.length / 4, range[0], range[1])
    },
    scan(least, tell) {
      exports.begin(at.plan, range[0])
      for (let more = 1; more === 1; ) {
        words(at.least, TOTALS).set(least)
        more = exports.scan(at.plan, range[1])
        readTold(words(at.out, exports.written()), tell)
      }
    },
    totals: () => summed(new Float64Array(memory.buffer, at.totals, TOTALS * (3 + shape.classes))),
  }
}

/** What the kernel wrote for each group: lengths, documents, number of cells, tokens two to a word, cells. */
function readTold(out: Uint32Array, tell: (told: ToldGrams) => void): void {
  let i = 0
  while (i < out.length) {
    const [lengths, documents, size] = [out[i], out[i + 1], out[i + 2]]
    const to = lengths >>> 8
    const cells = i + 3 + ((to + 1) >> 1)
    const tokens = new Uint16Array(out.buffer, out.byteOffset + 4 * (i + 3), to)
    tell({ from: lengths & 255, to, documents, tokens, cells: out.subarray(cells, cells + 2 * size) })
    i = cells + 2 * size
  }
}

/** Rows of changes from n - 1 to n as rows of values. */
function summed(changes: Float64Array): Float64Array {
  const totals = changes.slice()
  for (let i = 0; i < totals.length; i++) if (i % TOTALS > 0) totals[i] += totals[i - 1]
  return totals
}
