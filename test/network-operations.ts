import { type Random, seededRandom } from '../src/core/index.ts'
import { PANEL_COLUMNS } from '../src/kernels/network/engine.ts'
import type { Operations } from '../src/kernels/network/operations.ts'
import type { EngineMemory, Output } from './engine-memory.ts'

/** A call of an operation on inputs of some shape, the same inputs every time. */
export interface OperationCase {
  readonly operation: keyof Operations
  readonly shape: string
  /**
   * What float32 may differ by, in units of 2⁻²⁴: roundings on the longest way to a number of the result (for a sum of k
   * products k + 1: Higham, "Accuracy and Stability of Numerical Algorithms", §3.1); 0 where nothing is rounded.
   */
  readonly roundings: number
  /** Bound of the sums of absolute terms; absent where that sum is what the operation makes of absolute values. */
  readonly scale?: number
  /** Calls it; where it wrote. */
  run(memory: EngineMemory): readonly Output[]
}

/** The exponential's, by native/network.cpp: two of the argument, ten of the polynomial. */
const EXPONENTIAL = 12
/** The hyperbolic tangent's and the logistic function's: an exponential, and three more. */
const SQUASH = EXPONENTIAL + 3
/** Numbers behind an output that nothing may write. */
const BEHIND = 3

const LENGTHS = [[], [0], [1], [5], [0, 2, 0], [9, 4, 1, 0], [7, 7, 7, 6, 5, 1, 1, 0]] as const
const CHANNELS = [1, 5, 16, 33] as const

const times = <T>(count: number, make: (i: number) => T) => Array.from({ length: count }, (_, i) => make(i))
const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0)
/** Numbers within ±1, some of them zeros and some equal. */
const numbers = (random: Random, count: number, least = -1, most = 1) =>
  times(count, () => least + ((most - least) * random.below(4096)) / 4095)

/** Every choice of one of each list. */
function combined<A, B>(a: readonly A[], b: readonly B[]): [A, B][] {
  return a.flatMap((one) => b.map((other): [A, B] => [one, other]))
}

/** Where sequences stand with guards around them, and how many rows that are. */
function levelOf(memory: EngineMemory, lengths: readonly number[], guards = 1) {
  const starts = lengths.map((_, s) => guards + sum(lengths.slice(0, s)) + s * guards)
  const total = guards + sum(lengths) + lengths.length * guards
  return { starts: memory.words(starts), lengths: memory.words(lengths), firsts: starts, total }
}

type Rest = Partial<Pick<OperationCase, 'roundings' | 'scale'>>

function makeCase(
  operation: keyof Operations,
  shape: readonly unknown[],
  { roundings = 0, ...rest }: Rest,
  run: (memory: EngineMemory, random: Random) => readonly Output[],
): OperationCase {
  const name = JSON.stringify(shape)
  const seed = [...`${operation}${name}`].reduce(
    (all, letter) => Math.imul(all, 31) + letter.charCodeAt(0),
    7,
  )
  return {
    ...{ operation, shape: name, roundings, ...rest },
    run: (memory) => run(memory, seededRandom(seed >>> 0)),
  }
}

/** An output that already holds something. */
function given(memory: EngineMemory, values: readonly number[]): Output {
  const behind = new Array<number>(BEHIND).fill(Number.NaN)
  return { at: memory.floats([...values, ...behind]), count: values.length + BEHIND, of: 'floats' }
}

// --- products ----------------------------------------------------------------------------------------------------------

/** Packed weights [terms, columns]. */
function packed(memory: EngineMemory, weights: readonly number[], terms: number, columns: number): number {
  const { at } = memory.room(terms * Math.ceil(columns / PANEL_COLUMNS) * PANEL_COLUMNS)
  memory.operations.pack(at, memory.floats(weights), terms, columns, columns, 1, 0, terms)
  return at
}

