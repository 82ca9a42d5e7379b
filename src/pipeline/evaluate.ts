import { availableParallelism } from 'node:os'
import { type Corpus, openCorpus } from '../corpus/index.ts'
import { type Evaluation, type EvaluationSettings, evaluateRecipes } from '../evaluation/index.ts'
import type { Recipe } from '../models/index.ts'
import { foldRunner } from './fold-runner.ts'
import { trainingProgress } from './training-progress.ts'

/** How `evaluate` goes about it; every setting has a default. Only these settings, not `threads`, move the result. */
export interface EvaluateOptions extends Partial<EvaluationSettings> {
  /** Folder of a held-out corpus to test on instead of cross-validation. */
  readonly test?: string | null
  /** Worker threads; all cores by default. */
  readonly threads?: number
  /** Allow networks arithmetic whose last bits differ from processor to processor. */
  readonly fast?: boolean
  /** Folder where networks leave what they have learned after every epoch, to go on from there. */
  readonly checkpoints?: string
  /** Told how many trainings are done, with shares of those of networks under way. */
  onProgress?(done: number, total: number): void
  readonly signal?: AbortSignal
}

/** An evaluation with the digests of the corpora that it is about. */
export interface CorpusEvaluation extends Evaluation {
  readonly corpus: string
  readonly testCorpus: string | null
}

/** What `evaluate` does unless told otherwise. */
const DEFAULT_EVALUATION: EvaluationSettings = {
  folds: 5,
  seeds: [0],
  distinct: false,
  view: null,
  target: null,
  prior: null,
  randomSplit: true,
}

/**
 * Evaluates recipes on a corpus by grouped cross-validation, or on a held-out corpus.
 * @throws UsageError, UnreadableError, and what reading a corpus throws
 */
export async function evaluate(
  recipes: readonly Recipe[],
  folder: string,
  options: EvaluateOptions = {},
): Promise<CorpusEvaluation> {
  const { threads = availableParallelism(), signal, onProgress, test = null, ...others } = options
  const { fast = false, checkpoints, ...chosen } = others
  const settings = { ...DEFAULT_EVALUATION, ...chosen }
  const opened: Corpus[] = []
  const open = async (path: string) => {
    const corpus = await openCorpus(path)
    opened.push(corpus)
    return corpus
  }
  const progress = trainingProgress(recipes, onProgress)
  const resources = {
    fast,
    progress: progress.counter,
    ...(checkpoints === undefined ? {} : { checkpoints }),
  }
  const runner = foldRunner({ training: folder, heldOut: test }, threads, signal, resources)
  try {
    const training = await open(folder)
    const heldOut = test === null ? null : await open(test)
    const evaluation = await evaluateRecipes(recipes, { training, heldOut }, settings, {
      run: runner.run,
      threads,
      onProgress: progress.onProgress,
      ...(signal ? { signal } : {}),
    })
    return { corpus: await training.digest(), testCorpus: (await heldOut?.digest()) ?? null, ...evaluation }
  } finally {
    progress.close()
    await runner.close()
    for (const corpus of opened) corpus.close()
  }
}
