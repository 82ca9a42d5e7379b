import { LimitExceededError } from '../core/index.ts'
import type { ToldGrams } from '../kernels/ngrams/ngrams.ts'
import { type BestGrams, type BestSettings, bestGrams, mergeBest } from './best-grams.ts'
import { MAX_NGRAM_TOKENS, type NgramCounts } from './ngram-counts.ts'
import {
  type PartialHeader,
  type PartialReader,
  type PartialWriter,
  readPartial,
  writePartial,
} from './ngram-partial.ts'
import { readTotals, totalsOf } from './ngram-totals.ts'

/**
 * Merges files of n-grams of disjoint documents into one: the same bytes as of one count of all the documents, since how
 * many documents have an n-gram is a sum over documents. Vocabularies and cells are brought together by their names.
 * Memory is bounded by the number of files. @throws UnwritableError, DamagedFileError, LimitExceededError where together
 * they have more names of tokens than can be numbered
 */
export function mergePartials(paths: readonly string[], output: string): void {
  const readers: PartialReader[] = []
  let writer: PartialWriter | null = null
  try {
    for (const path of paths) readers.push(readPartial(path))
    const headers = readers.map(({ header }) => header)
    const header = joinHeaders(headers)
    const sources = readers.map((reader, i) => ngramsOf(reader.records(), headers[i], header))
    writer = writePartial(output)
    for (const ngram of mergeNgrams(sources, header.cells.length)) writer.add(ngram)
    writer.finish(header)
  } finally {
    writer?.close()
    for (const reader of readers) reader.close()
  }
}

/** The totals and the best of a file of n-grams, as `countNgrams` gives them. @throws DamagedFileError */
export function countsOfPartial(path: string, best: BestSettings): NgramCounts {
  const reader = readPartial(path)
  const { classOf, classes } = best
  const lists = bestGrams(best)
  try {
    const totals = totalsOf(offered(reader.records(), lists), classOf, classes)
    const { documents, tokens, longest } = reader.header
    return {
      documents: documents.reduce((sum, n) => sum + n, 0),
      tokens,
      totals: readTotals([totals], longest, classes),
      best: mergeBest([lists.lists()], best.count),
    }
  } finally {
    reader.close()
  }
}

function* offered(records: Iterable<ToldGrams>, best: BestGrams): Generator<ToldGrams> {
  for (const told of records) {
    best.offer(told)
    yield told
  }
}

function joinHeaders(headers: readonly PartialHeader[]): PartialHeader {
  const joined = (lists: readonly (readonly string[])[]) =>
    [...new Set(lists.flat())].sort((a, b) => (a < b ? -1 : 1))
  const cells = joined(headers.map((header) => header.cells))
  const documents = cells.map((cell) =>
    headers.reduce((sum, header) => sum + (header.documents[header.cells.indexOf(cell)] ?? 0), 0),
  )
  const names = joined(headers.map((header) => header.names))
  if (names.length > MAX_NGRAM_TOKENS) throw new LimitExceededError('names of tokens', MAX_NGRAM_TOKENS)
  return {
    longest: Math.min(...headers.map((header) => header.longest)),
    names,
    cells,
    documents,
    tokens: headers.reduce((sum, header) => sum + header.tokens, 0),
  }
}

/** One n-gram at a time, in the numbers of another header: names ascend in both, so the order stays. */
function* ngramsOf(
  records: Iterable<ToldGrams>,
  own: PartialHeader,
  joined: PartialHeader,
): Generator<ToldGrams> {
  const tokenOf = placesIn(joined.names, own.names)
  const cellOf = placesIn(joined.cells, own.cells)
  for (const { from, to, documents, tokens, cells } of records) {
    const text = tokens.map((token) => tokenOf[token - 1] + 1)
    const moved = cells.map((value, i) => (i % 2 === 0 ? cellOf[value] : value))
    // Of two files with other lengths the longest n-grams are only in one.
    for (let n = Math.min(to, joined.longest); n >= from; n--) {
      yield { from: n, to: n, documents, tokens: text.subarray(0, n), cells: moved }
    }
  }
}

function placesIn(all: readonly string[], some: readonly string[]): Uint32Array {
  const places = new Map(all.map((name, i) => [name, i]))
  return Uint32Array.from(some, (name) => places.get(name)!)
}

function* mergeNgrams(sources: readonly Iterator<ToldGrams>[], cells: number): Generator<ToldGrams> {
  const heads = sources.map((source) => source.next())
  const counts = new Uint32Array(cells)
  for (;;) {
    let first: ToldGrams | null = null
    for (const { done, value } of heads) {
      if (!done && (first === null || order(value.tokens, first.tokens) < 0)) first = value
    }
    if (first === null) return
    const ngram: ToldGrams = first
    let documents = 0
    heads.forEach(({ done, value }, i) => {
      if (done || order(value.tokens, ngram.tokens) !== 0) return
      for (let j = 0; j < value.cells.length; j += 2) counts[value.cells[j]] += value.cells[j + 1]
      documents += value.documents
      heads[i] = sources[i].next()
    })
    const pairs: number[] = []
    counts.forEach((count, cell) => {
      if (count > 0) pairs.push(cell, count)
    })
    counts.fill(0)
    yield { ...ngram, documents, cells: Uint32Array.from(pairs) }
  }
}

/** The order of the file: single tokens first; then token by token, an n-gram after those that it begins. */
function order(a: Uint16Array, b: Uint16Array): number {
  if ((a.length === 1) !== (b.length === 1)) return a.length === 1 ? -1 : 1
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i] - b[i]
  return b.length - a.length
}
