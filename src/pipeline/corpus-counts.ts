import { openCorpus } from '../corpus/index.ts'
import { readTraces } from '../evaluation/index.ts'
import {
  type CountedRows,
  countSelected,
  countTraces,
  type FeatureSettings,
  type Trainings,
} from '../features/index.ts'
import { shareMatrix } from '../models/index.ts'
import type { Trace, View } from '../samples/index.ts'

/** The folders of an evaluation's corpora. */
export interface CorpusFolders {
  readonly training: string
  readonly heldOut: string | null
}

/** What to count: one view, by the settings of `countingSettings`, which name the kind to look at. */
export interface CountTask {
  readonly view: View
  readonly settings: FeatureSettings
  /** What is learned from, where only n-grams are wanted that would be selected there; null counts all. */
  readonly trainings: Trainings | null
  readonly threads: number
}

/**
 * Counts every row of a view, those to learn from before the held-out ones, into memory that threads share.
 * @param through runs each reading of a corpus
 */
export async function countCorpora(
  { training, heldOut }: CorpusFolders,
  { view, settings, trainings, threads }: CountTask,
  through = (read: () => Promise<Trace[]>) => read(),
): Promise<CountedRows> {
  const readView = async (folder: string) => {
    const corpus = await openCorpus(folder)
    try {
      return await readTraces(corpus, view, undefined, settings.process)
    } finally {
      corpus.close()
    }
  }
  const known = await through(() => readView(training))
  const traces = heldOut === null ? known : [...known, ...(await through(() => readView(heldOut)))]
  const { kind, counts } = trainings
    ? await countSelected(settings, traces, view, settings.kind, trainings, { threads })
    : countTraces(settings, traces, view, settings.kind)
  return { kind, counts: shareMatrix(counts) }
}