const pack = (
  [
    [0, 4, false],
    [3, 1, false],
    [5, 7, true],
    [20, 96, false],
    [33, 97, true],
    [4, 130, true],
  ] as const
).map(([terms, columns, turned]) =>
  makeCase('pack', [terms, columns, turned], {}, (memory, random) => {
    const { operations } = memory
    const weights = memory.floats(numbers(random, terms * columns))
    const [termStride, columnStride] = turned ? [1, terms] : [columns, 1]
    const [before, after] = [2, 1]
    const all = before + terms + after
    const { at } = memory.room(all * Math.ceil(columns / PANEL_COLUMNS) * PANEL_COLUMNS)
    operations.pack(at, weights, terms, columns, termStride, columnStride, before, all)
    // Engines have panels of different widths, so the numbers are read one by one; the terms around stay NaN.
    const panel = operations.panel()
    const place = (c: number, p: number) => (Math.floor(c / panel) * all + p) * panel + (c % panel)
    return times(columns, (c) => c).flatMap((c) =>
      times(all, (p): Output => ({ at: memory.plus(at, place(c, p)), count: 1, of: 'floats' })),
    )
  }),
)

const PRODUCTS = [
  [0, 3, 5],
  [1, 0, 5],
  [1, 1, 1],
  [1, 7, 400],
  [2, 3, 31],
  [3, 257, 33],
  [5, 120, 48],
  [7, 40, 95],
  [9, 300, 97],
  [16, 120, 80],
  [17, 513, 16],
] as const

const multiplyPacked = combined(PRODUCTS, ['bias', 'none', 'overlap'] as const).map(
  ([[rows, terms, columns], kind]) =>
    makeCase('multiplyPacked', [rows, terms, columns, kind], { roundings: terms + 1 }, (memory, random) => {
      // A convolution's rows overlap; others may have something between them.
      const aRow = kind === 'overlap' ? Math.ceil(terms / 3) : terms + 2
      const outRow = columns + (kind === 'none' ? 0 : 3)
      const a = memory.floats(numbers(random, rows * aRow + terms))
      const b = packed(memory, numbers(random, terms * columns), terms, columns)
      const bias = kind === 'none' ? 0 : memory.floats(numbers(random, columns))
      const out = memory.room(rows * outRow + BEHIND)
      memory.operations.multiplyPacked(out.at, outRow, a, aRow, b, bias, rows, terms, columns)
      return [out]
    }),
)

const multiplyTransposed = combined(PRODUCTS, [0, 3]).map(([[rows, terms, columns], apart]) =>
  makeCase(
    'multiplyTransposed',
    [rows, terms, columns, apart],
    { roundings: terms + 1 },
    (memory, random) => {
      const [aRow, bRow] = [rows + apart, columns + apart]
      const a = memory.floats(numbers(random, terms * aRow))
      const b = memory.floats(numbers(random, terms * bRow))
      memory.room(PANEL_COLUMNS)
      const out = given(memory, numbers(random, rows * columns))
      memory.operations.multiplyTransposed(out.at, a, aRow, b, bRow, terms, rows, columns)
      return [out]
    },
  ),
)

const SHEETS = [
  [0, 3],
  [1, 1],
  [4, 17],
  [100, 33],
] as const

const columnSums = SHEETS.map(([rows, columns]) =>
  makeCase('columnSums', [rows, columns], { roundings: rows + 1 }, (memory, random) => {
    const a = memory.floats(numbers(random, rows * (columns + 2)))
    const out = given(memory, numbers(random, columns))
    memory.operations.columnSums(out.at, a, columns + 2, rows, columns)
    return [out]
  }),
)

const SPARSE = [
  [[], 4],
  [[0], 3],
  [[1, 0, 4], 1],
  [[3, 7, 0, 9, 2], 33],
] as const

/** Sparse rows with so many entries each, of 10 columns. */
function sparse(memory: EngineMemory, random: Random, entries: readonly number[]) {
  const starts = memory.words([0, ...entries.map((_, row) => sum(entries.slice(0, row + 1)))])
  const indices = entries.flatMap((count) => times(count, (i) => (i * 3 + count) % 10))
  return [starts, memory.words(indices), memory.floats(numbers(random, sum(entries)))] as const
}

