import { availableParallelism } from 'node:os'
import { openCorpus } from '../corpus/index.ts'
import { type Sweep, type SweepRunner, type SweepSettings, sweepNgrams } from '../evaluation/index.ts'
import type { Recipe } from '../models/index.ts'
import { foldRunner } from './fold-runner.ts'

/** How `sweep` goes about it; every setting has a default. `threads` does not move the result. */
export interface SweepOptions extends Partial<SweepSettings>, Pick<SweepRunner, 'onProgress' | 'signal'> {
  /** Worker threads; all cores by default. */
  readonly threads?: number
}

/** A sweep with the digest of the corpus that it is about. */
export interface CorpusSweep extends Sweep {
  readonly corpus: string
}

/** What `sweep` does unless told otherwise. */
const DEFAULT_SWEEP: SweepSettings = {
  ngrams: [1, 10],
  select: 1000,
  limit: 0,
  folds: 5,
  seed: 0,
  distinct: false,
  view: null,
  target: null,
}

/**
 * Evaluates recipes on a corpus with n-grams of each length alone and of all together.
 * @throws UsageError, UnreadableError, and what reading a corpus throws
 */
export async function sweep(
  recipes: readonly Recipe[],
  folder: string,
  { threads = availableParallelism(), signal, onProgress, ...chosen }: SweepOptions = {},
): Promise<CorpusSweep> {
  const corpus = await openCorpus(folder)
  const runner = foldRunner({ training: folder, heldOut: null }, threads, signal)
  try {
    const found = await sweepNgrams(
      recipes,
      corpus,
      { ...DEFAULT_SWEEP, ...chosen },
      {
        runOn: runner.runOn,
        threads,
        ...(onProgress ? { onProgress } : {}),
        ...(signal ? { signal } : {}),
      },
    )
    return { corpus: await corpus.digest(), ...found }
  } finally {
    await runner.close()
    corpus.close()
  }
}
