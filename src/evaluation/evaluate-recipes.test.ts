import { describe, expect, it } from 'vitest'
import { type MadeUpRow, madeUpRows } from '../../test/made-up-rows.ts'
import { countSelected, countTraces, DEFAULT_FEATURES } from '../features/index.ts'
import type { Recipe } from '../models/index.ts'
import { OVERALL } from './figures.ts'
import { type FoldJob, runFoldJob, type TimedScores } from './fold-job.ts'
import { type EvaluationRunner, type EvaluationSettings, evaluateRecipes, type RowSource } from './index.ts'
import { readTraces } from './labelled-view.ts'

const recipe: Recipe = {
  name: 'nearest',
  summary: 'what the test makes of it',
  view: 'any',
  kinds: ['sequence', 'counts', 'set'],
  target: 'auto',
  abstain: null,
  features: DEFAULT_FEATURES,
  model: { type: 'multinomial', grid: [1], tolerance: 0.01, balanced: false, folds: 2, own: {} },
}
const settings: EvaluationSettings = {
  folds: 5,
  seeds: [0],
  distinct: false,
  view: null,
  target: null,
  prior: null,
  randomSplit: true,
}

/** Knows by heart what it was trained on, and calls everything else by the first class: leaks show at once. */
function memory(
  training: RowSource,
  heldOut: RowSource | null = null,
): EvaluationRunner & { jobs: FoldJob[] } {
  const jobs: FoldJob[] = []
  const text = async (rows: Uint32Array, job: FoldJob) => {
    const traces = await readTraces(training, job.view)
    if (heldOut) traces.push(...(await readTraces(heldOut, job.view)))
    return Array.from(rows, (row) =>
      [...traces[row].tally.tokens].map((t) => traces[row].vocabulary[t]).join(' '),
    )
  }
  return {
    threads: 2,
    jobs,
    async run(job): Promise<TimedScores> {
      jobs.push(job)
      const known = new Map<string, number>()
      const learned = await text(job.train.rows, job)
      for (const [i, tokens] of learned.entries()) known.set(tokens, job.train.y[i])
      const asked = await text(job.test.rows, job)
      const probabilities = new Float64Array(asked.length * job.classes.length)
      asked.forEach((tokens, i) => {
        probabilities[i * job.classes.length + (known.get(tokens) ?? 0)] = 1
      })
      return { decisions: probabilities, probabilities, seconds: null }
    },
  }
}

/** Every input twice, with the same label. */
const twins = Array.from({ length: 120 }, (_, i): MadeUpRow => {
  const number = i >> 1
  return { tokens: `call${number}`, malicious: number % 2 ? 1 : 0 }
})

