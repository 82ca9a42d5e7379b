import { beforeAll, describe, expect, it } from 'vitest'
import { madeUpRows, madeUpSamples } from '../../test/made-up-rows.ts'
import { type CountedRows, countTraces } from '../features/index.ts'
import { findRecipe } from '../models/index.ts'
import { type FoldJob, predictedClasses, runFoldJob } from './fold-job.ts'
import { readTraces } from './labelled-view.ts'

const rows = madeUpRows(madeUpSamples(60, 1))
const heldOut = madeUpRows([
  { tokens: 'GoodCall1 GoodCall2 GoodCall3 GoodCall4' },
  { tokens: 'BadCall1 BadCall2 BadCall3 BadCall4' },
])
const first = Uint32Array.from({ length: 50 }, (_, i) => i)
const job: FoldJob = {
  recipe: findRecipe('naive-bayes')!,
  view: 'calls',
  classes: ['benign', 'malicious'],
  train: { rows: first, y: first.map((row) => row % 2) },
  inner: [0, 1].map((part) => ({
    train: first.filter((row) => (row >> 1) % 2 !== part),
    test: first.filter((row) => (row >> 1) % 2 === part),
  })),
  test: { rows: Uint32Array.from({ length: 10 }, (_, i) => 50 + i) },
  seed: 0,
  threads: 1,
}

let counted: CountedRows
beforeAll(async () => {
  const traces = [...(await readTraces(rows, 'calls')), ...(await readTraces(heldOut, 'calls'))]
  counted = countTraces(job.recipe.features, traces, 'calls', traces[0].kind)
})

describe('runFoldJob', () => {
  it('scores the rows it was not given to learn from', async () => {
    const { decisions, probabilities } = await runFoldJob(job, counted)
    expect(decisions).toHaveLength(20)
    const right = predictedClasses(decisions, 2).filter((c, i) => c === i % 2).length
    expect(right).toBeGreaterThanOrEqual(8)
    for (let i = 0; i < 10; i++) expect(probabilities[2 * i] + probabilities[2 * i + 1]).toBeCloseTo(1, 12)
  })

  it('scores rows of the held-out corpus', async () => {
    const test = { rows: Uint32Array.of(61, 60, 61) }
    const { decisions } = await runFoldJob({ ...job, test }, counted)
    expect([...predictedClasses(decisions, 2)]).toEqual([1, 0, 1])
  })

  it('tells the time of a clock that it is given, and answers the same', async () => {
    const times = [1000, 3500, 3600]
    const answer = await runFoldJob(job, counted, {}, () => times.shift()!)
    expect(answer.seconds).toEqual({ train: 2.5, score: 0.1 })
    expect({ ...answer, seconds: null }).toEqual(await runFoldJob(job, counted))
  })

  it('gives classes without training rows no chance', async () => {
    const three = { ...job, classes: ['benign', 'never', 'malicious'] }
    const y = first.map((row) => (row % 2) * 2)
    const { decisions, probabilities } = await runFoldJob({ ...three, train: { ...job.train, y } }, counted)
    const plain = await runFoldJob(job, counted)
    for (let i = 0; i < 10; i++) {
      expect([...decisions.slice(3 * i, 3 * i + 3)]).toEqual([
        plain.decisions[2 * i],
        Number.NEGATIVE_INFINITY,
        plain.decisions[2 * i + 1],
      ])
      expect(probabilities[3 * i + 1]).toBe(0)
    }
  })
})

describe('predictedClasses', () => {
  it('takes the largest, of equal ones the first', () => {
    expect([...predictedClasses(Float64Array.of(1, 3, 2, 5, 5, 4, -2, -3, -1), 3)]).toEqual([1, 0, 2])
  })
})
