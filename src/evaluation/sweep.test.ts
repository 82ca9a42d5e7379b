import { describe, expect, it } from 'vitest'
import { type MadeUpRow, madeUpRows } from '../../test/made-up-rows.ts'
import { seededRandom } from '../core/index.ts'
import { countTraces, DEFAULT_FEATURES } from '../features/index.ts'
import type { Recipe } from '../models/index.ts'
import { type FoldAnswer, type FoldJob, runFoldJob } from './fold-job.ts'
import { readTraces } from './labelled-view.ts'
import { rangeName, type SweepRunner, sweepNgrams } from './sweep.ts'
import type { SweepSettings } from './sweep-plan.ts'

const bayes: Recipe = {
  name: 'bayes',
  summary: 'what the test makes of it',
  view: 'any',
  kinds: ['sequence', 'counts', 'set'],
  target: 'auto',
  abstain: null,
  features: { ...DEFAULT_FEATURES, weight: 'log-count', minDocuments: 2, limit: 5 },
  model: { type: 'multinomial', grid: [0.1, 1], tolerance: 0.01, balanced: false, folds: 3, own: {} },
}
const other: Recipe = { ...bayes, name: 'other', features: { ...bayes.features, minDocuments: 3 } }
const settings: SweepSettings = {
  ngrams: [1, 3],
  select: 6,
  limit: 0,
  folds: 5,
  seed: 0,
  distinct: false,
  view: null,
  target: null,
}

/** Rows that only the order of their tokens tells apart, one in three a shuffled copy of the one before. */
const rows = (() => {
  const random = seededRandom(1)
  const made: MadeUpRow[] = []
  for (let i = 0; i < 90; i++) {
    const words = Array.from({ length: 8 }, () => 'abcd'[random.below(4)])
    const text = i % 2 ? ['x', 'y', ...words] : ['y', 'x', ...words]
    made.push({ tokens: text.join(' '), malicious: i % 2 ? 1 : 0, kind: 'sequence' })
    if (i % 3 === 0) {
      const shuffled = [...text.slice(0, 2), ...words.reverse()]
      made.push({ tokens: shuffled.join(' '), malicious: i % 2 ? 1 : 0, kind: 'sequence' })
    }
  }
  return made
})()
const corpus = madeUpRows(rows)

const plain = (runOn: SweepRunner['runOn']): SweepRunner => ({ threads: 1, runOn })

