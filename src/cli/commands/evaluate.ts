import { UsageError } from '../../core/index.ts'
import type { Recipe } from '../../models/index.ts'
import { evaluate as evaluateOnCorpus, readRecipe } from '../../pipeline/index.ts'
import { VIEWS } from '../../samples/index.ts'
import { command } from '../command.ts'
import { evaluateNgrams } from '../evaluate-ngrams.ts'
import { evaluationCsv } from '../evaluation-csv.ts'
import { evaluationJson, evaluationWriter } from '../evaluation-file.ts'
import { evaluationTable } from '../evaluation-table.ts'
import { numberBetween, oneOf, seedOf, TARGETS, threadCount, wholeNumber } from '../option-values.ts'

/** `taxon evaluate`: recipes compared on a corpus, as a table, JSON or CSV. */
export const evaluate = command({
  name: 'evaluate',
  summary: 'say how well recipes do on a corpus, without flattery',
  usage: 'RECIPE… CORPUS [options]',
  details: `A recipe is a built-in name (taxon recipes lists them) or a TOML file; a corpus is a folder made by taxon
corpus import. Rows that look the same to a recipe never stand on both sides of a fold, and everything that is
learned is learned inside the fold. With --test, recipes learn from all of the corpus and are tested on the other.
With --ngrams 1-10, each recipe is evaluated on the best n-grams of each length alone, then of all together.`,
  options: {
    test: { type: 'string', value: 'CORPUS', help: 'test on this held-out corpus' },
    folds: { type: 'string', value: 'N', default: '5', help: 'folds of the cross-validation' },
    repeat: { type: 'string', value: 'N', default: '1', help: 'cross-validations, each with its own seed' },
    seed: { type: 'string', value: 'N', default: '0', help: 'the first seed' },
    distinct: { type: 'boolean', help: 'keep one row of each distinct input' },
    view: { type: 'string', value: 'VIEW', help: 'only opcodes or calls; each on its own by default' },
    target: { type: 'string', value: 'T', help: 'malicious, family or category; the recipe says by default' },
    prior: { type: 'string', value: 'P', help: 'restate precision for this share of malware, 0 to 1' },
    ngrams: { type: 'string', value: 'N-M', help: 'every length of n-gram in this range, 1-10 at most' },
    select: {
      type: 'string',
      value: 'K',
      help: 'with --ngrams: how many n-grams to learn from, 1000 by default',
    },
    limit: {
      type: 'string',
      value: 'N',
      help: 'read only the first N tokens; the recipe says by default, with --ngrams all',
    },
    chart: { type: 'string', value: 'FILE', help: 'with --ngrams: draw F1 over n to FILE.svg or FILE.png' },
    'no-random-split': { type: 'boolean', help: 'leave out the figure for comparison' },
    checkpoint: { type: 'string', value: 'DIR', help: 'networks: go on from what a stopped run left here' },
    fast: { type: 'boolean', help: 'networks: faster, but other last bits on other processors' },
    threads: { type: 'string', value: 'N', help: 'threads, all cores by default' },
    output: {
      type: 'string',
      short: 'o',
      value: 'FILE',
      help: 'also write the table to FILE.md, FILE.csv or FILE.json',
    },
    details: { type: 'boolean', help: 'show every class in full, however many there are' },
    csv: { type: 'boolean', help: 'print CSV' },
  },
  async run({ values, positionals }, io) {
    const folder = positionals.at(-1)
    if (folder === undefined || positionals.length < 2) {
      throw new UsageError('evaluate: say which recipes, then the corpus: taxon evaluate svm CORPUS')
    }
    if (values.json && values.csv) throw new UsageError('evaluate: --json or --csv, not both')
    const first = seedOf(values.seed)
    const repeat = wholeNumber('repeat', values.repeat, 1, 1000)
    const read = await Promise.all(positionals.slice(0, -1).map(readRecipe))
    const { ngrams, ...others } = values
    if (ngrams !== undefined) return await evaluateNgrams(read, folder, { ngrams, ...others }, io)
    for (const option of ['select', 'chart'] as const) {
      if (values[option] !== undefined) throw new UsageError(`--${option}: works with --ngrams only`)
    }
    const limit = values.limit === undefined ? null : wholeNumber('limit', values.limit, 1, 2 ** 31)
    const recipes = limit === null ? read : read.map((recipe) => limitedTo(limit, recipe))
    const write = values.output === undefined ? null : evaluationWriter(values.output)
    const bar = io.progress('evaluating', null)
    try {
      const evaluation = await evaluateOnCorpus(recipes, folder, {
        folds: wholeNumber('folds', values.folds, 2, 1000),
        seeds: Array.from({ length: repeat }, (_, i) => first + i),
        distinct: values.distinct,
        view: oneOf('view', values.view, VIEWS),
        target: oneOf('target', values.target, TARGETS),
        prior: values.prior === undefined ? null : share(values.prior),
        randomSplit: !values['no-random-split'],
        test: values.test ?? null,
        fast: values.fast,
        ...(values.checkpoint === undefined ? {} : { checkpoints: values.checkpoint }),
        threads: threadCount(values.threads),
        signal: io.signal,
        onProgress: (done, total) => bar.update(done, total),
      })
      bar.done()
      if (values.json) await io.stdout(evaluationJson(evaluation))
      else if (values.csv) await io.stdout(evaluationCsv(evaluation.results))
      else await io.stdout(evaluationTable(evaluation, io.colour, values.details))
      // Printed first: what took hours must not be lost to a full disk.
      await write?.(evaluation)
      return 0
    } finally {
      bar.done()
    }
  },
})

/** The same recipe on the first tokens of a sequence, n-grams and order alike. */
function limitedTo(limit: number, recipe: Recipe): Recipe {
  const { features } = recipe
  return { ...recipe, features: { ...features, limit, steps: features.steps > 0 ? limit : 0 } }
}

function share(text: string): number {
  const value = numberBetween('prior', text, 0, 1)
  if (value > 0 && value < 1) return value
  throw new UsageError(`--prior: a share between 0 and 1 is wanted, got ${JSON.stringify(text)}`)
}