const multiplySparse = SPARSE.map(([entries, units]) =>
  makeCase('multiplySparse', [entries, units], { roundings: 10 }, (memory, random) => {
    const x = sparse(memory, random, entries)
    const [kernel, bias] = [10 * units, units].map((count) => memory.floats(numbers(random, count)))
    const out = memory.room(entries.length * units + BEHIND)
    memory.operations.multiplySparse(out.at, kernel, bias, ...x, entries.length, units)
    return [out]
  }),
)

const multiplySparseGradient = SPARSE.map(([entries, units]) =>
  makeCase(
    'multiplySparseGradient',
    [entries, units],
    { roundings: entries.length + 1 },
    (memory, random) => {
      const x = sparse(memory, random, entries)
      const dOut = memory.floats(numbers(random, entries.length * units))
      const dKernel = given(memory, numbers(random, 10 * units))
      memory.operations.multiplySparseGradient(dKernel.at, dOut, ...x, entries.length, units)
      return [dKernel]
    },
  ),
)

// --- numbers one by one ------------------------------------------------------------------------------------------------

const COUNTS = [0, 1, 3, 16, 67] as const
const SPECIAL = [-0, 0, Number.NaN, -1e30, 1e30, -1e-40, 1e-40, Number.POSITIVE_INFINITY]

const clear = COUNTS.map((n) =>
  makeCase('clear', [n], {}, (memory) => {
    const out = memory.room(n + BEHIND)
    memory.operations.clear(out.at, n)
    return [out]
  }),
)

const relu = COUNTS.map((n) =>
  makeCase('relu', [n], {}, (memory, random) => {
    const x = given(memory, [...SPECIAL, ...numbers(random, n)])
    memory.operations.relu(x.at, x.count - BEHIND)
    return [x]
  }),
)

const reluGradient = COUNTS.map((n) =>
  makeCase('reluGradient', [n], {}, (memory, random) => {
    const y = memory.floats(numbers(random, n).map((value) => Math.max(0, value)))
    const d = given(memory, numbers(random, n))
    memory.operations.reluGradient(d.at, y, n)
    return [d]
  }),
)

const squash = COUNTS.map((n) =>
  makeCase('squash', [n], { roundings: SQUASH, scale: 1 }, (memory, random) => {
    const x = given(memory, [-100, 100, 0, 1e-6, ...numbers(random, n, -9, 9)])
    memory.operations.squash(x.at, x.count - BEHIND)
    return [x]
  }),
)

const squashGradient = COUNTS.map((n) =>
  makeCase('squashGradient', [n], { roundings: 4, scale: 1 }, (memory, random) => {
    const y = memory.floats(numbers(random, n))
    const d = given(memory, numbers(random, n))
    memory.operations.squashGradient(d.at, y, n)
    return [d]
  }),
)

const dropout = combined(SHEETS, [0, 2 ** 31, 0xe0000000]).map(([[rows, columns], dropBelow]) =>
  makeCase('dropout', [rows, columns, dropBelow], { roundings: 1 }, (memory, random) => {
    const names = memory.words(times(rows, () => random.below(2 ** 32)))
    const x = given(memory, numbers(random, rows * columns))
    memory.operations.dropout(x.at, names, rows, columns, random.below(2 ** 32), dropBelow, Math.fround(1.7))
    return [x]
  }),
)

const softmaxLoss = combined([0, 1, 5, 16], [1, 2, 9, 40]).map(([rows, classes]) =>
  // Logits are up to 8 apart, so that the argument of an exponential is off by up to 8 roundings.
  makeCase(
    'softmaxLoss',
    [rows, classes],
    { roundings: classes + EXPONENTIAL + 12, scale: Math.max(2, classes) },
    (memory, random) => {
      const logits = memory.floats(numbers(random, rows * classes, -4, 4))
      const targets = memory.words(times(rows, () => random.below(classes)))
      const weights = memory.floats(numbers(random, classes, 0.1, 2))
      const losses = memory.room(2 * rows + BEHIND)
      const d = memory.room(rows * classes + BEHIND)
      const [scale, smoothing] = [0.7, 0.1].map(Math.fround)
      memory.operations.softmaxLoss(
        ...([losses.at, d.at, logits, targets, weights, scale, smoothing, rows, classes] as const),
      )
      return [losses, d]
    },
  ),
)