describe('sweepNgrams', () => {
  it('learns what it would from the table of all n-grams, each range on the same folds', async () => {
    const traces = await readTraces(corpus, 'calls')
    const jobs: FoldJob[] = []
    const sweep = await sweepNgrams(
      [bayes, other],
      corpus,
      settings,
      plain(async (job, counted) => {
        jobs.push(job)
        const answer = await runFoldJob(job, counted)
        const whole = countTraces(job.recipe.features, traces, 'calls', 'sequence')
        expect(answer).toEqual(await runFoldJob(job, whole))
        return answer
      }),
    )
    expect(jobs).toHaveLength(2 * 4 * 5)
    expect(sweep.ranges.map(rangeName)).toEqual(['n = 1', 'n = 2', 'n = 3', 'n = 1-3'])
    expect(sweep.cells.map(({ recipe, ngrams }) => `${recipe} ${ngrams}`)).toEqual(
      ['bayes', 'other'].flatMap((name) => ['1,1', '2,2', '3,3', '1,3'].map((range) => `${name} ${range}`)),
    )
    const [first] = sweep.cells
    expect(sweep.cells[1].accuracy).toBeGreaterThan(first.accuracy + 0.2) // single tokens do not know the order
    expect(first.chosen).toHaveLength(5)
    expect(sweep.comparisons).toHaveLength(1)
    for (const { recipe } of jobs) expect(recipe.features).toMatchObject({ select: 6, limit: 0, pairs: 0 })
    const folds = new Set(jobs.map(({ test }) => test.rows.join(' ')))
    expect(folds.size).toBe(5)
  })

  it('never tests on tokens that were learned from, whatever their order, and chooses inside the training part', async () => {
    const multiset = (row: number) => rows[row].tokens.split(' ').sort().join(' ')
    const jobs: FoldJob[] = []
    const { groups } = await sweepNgrams(
      [bayes],
      corpus,
      settings,
      plain(async (job, counted) => {
        jobs.push(job)
        return await runFoldJob(job, counted)
      }),
    )
    expect(groups).toBe(new Set(rows.map((_, row) => multiset(row))).size)
    for (const { train, test, inner } of jobs) {
      const learned = new Set(Array.from(train.rows, multiset))
      for (const row of test.rows) expect(learned).not.toContain(multiset(row))
      expect(inner).toHaveLength(1)
      const [places] = inner
      const innerLearned = new Set(Array.from(places.train, (place) => multiset(train.rows[place])))
      for (const place of places.test) expect(innerLearned).not.toContain(multiset(train.rows[place]))
      expect(places.train.length + places.test.length).toBe(train.rows.length)
    }
  })

  it('never tests on shares that were learned from', async () => {
    const words = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
    // Each row and its double: other counts, the same shares.
    const doubled = words.flatMap((word, i): MadeUpRow[] => {
      const one = { tokens: `x ${word} x`, malicious: (i % 2) as 0 | 1, kind: 'sequence' as const }
      return [one, { ...one, tokens: `${one.tokens} ${one.tokens}` }]
    })
    const groupsOf = async (features: Partial<Recipe['features']>) => {
      const recipe = { ...bayes, features: { ...bayes.features, ...features } }
      const short = { ...settings, folds: 2, ngrams: [1, 1] as const }
      return (await sweepNgrams([recipe], madeUpRows(doubled), short, plain(runFoldJob))).groups
    }
    expect(await groupsOf({ weight: 'count' })).toBe(16)
    expect(await groupsOf({ weight: 'share' })).toBe(8)
    expect(await groupsOf({ weight: 'count', normalise: true })).toBe(8)
  })

  it('takes in each fold the range that did best inside its training part', async () => {
    const best = [2, 0, 3, 1, 0] // ranges, fold by fold
    const folds = await foldsOf()
    const sweep = await sweepNgrams(
      [bayes],
      corpus,
      settings,
      plain(async (job): Promise<FoldAnswer> => {
        const range = { '1,1': 0, '2,2': 1, '3,3': 2, '1,3': 3 }[String(job.recipe.features.ngrams)]!
        const fold = folds.indexOf(job.test.rows.join(' '))
        // Right about every row, or about none.
        const isBest = best[fold] === range
        const decisions = Float64Array.from({ length: job.test.rows.length * 2 }, (_, i) => {
          const malicious = rows[job.test.rows[i >> 1]].malicious === 1
          return (i % 2 === 1) === (malicious === isBest) ? 1 : 0
        })
        return { decisions, probabilities: decisions, chosen: 1, innerF1: isBest ? 0.9 : 0.8, seconds: null }
      }),
    )
    expect(sweep.nested).toHaveLength(1)
    expect(sweep.nested[0]).toMatchObject({ recipe: 'bayes', accuracy: 1 })
    expect(sweep.nested[0].ngrams).toEqual(best.map((range) => sweep.ranges[range]))
    for (const cell of sweep.cells) expect(cell.accuracy).toBeLessThan(1)
  })

  it('gives the same document whatever the number of threads and the order in which jobs end', async () => {
    const one = await sweepNgrams([bayes], corpus, settings, { threads: 1, runOn: runFoldJob })
    const late = await sweepNgrams([bayes], corpus, settings, {
      threads: 7,
      async runOn(job, counted) {
        for (let i = 0; i < job.test.rows[0] % 5; i++) await Promise.resolve()
        return await runFoldJob(job, counted)
      },
    })
    expect(late).toEqual(one)
  })

  it('chooses nothing inside where two folds leave no room for it', async () => {
    const two = { ...settings, folds: 2, ngrams: [2, 2] as const }
    const { nested, cells } = await sweepNgrams([bayes], corpus, two, plain(runFoldJob))
    expect(nested).toEqual([])
    expect(cells).toHaveLength(1)
  })

  it('refuses recipes that do not look at the order of tokens', async () => {
    const set = { ...bayes, features: { ...bayes.features, kind: 'set' as const } }
    await expect(sweepNgrams([set], corpus, settings, plain(runFoldJob))).rejects.toThrow(
      'recipe bayes: looks at set traces here, and n-grams need sequences',
    )
  })

  it('tells what is under way, and stops when asked to', async () => {
    const told: string[] = []
    const abort = new AbortController()
    const running = sweepNgrams([bayes], corpus, settings, {
      threads: 1,
      signal: abort.signal,
      onProgress(done, total, underWay) {
        told.push(`${done} of ${total}, ${underWay}`)
        if (done === 6) abort.abort()
      },
      runOn: runFoldJob,
    })
    await expect(running).rejects.toThrow('aborted')
    expect(told[0]).toBe('0 of 20, choosing n-grams')
    expect(told[6]).toBe('6 of 20, bayes n = 2')
    expect(told.length).toBeLessThan(12)
  })
})

/** The test rows of each fold, as the sweep makes them. */
async function foldsOf(): Promise<string[]> {
  const found: string[] = []
  const jobs = { ...settings, ngrams: [1, 1] as const }
  await sweepNgrams([bayes], corpus, jobs, {
    threads: 1,
    async runOn(job) {
      found.push(job.test.rows.join(' '))
      const decisions = new Float64Array(job.test.rows.length * 2)
      return { decisions, probabilities: decisions, chosen: 1, innerF1: null, seconds: null }
    },
  })
  return found
}
