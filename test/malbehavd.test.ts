import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { corpus as corpusCommand } from '../src/cli/commands/corpus.ts'
import { evaluate } from '../src/cli/commands/evaluate.ts'
import type { EvaluationResult } from '../src/evaluation/index.ts'
import { fakeIo } from './fake-io.ts'
import { sharedData } from './shared-data.ts'

const data = sharedData('malbehavd-v1.jsonl.gz')
const TEN_MINUTES_MS = 600_000

describe.skipIf(data === null)(
  'the linear SVM on malbehavd-v1, which API names occur, mean of three seeds',
  () => {
    let folder: string

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'taxon-malbehavd-'))
      await corpusCommand.run(['import', data!, '-o', folder], fakeIo())
    }, TEN_MINUTES_MS)
    afterAll(() => rm(folder, { recursive: true }))

    async function threeSeeds(...options: string[]): Promise<EvaluationResult> {
      const io = fakeIo()
      await evaluate.run(['svm', folder, '--repeat', '3', '--no-random-split', '--json', ...options], io)
      return JSON.parse(io.out).results[0]
    }

    // Three of the ten seeds for which figures are stated, to save time. scikit-learn's LinearSVC reaches .942 and, of
    // distinct inputs, .910 on which names occur alone.
    it('is right at least 94.0 times in a hundred', { timeout: TEN_MINUTES_MS }, async () => {
      const result = await threeSeeds()
      expect(result.seeds).toHaveLength(3)
      expect(result.rows).toBeGreaterThan(1900)
      expect(result.accuracy).toBeGreaterThanOrEqual(0.94)
    })

    it('is right at least 92.0 times in a hundred distinct inputs', { timeout: TEN_MINUTES_MS }, async () => {
      const result = await threeSeeds('--distinct')
      expect(result.duplicates).toBe(0)
      expect(result.accuracy).toBeGreaterThanOrEqual(0.92)
      expect(result.macroF1).toBeGreaterThanOrEqual(0.88)
    })
  },
)