const adam = combined(COUNTS, [1, 4]).map(([n, microBatches]) =>
  // The second moments are not small, so that no quotient of the third step is larger than 4.
  makeCase('adam', [n, microBatches], { roundings: microBatches + 14, scale: 8 }, (memory, random) => {
    const stride = n + 5
    const [weights, first, second] = [numbers(random, n), numbers(random, n), numbers(random, n, 0.1, 1)].map(
      (values) => given(memory, values),
    )
    const gradients = memory.floats(numbers(random, microBatches * stride))
    const scalars = [0.01, 0.9, 0.999, 1e-8, 0.05, 1 / (1 - 0.9 ** 3), 1 / (1 - 0.999 ** 3)].map(Math.fround)
    const [rate, beta1, beta2, epsilon, decay, correction1, correction2] = scalars
    memory.operations.adam(
      ...([weights.at, first.at, second.at, gradients, stride, microBatches, n] as const),
      ...([rate, beta1, beta2, epsilon, decay, correction1, correction2] as const),
    )
    return [weights, first, second]
  }),
)

// --- steps -------------------------------------------------------------------------------------------------------------

const clearGuards = combined(LENGTHS, [1, 5]).map(([lengths, channels]) =>
  makeCase('clearGuards', [lengths, channels], {}, (memory) => {
    const { starts, lengths: own, total } = levelOf(memory, lengths, 2)
    const out = memory.room(total * channels + BEHIND)
    memory.operations.clearGuards(out.at, channels, starts, own, lengths.length, total)
    return [out]
  }),
)

const VOCABULARY = 6
const EMBEDDINGS = combined(combined(LENGTHS, CHANNELS), [1, 3, 5])

/** Tokens of sequences, and where they stand. */
function tokensOf(memory: EngineMemory, random: Random, lengths: readonly number[]) {
  const tokens = memory.words(times(sum(lengths), () => random.below(VOCABULARY)))
  const tokenStarts = memory.words(lengths.map((_, s) => sum(lengths.slice(0, s))))
  const { starts, lengths: own, total } = levelOf(memory, lengths, 2)
  return { at: [tokens, tokenStarts, starts, own, lengths.length, VOCABULARY] as const, total }
}

const embed = EMBEDDINGS.map(([[lengths, channels], width]) =>
  makeCase('embed', [lengths, channels, width], { roundings: width + 1 }, (memory, random) => {
    const { at, total } = tokensOf(memory, random, lengths)
    const kernel = memory.floats(numbers(random, width * VOCABULARY * channels))
    const bias = memory.floats(numbers(random, channels))
    const out = memory.room(total * channels + BEHIND)
    memory.operations.embed(out.at, kernel, bias, ...at, channels, width)
    return [out]
  }),
)

const embedGradient = EMBEDDINGS.map(([[lengths, channels], width]) =>
  makeCase('embedGradient', [lengths, channels, width], { roundings: sum(lengths) + 1 }, (memory, random) => {
    const { at, total } = tokensOf(memory, random, lengths)
    const dOut = memory.floats(numbers(random, total * channels))
    const dKernel = given(memory, numbers(random, width * VOCABULARY * channels))
    memory.operations.embedGradient(dKernel.at, dOut, ...at, channels, width)
    return [dKernel]
  }),
)

const WINDOWS = combined(combined(LENGTHS, CHANNELS), [1, 2, 3])

