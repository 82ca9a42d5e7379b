import { UsageError } from '../core/index.ts'
import type { NgramRange } from '../evaluation/index.ts'
import type { Recipe } from '../models/index.ts'
import { sweep } from '../pipeline/index.ts'
import { VIEWS } from '../samples/index.ts'
import { chartWriter } from './chart/write-chart.ts'
import type { Io } from './io.ts'
import { oneOf, seedOf, TARGETS, threadCount, wholeNumber } from './option-values.ts'
import { sweepCsv } from './sweep-csv.ts'
import { sweepTable } from './sweep-table.ts'

/** The longest n-gram that is counted. */
const MAX_N = 10

/** The options of `taxon evaluate` that matter where lengths of n-grams are compared. */
export interface NgramOptions {
  readonly ngrams: string
  readonly select: string | undefined
  readonly limit: string | undefined
  readonly chart: string | undefined
  readonly output: string | undefined
  readonly details: boolean
  readonly test: string | undefined
  readonly prior: string | undefined
  readonly repeat: string
  readonly folds: string
  readonly seed: string
  readonly distinct: boolean
  readonly view: string | undefined
  readonly target: string | undefined
  readonly threads: string | undefined
  readonly csv: boolean
  readonly json: boolean
}

/** `taxon evaluate --ngrams`: recipes over lengths of n-grams, as a table, JSON, CSV or a chart. @returns the exit status */
export async function evaluateNgrams(
  recipes: readonly Recipe[],
  folder: string,
  options: NgramOptions,
  io: Io,
): Promise<number> {
  for (const [name, given] of [
    ['test', options.test !== undefined],
    ['prior', options.prior !== undefined],
    ['repeat', options.repeat !== '1'],
    ['output', options.output !== undefined],
    ['details', options.details],
  ]) {
    if (given) throw new UsageError(`--${name}: does not go with --ngrams`)
  }
  const { select = '1000', limit = '0' } = options
  const writeChart = options.chart === undefined ? null : chartWriter(options.chart)
  const settings = {
    ngrams: rangeOf(options.ngrams),
    select: wholeNumber('select', select, 1, 1_000_000),
    limit: wholeNumber('limit', limit),
    folds: wholeNumber('folds', options.folds, 2, 1000),
    seed: seedOf(options.seed),
    distinct: options.distinct,
    view: oneOf('view', options.view, VIEWS),
    target: oneOf('target', options.target, TARGETS),
    threads: threadCount(options.threads),
  }
  const bar = io.progress('evaluating', null)
  try {
    const found = await sweep(recipes, folder, {
      ...settings,
      signal: io.signal,
      onProgress: (done, total, underWay) => bar.update(done, total, underWay),
    })
    bar.done()
    await writeChart?.(found)
    if (options.json) await io.stdout(`${JSON.stringify(found)}\n`)
    else if (options.csv) await io.stdout(sweepCsv(found))
    else await io.stdout(sweepTable(found, io.colour))
    return 0
  } finally {
    bar.done()
  }
}

function rangeOf(text: string): NgramRange {
  const [, from, to = from] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? []
  const [shortest, longest] = [Number(from), Number(to)]
  if (shortest >= 1 && shortest <= longest && longest <= MAX_N) return [shortest, longest]
  throw new UsageError(
    `--ngrams: a length or a range from 1 to ${MAX_N} is wanted, such as 1-${MAX_N}, got ${JSON.stringify(text)}`,
  )
}