describe('evaluateRecipes', () => {
  it('never tests on an input that was learned, and shows what a random split would', async () => {
    const rows = madeUpRows(twins)
    const { results } = await evaluateRecipes(
      [recipe],
      { training: rows, heldOut: null },
      settings,
      memory(rows),
    )
    expect(results).toHaveLength(1)
    const [result] = results
    expect(result).toMatchObject({
      recipe: 'nearest',
      view: 'calls',
      target: 'malicious',
      rows: 120,
      groups: 60,
    })
    expect(result.duplicates).toBe(60)
    expect(result.accuracy).toBe(0.5) // all benign: nothing was known
    expect(result.randomSplit!.accuracy).toBeGreaterThan(0.8)
    expect(result.randomSplit!.sameAsGrouped).toBe(false)
  })

  it('keeps groups apart in every fold and scores each row once a seed', async () => {
    const rows = madeUpRows(twins)
    const runner = memory(rows)
    const seeds = [0, 1, 2]
    const { results } = await evaluateRecipes(
      [recipe],
      { training: rows, heldOut: null },
      { ...settings, seeds, randomSplit: false },
      runner,
    )
    expect(runner.jobs).toHaveLength(15)
    for (const seed of seeds) {
      const tested = runner.jobs.filter((job) => job.seed === seed).flatMap((job) => [...job.test.rows])
      expect(tested.sort((a, b) => a - b)).toEqual(twins.map((_, i) => i))
    }
    for (const job of runner.jobs) {
      const learned = new Set(Array.from(job.train.rows, (row) => twins[row].tokens))
      for (const row of job.test.rows) expect(learned).not.toContain(twins[row].tokens)
    }
    expect(results[0].perSeed.map(({ seed }) => seed)).toEqual(seeds)
    expect(results[0].sd).toEqual(Object.fromEntries(OVERALL.map((name) => [name, 0])))
    expect(results[0].randomSplit).toBeNull()
  })

  it('does not train again for a random split where no two rows look the same', async () => {
    const rows = madeUpRows(twins)
    const runner = memory(rows)
    const { results } = await evaluateRecipes(
      [recipe],
      { training: rows, heldOut: null },
      { ...settings, distinct: true },
      runner,
    )
    expect(runner.jobs).toHaveLength(5)
    expect(results[0]).toMatchObject({ rows: 60, duplicates: 0, leftOut: { repeated: 60 } })
    const same = OVERALL.map((name) => [name, results[0][name]])
    expect(results[0].randomSplit).toEqual({ ...Object.fromEntries(same), sameAsGrouped: true })
  })

  it('gives the same document whatever the number of threads and the order in which jobs end', async () => {
    const rows = madeUpRows(twins)
    const plain = memory(rows)
    const late: EvaluationRunner = {
      threads: 7,
      async run(job, trainings) {
        for (let i = 0; i < job.test.rows[0] % 5; i++) await Promise.resolve()
        return plain.run(job, trainings)
      },
    }
    const evaluate = async (runner: EvaluationRunner) =>
      JSON.stringify(
        await evaluateRecipes(
          [recipe, { ...recipe, name: 'b' }],
          { training: rows, heldOut: null },
          settings,
          runner,
        ),
      )
    expect(await evaluate(late)).toBe(await evaluate({ ...plain, threads: 1 }))
  })

  it('gives one result for each view, and only those that a recipe takes', async () => {
    const both = madeUpRows(twins.flatMap((row) => [row, { ...row, view: 'opcodes' as const }]))
    const evaluate = async (recipes: Recipe[], view: 'opcodes' | null) => {
      const { results } = await evaluateRecipes(
        recipes,
        { training: both, heldOut: null },
        { ...settings, view, randomSplit: false },
        memory(both),
      )
      return results.map((result) => `${result.recipe} ${result.view}`)
    }
    const calls: Recipe = { ...recipe, name: 'c', view: 'calls' }
    expect(await evaluate([recipe, calls], null)).toEqual(['nearest opcodes', 'nearest calls', 'c calls'])
    expect(await evaluate([recipe], 'opcodes')).toEqual(['nearest opcodes'])
    await expect(evaluate([calls], 'opcodes')).rejects.toThrow('recipe c: works on opcodes')
  })

  it('refuses kinds that the recipe does not take', async () => {
    const rows = madeUpRows(twins)
    const ordered: Recipe = { ...recipe, kinds: ['sequence'] }
    await expect(
      evaluateRecipes([ordered], { training: rows, heldOut: null }, settings, memory(rows)),
    ).rejects.toThrow('takes sequence traces, the corpus has set traces of calls')
  })

  it('looks at every row at the kind that all have, also in a training part where all know more', async () => {
    const rows = madeUpRows(
      Array.from(
        { length: 40 },
        (_, i): MadeUpRow => ({
          tokens: `${i % 2 ? 'bad' : 'good'} call${i}`,
          malicious: i % 2 ? 1 : 0,
          kind: i === 7 ? 'set' : 'sequence',
        }),
      ),
    )
    const { results } = await evaluateRecipes(
      [{ ...recipe, features: { ...DEFAULT_FEATURES, ngrams: [1, 2] } }],
      { training: rows, heldOut: null },
      settings,
      {
        threads: 1,
        async run(job) {
          const { features } = job.recipe
          const traces = await readTraces(rows, job.view)
          return await runFoldJob(job, countTraces(features, traces, job.view, features.kind))
        },
      },
    )
    expect(results[0]).toMatchObject({ rows: 40, accuracy: 1, kinds: ['sequence', 'set'], kind: 'set' })
  })

  it('tells how long trainings took, those of a random split left out, where the runner has a clock', async () => {
    const rows = madeUpRows(twins)
    const plain = memory(rows)
    const timed: EvaluationRunner = {
      ...plain,
      run: async (job, trainings) => {
        const seconds = { train: 2, score: job.test.rows.length / 1e4 }
        return { ...(await plain.run(job, trainings)), seconds }
      },
    }
    const evaluate = async (runner: EvaluationRunner) =>
      (await evaluateRecipes([recipe], { training: rows, heldOut: null }, settings, runner)).results[0]
    const { seconds, ...others } = await evaluate(timed)
    expect(seconds).toEqual({
      trainings: 5,
      train: 10,
      perTraining: 2,
      per1000Rows: expect.closeTo(0.1, 12),
    })
    expect(await evaluate(plain)).toEqual({ ...others, seconds: null })
  })

  it('says what the surest answers are worth', async () => {
    const rows = madeUpRows(twins)
    const { results } = await evaluateRecipes(
      [recipe],
      { training: rows, heldOut: null },
      settings,
      memory(rows),
    )
    // Nothing was known, and all the answers are as sure as each other.
    expect(results[0].selective.atError.map(({ coverage }) => coverage)).toEqual([0, 0, 0])
    expect(results[0].selective.atCoverage.map(({ accuracy }) => accuracy)).toEqual([0.5, 0.5, 0.5])
    expect(results[0].selective.riskArea).toBe(0.5)
  })

  it('tells all that a recipe which selects n-grams learns from, so that no others need be counted', async () => {
    const rows = madeUpRows(
      Array.from({ length: 40 }, (_, i): MadeUpRow => {
        const order = i % 2 ? 'open close' : 'close open'
        return { tokens: `${order} call${i % 7} close`, malicious: i % 2 ? 1 : 0, kind: 'sequence' }
      }),
    )
    const traces = await readTraces(rows, 'calls')
    const selecting = { ...DEFAULT_FEATURES, ngrams: [1, 3], select: 3, minDocuments: 2 } as const
    let compared = 0
    await evaluateRecipes([{ ...recipe, features: selecting }], { training: rows, heldOut: null }, settings, {
      threads: 1,
      async run(job, trainings) {
        const { features } = job.recipe
        const some = await countSelected(features, traces, job.view, 'sequence', trainings)
        const all = countTraces(features, traces, job.view, 'sequence')
        expect(some.counts.columns).toBeLessThan(all.counts.columns)
        const answer = await runFoldJob(job, some)
        expect(answer).toEqual(await runFoldJob(job, all))
        compared++
        return answer
      },
    })
    expect(compared).toBe(10)
  })

  it('counts held-out rows that were learned from apart', async () => {
    const training = madeUpRows(twins)
    const known = twins.slice(0, 40)
    const fresh = Array.from(
      { length: 20 },
      (_, i): MadeUpRow => ({ tokens: `new${i}`, malicious: i % 2 ? 1 : 0 }),
    )
    const heldOut = madeUpRows([...known, ...fresh], 'second')
    const runner = memory(training, heldOut)
    const { results } = await evaluateRecipes([recipe], { training, heldOut }, settings, runner)
    expect(runner.jobs).toHaveLength(1)
    const [{ test, ...result }] = results
    expect(result).toMatchObject({ rows: 60, folds: null, randomSplit: null, accuracy: 50 / 60 })
    expect(test).toMatchObject({ seen: 40, training: { rows: 120, groups: 60 } })
    expect(test!.unseen).toMatchObject({ rows: 20, groups: 20, accuracy: 0.5 })
  })

  it('restates precision for a prior', async () => {
    const rows = madeUpRows(twins)
    const { results } = await evaluateRecipes(
      [recipe],
      { training: rows, heldOut: null },
      { ...settings, prior: 0.01 },
      memory(rows),
    )
    expect(results[0].prior).toMatchObject({ share: 0.01, precision: null, benignPrecision: 0.99 })
    expect(results[0].prior!.probabilities[0].meaning).toBeCloseTo(0.01, 12)
  })

  it('stops when told to', async () => {
    const rows = madeUpRows(twins)
    const stop = new AbortController()
    const runner = memory(rows)
    const stopping: EvaluationRunner = {
      ...runner,
      threads: 1,
      signal: stop.signal,
      run: async (job, trainings) => {
        stop.abort()
        return await runner.run(job, trainings)
      },
    }
    await expect(
      evaluateRecipes([recipe], { training: rows, heldOut: null }, settings, stopping),
    ).rejects.toThrow('abort')
    expect(runner.jobs.length).toBeLessThanOrEqual(2)
  })
})