/** The sequences before and after a max-pool. */
function levelsOf(memory: EngineMemory, lengths: readonly number[], window: number) {
  const from = levelOf(memory, lengths)
  const to = levelOf(
    memory,
    lengths.map((length) => Math.ceil(length / window)),
  )
  const at = [from.starts, from.lengths, to.starts, to.lengths, lengths.length, window] as const
  return { from, to, at }
}

const maxPool = WINDOWS.map(([[lengths, channels], window]) =>
  makeCase('maxPool', [lengths, channels, window], {}, (memory, random) => {
    const { from, to, at } = levelsOf(memory, lengths, window)
    // Few different numbers: of equal ones the first is chosen.
    const x = memory.floats(times(from.total * channels, () => random.below(4) - 2))
    const out = memory.room(to.total * channels + BEHIND)
    const chosen = memory.room(to.total * channels + BEHIND, 'bytes')
    memory.operations.maxPool(out.at, chosen.at, x, channels, ...at)
    return [out, chosen]
  }),
)

const maxPoolGradient = WINDOWS.map(([[lengths, channels], window]) =>
  makeCase('maxPoolGradient', [lengths, channels, window], {}, (memory, random) => {
    const { from, to, at } = levelsOf(memory, lengths, window)
    const dOut = memory.floats(numbers(random, to.total * channels))
    const chosen = memory.bytes(times(to.total * channels, () => random.below(window)))
    const dIn = memory.room(from.total * channels + BEHIND)
    memory.operations.maxPoolGradient(dIn.at, dOut, chosen, channels, ...at)
    return [dIn]
  }),
)

const POOLS = combined(LENGTHS, CHANNELS)
/** Numbers between the rows of pooled sequences. */
const APART = 2

const meanPool = POOLS.map(([lengths, channels]) =>
  makeCase('meanPool', [lengths, channels], { roundings: Math.max(0, ...lengths) + 2 }, (memory, random) => {
    const { starts, lengths: own, total } = levelOf(memory, lengths)
    const x = memory.floats(numbers(random, total * channels))
    const out = memory.room(lengths.length * (channels + APART) + BEHIND)
    memory.operations.meanPool(out.at, channels + APART, x, channels, starts, own, lengths.length)
    return [out]
  }),
)

const meanPoolGradient = POOLS.map(([lengths, channels]) =>
  makeCase('meanPoolGradient', [lengths, channels], { roundings: 2 }, (memory, random) => {
    const { starts, lengths: own, total } = levelOf(memory, lengths)
    const dOut = memory.floats(numbers(random, lengths.length * (channels + APART)))
    const dIn = memory.room(total * channels + BEHIND)
    memory.operations.meanPoolGradient(dIn.at, dOut, channels + APART, channels, starts, own, lengths.length)
    return [dIn]
  }),
)

const maxOverTime = POOLS.map(([lengths, channels]) =>
  makeCase('maxOverTime', [lengths, channels], {}, (memory, random) => {
    const { starts, lengths: own, total } = levelOf(memory, lengths)
    const x = memory.floats(times(total * channels, () => random.below(4) - 2))
    const out = memory.room(lengths.length * (channels + APART) + BEHIND)
    const chosen = memory.room(lengths.length * channels + BEHIND, 'words')
    memory.operations.maxOverTime(
      ...([out.at, channels + APART, chosen.at, x, channels, starts, own, lengths.length] as const),
    )
    return [out, chosen]
  }),
)

const maxOverTimeGradient = POOLS.map(([lengths, channels]) =>
  makeCase('maxOverTimeGradient', [lengths, channels], {}, (memory, random) => {
    const { starts, lengths: own, total } = levelOf(memory, lengths)
    const dOut = memory.floats(numbers(random, lengths.length * (channels + APART)))
    const chosen = memory.words(
      lengths.flatMap((length) => times(channels, () => random.below(Math.max(1, length)))),
    )
    const dIn = memory.room(total * channels + BEHIND)
    memory.operations.maxOverTimeGradient(
      ...([dIn.at, dOut, channels + APART, chosen, channels, starts, own, lengths.length] as const),
    )
    return [dIn]
  }),
)

