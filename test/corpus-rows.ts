import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { traceGroup } from '../src/corpus/content.ts'
import type { Row } from '../src/corpus/index.ts'
import {
  type Kind,
  type Places,
  type Tally,
  type Trace,
  UNLABELLED,
  type View,
} from '../src/samples/index.ts'

/** Runs `work` with an empty folder, which is removed afterwards. */
export async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'taxon-corpus-'))
  try {
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What a row is made of where a test does not care. */
export interface RowParts {
  readonly id?: string
  readonly source?: string
  readonly view?: View
  readonly kind?: Kind
  readonly names?: readonly string[]
  readonly counts?: readonly number[]
  readonly malicious?: 0 | 1 | null
  readonly family?: string | null
  readonly firstSeen?: string | null
  readonly extra?: string | null
}

/** A row with a vocabulary of its own, in the order in which its names appear. */
export function row({
  id = 'sample',
  source = 'test',
  view = 'calls',
  kind = 'sequence',
  names = ['NtOpenFile', 'NtClose'],
  counts = names.map(() => 1),
  malicious = null,
  family = null,
  firstSeen = null,
  extra = null,
}: RowParts = {}): Row {
  const vocabulary = [...new Set(names)]
  const numbers = Uint32Array.from(names, (name) => vocabulary.indexOf(name))
  const totals = vocabulary.map((_, v) =>
    numbers.reduce((sum, number, i) => sum + (number === v ? counts[i] : 0), 0),
  )
  const tally: Tally = {
    tokens: Uint32Array.from(vocabulary.keys()),
    counts: kind === 'set' ? null : Float64Array.from(totals),
  }
  const trace: Trace = {
    view,
    kind,
    dialect: 'unknown',
    vocabulary,
    sequence: kind === 'sequence' ? numbers : null,
    tally,
    length: kind === 'set' ? vocabulary.length : totals.reduce((a, b) => a + b, 0),
    places: null,
  }
  const label = { ...UNLABELLED, malicious, family, firstSeen }
  return { id, source, trace, label, state: 'complete', group: traceGroup(trace), extra }
}

/** Text with whatever Unicode, quotes, newlines and prototype names; lone surrogates too. */
export const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom(
    '__proto__',
    'constructor',
    '',
    "'; DROP TABLE t",
    '\ud800',
    '\udfff\ud800',
    '\u0000',
    'a"b\nc',
    '\uffff',
    '\u{10000}',
  ),
)

/** Any row a reader could give: all kinds, cut sequences with fuller tallies, places, partial states, odd names. */
export const anyRow: fc.Arbitrary<Row> = fc
  .record({
    id: fc.oneof(fc.constantFrom('a', 'b', 'c', 'd'), anyText),
    source: fc.oneof(fc.constantFrom('s', 't'), anyText),
    view: fc.constantFrom<View>('opcodes', 'calls'),
    kind: fc.constantFrom<Kind>('sequence', 'counts', 'set'),
    dialect: fc.constantFrom('unknown', 'cape'),
    vocabulary: fc.uniqueArray(anyText, { minLength: 1, maxLength: 12 }),
    sequence: fc.array(fc.nat(11), { maxLength: 40 }),
    past: fc.oneof(fc.constant(0), fc.nat(1_000_000)),
    apart: fc.array(fc.record({ token: fc.nat(11), count: fc.nat(1000) }), { maxLength: 6 }),
    places: fc.constantFrom('none', 'calls', 'timed', 'addresses'),
    label: fc.record({
      malicious: fc.constantFrom<0 | 1 | null>(0, 1, null),
      family: fc.option(anyText),
      category: fc.option(anyText),
      firstSeen: fc.option(fc.constantFrom('2009-02-28', '2024-12-31')),
      by: fc.option(anyText),
    }),
    state: fc.constantFrom<'complete' | 'partial'>('complete', 'partial'),
    extra: fc.option(
      fc.dictionary(
        fc.string().filter((key) => !RESERVED.has(key)),
        fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.array(fc.nat())),
        { noNullPrototype: true, maxKeys: 4 },
      ),
    ),
  })
  .map(({ vocabulary, sequence, past, apart, places, extra, ...rest }) => {
    const size = vocabulary.length
    const totals = new Float64Array(size)
    const tokens = Uint32Array.from(sequence, (token) => token % size)
    for (const token of tokens) totals[token] += 1
    for (const { token, count } of apart) totals[token % size] += count
    const occurring = Uint32Array.from(totals.keys()).filter((token) => totals[token] > 0)
    const isSequence = rest.kind === 'sequence'
    const length = totals.reduce((sum, n) => sum + n, 0) + (isSequence ? past : 0)
    const trace: Trace = {
      view: rest.view,
      kind: rest.kind,
      dialect: rest.dialect,
      vocabulary,
      sequence: isSequence ? tokens : null,
      tally: {
        tokens: occurring,
        counts: rest.kind === 'set' ? null : Float64Array.from(occurring, (token) => totals[token]),
      },
      length: rest.kind === 'set' ? occurring.length : length,
      places: isSequence ? placesOf(places, tokens) : null,
    }
    const { id, source, label, state } = rest
    const text = extra === null || Object.keys(extra).length === 0 ? null : JSON.stringify(extra)
    return { id, source, trace, label, state, group: traceGroup(trace), extra: text }
  })

// Keys that a line of a traces file gives a meaning of its own.
const RESERVED = new Set(
  'id label malicious family category first_seen group source calls opcodes opcode_counts api_counts apistats n_calls n_opcodes taxon'.split(
    ' ',
  ),
)

function placesOf(choice: string, tokens: Uint32Array): Places | null {
  if (choice === 'none') return null
  if (choice === 'addresses') {
    return {
      process: null,
      call: null,
      time: null,
      address: Float64Array.from(tokens, (token, i) => token * 2 ** 40 + i),
    }
  }
  return {
    process: tokens.map((token) => token % 3),
    call: tokens.map((_, i) => i),
    time:
      choice === 'timed'
        ? Float64Array.from(tokens, (token, i) => (token === 2 ? Number.NaN : 1.6e9 + i / 7))
        : null,
    address: null,
  }
}

/** Items as the asynchronous stream that imports take. */
export async function* stream<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items
}

/** All items of a stream. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}