const attentionPool = POOLS.map(([lengths, channels]) => {
  // A score is off by (channels + 1)·channels/4 and twice a score by the difference to the largest, all numbers within ±½;
  // a share by twice that and its exponential's, and by those of the sum.
  const score = ((channels + 3) * channels) / 4
  const roundings = 2 * (score + EXPONENTIAL) + 2 * Math.max(0, ...lengths) + 3
  return makeCase('attentionPool', [lengths, channels], { roundings, scale: 1 }, (memory, random) => {
    const { starts, lengths: own, total } = levelOf(memory, lengths)
    const x = memory.floats(numbers(random, total * channels, -0.5, 0.5))
    const query = memory.floats(numbers(random, channels, -0.5, 0.5))
    const out = memory.room(lengths.length * (channels + APART) + BEHIND)
    const shares = memory.room(total + BEHIND)
    memory.operations.attentionPool(
      ...([out.at, channels + APART, shares.at, x, query, channels, starts, own, lengths.length] as const),
    )
    return [out, shares]
  })
})

const attentionPoolGradient = POOLS.map(([lengths, channels]) => {
  // That of a share is at most `channels`, and so is their mean; shares are at most 1, and so is the sum of a sequence's.
  const roundings = 2 * (channels + 1) + 3 * sum(lengths) + 16
  const rest = { roundings, scale: 2 * channels * Math.max(1, lengths.length) }
  return makeCase('attentionPoolGradient', [lengths, channels], rest, (memory, random) => {
    const { starts, lengths: own, total, firsts } = levelOf(memory, lengths)
    const dOut = memory.floats(numbers(random, lengths.length * (channels + APART)))
    const x = memory.floats(numbers(random, total * channels))
    const query = memory.floats(numbers(random, channels))
    const shares = new Array<number>(total).fill(Number.NaN)
    lengths.forEach((length, s) => {
      const scores = numbers(random, length, 0.1, 1)
      scores.forEach((score, t) => {
        shares[firsts[s] + t] = score / sum(scores)
      })
    })
    const dQuery = given(memory, numbers(random, channels))
    const dIn = memory.room(total * channels + BEHIND)
    memory.operations.attentionPoolGradient(
      ...([dIn.at, dQuery.at, dOut, channels + APART, memory.floats(shares), x, query] as const),
      ...([channels, starts, own, lengths.length] as const),
    )
    return [dIn, dQuery]
  })
})

// --- LSTM --------------------------------------------------------------------------------------------------------------

const RECURRENCES = combined(
  combined(
    LENGTHS.map((lengths) => [...lengths].sort((a, b) => b - a)),
    [
      [1, 1],
      [3, 5],
      [20, 16],
      [7, 33],
    ] as const,
  ),
  [false, true],
)

/** Rows of every step, the longest sequences first, forwards or backwards within each sequence. */
function stepsOf(memory: EngineMemory, lengths: readonly number[], isBackward: boolean) {
  const { firsts, total } = levelOf(memory, lengths)
  const steps = lengths[0] ?? 0
  const counts = times(steps, (t) => lengths.filter((length) => length > t).length)
  const places = counts.flatMap((count, t) =>
    times(count, (s) => firsts[s] + (isBackward ? lengths[s] - 1 - t : t)),
  )
  return { counts: memory.words(counts), places: memory.words(places), steps, rows: places.length, total }
}

/**
 * Roundings of an LSTM whose weights' absolute values sum up to at most 1 in each column, those of the state to a quarter,
 * with inputs and biases within ±1. The logistic function passes on a quarter of an error, the hyperbolic tangent all.
 */
function lstmRoundings(steps: number, width: number): number {
  let [state, cell, most] = [0, 0, 0]
  for (let t = 1; t <= steps; t++) {
    const sums = 2 * (width + 1) + state / 4
    const gate = sums / 4 + SQUASH
    const candidate = sums + SQUASH
    // c = f·c + i·g, where c is at most the number of steps.
    cell += gate * t + gate + candidate + 2 * (t + 1)
    state = gate + cell + SQUASH + 1
    most = Math.max(most, sums, cell, state)
  }
  return most
}

const lstm = RECURRENCES.map(([[lengths, [inputs, units]], isBackward]) => {
  const width = inputs + units
  const rest = { roundings: lstmRoundings(lengths[0] ?? 0, width), scale: 1 }
  return makeCase('lstm', [lengths, inputs, units, isBackward], rest, (memory, random) => {
    const { counts, places, steps, rows, total } = stepsOf(memory, lengths, isBackward)
    const outRow = units + APART
    const x = memory.floats(numbers(random, total * inputs))
    const weights = [
      ...numbers(random, inputs * 4 * units).map((weight) => (0.75 * weight) / inputs),
      ...numbers(random, units * 4 * units).map((weight) => (0.25 * weight) / units),
    ]
    const kernel = packed(memory, weights, width, 4 * units)
    const bias = memory.floats(numbers(random, 4 * units))
    const [out, both, gates, cells, squashed] = [
      total * outRow,
      rows * width,
      rows * 4 * units,
      rows * units,
      rows * units,
    ].map((count) => memory.room(count + BEHIND))
    memory.operations.lstm(
      ...([out.at, outRow, both.at, gates.at, cells.at, squashed.at, x, kernel, bias, places] as const),
      ...([counts, steps, inputs, units] as const),
    )
    return [out, both, gates, cells, squashed]
  })
})

const lstmGradient = combined(RECURRENCES, [0, 1]).map(([[[lengths, [inputs, units]], isBackward], onto]) => {
  const width = inputs + units
  // A step is a product and about a dozen factors; none of the differences 1 - y² is small. Then a sum over all rows.
  const roundings = (lengths[0] ?? 0) * (4 * units + 16) + sum(lengths) + 2
  return makeCase(
    'lstmGradient',
    [lengths, inputs, units, isBackward, onto],
    { roundings },
    (memory, random) => {
      const { counts, places, steps, rows, total } = stepsOf(memory, lengths, isBackward)
      const outRow = units + APART
      const dOut = memory.floats(numbers(random, total * outRow))
      const both = memory.floats(numbers(random, rows * width))
      const gates = given(
        memory,
        times(rows, () => [
          ...numbers(random, 2 * units, 0.2, 0.8),
          ...numbers(random, units, -0.7, 0.7),
          ...numbers(random, units, 0.2, 0.8),
        ]).flat(),
      )
      const cells = memory.floats(numbers(random, rows * units))
      const squashed = memory.floats(numbers(random, rows * units, -0.7, 0.7))
      const kernel = packed(memory, numbers(random, 4 * units * width, -0.3, 0.3), 4 * units, width)
      const scratch = [width, units, units].map((size) => memory.room(lengths.length * size).at)
      const dKernel = given(memory, numbers(random, width * 4 * units))
      const dBias = given(memory, numbers(random, 4 * units))
      const dIn = onto ? given(memory, numbers(random, total * inputs)) : memory.room(total * inputs + BEHIND)
      const [dBoth, dState, dCells] = scratch
      memory.operations.lstmGradient(
        ...([dIn.at, onto, dKernel.at, dBias.at, dOut, outRow, both, gates.at, cells, squashed] as const),
        ...([dBoth, dState, dCells, kernel, places, counts, steps, inputs, units] as const),
      )
      return [dIn, dKernel, dBias, gates]
    },
  )
})

/** Calls of every operation but `panel`, on ragged and empty shapes. */
export const operationCases: readonly OperationCase[] = [
  ...[pack, multiplyPacked, multiplyTransposed, columnSums, multiplySparse, multiplySparseGradient],
  ...[clear, relu, reluGradient, squash, squashGradient, dropout, softmaxLoss, adam],
  ...[clearGuards, embed, embedGradient, maxPool, maxPoolGradient, meanPool, meanPoolGradient],
  ...[maxOverTime, maxOverTimeGradient, attentionPool, attentionPoolGradient, lstm, lstmGradient],
].flat()
