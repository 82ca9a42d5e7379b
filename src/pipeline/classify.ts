import { availableParallelism } from 'node:os'
import { mapOrdered, workerEntry, workerPool } from '../core/index.ts'
import type { Outcome } from '../samples/index.ts'
import { findSources, type Source } from '../sources/index.ts'
import { answerOf, type ClassifyAnswer, classifySource, failure } from './classify-source.ts'
import type { ClassifyWorkerData } from './classify-worker.ts'
import type { EvidenceSize } from './judge.ts'
import { readModels } from './models.ts'
import { DEFAULT_TIMEOUT_MS, isInput, type ReadInputSettings } from './read-input.ts'

/** How `classify` goes about it; every setting has a default. */
export interface ClassifyOptions {
  /** Go down into folders. */
  readonly recursive?: boolean
  /** Model files; those that come with taxon when absent or empty. */
  readonly models?: readonly string[]
  /** Worker threads; all cores by default. */
  readonly threads?: number
  /** Longest time for one source, of a pipe for its next bytes, in milliseconds; ten minutes by default. */
  readonly timeoutMs?: number
  readonly evidence?: Partial<EvidenceSize>
  /** How executables are taken apart, and the caps of reading. */
  readonly reading?: ReadInputSettings
  /** Of encrypted zip members; `infected`, by custom, when absent. */
  readonly password?: string
  /** Told of what was passed over in a folder or an archive: links, devices, files that are plainly no inputs. */
  onSkip?(path: string, reason: string): void
  /** Told how many sources are done. */
  onProgress?(done: number): void
  readonly signal?: AbortSignal
}

/** Sources under way or waiting for their turn to be told, for each thread. */
const WINDOW_PER_THREAD = 16

const WORKER = workerEntry(import.meta.url, 'classify-worker')

/**
 * Verdicts on every sample that the paths hold, in the order of the paths. Paths are executables, listings, reports (all
 * of them plain, gzip, zstd), traces files, folders, zip and tar archives, or `-` for standard input. What fails yields a
 * `Failure` and the run goes on. Memory is bounded by the number of threads, not by the number or the size of the inputs.
 * @throws UsageError for a folder without `recursive`, ModelFileError, UnreadableError for a model
 */
export async function* classify(
  paths: readonly string[],
  options: ClassifyOptions = {},
): AsyncGenerator<Outcome> {
  const evidence = { features: 5, places: 3, ...options.evidence }
  const modelPaths = options.models ?? []
  const models = await readModels(modelPaths) // here already, so that a bad model is one error and not one a path
  const threads = options.threads ?? availableParallelism()
  const { timeoutMs = DEFAULT_TIMEOUT_MS, signal } = options
  const reading = { idaTimeoutMs: timeoutMs, ...options.reading }
  const access = options.password === undefined ? {} : { password: options.password }
  const workerData: ClassifyWorkerData = { models: modelPaths, evidence, reading, ...access }
  const pool = workerPool<string, ClassifyAnswer>(WORKER, {
    threads,
    workerData,
    timeoutMs,
  })
  const abort = () => void pool.close()
  signal?.addEventListener('abort', abort)
  const inline = (source: Source) =>
    classifySource(source, { models, evidence, reading, ...(signal && { signal }) })
  const byIda = reading.disassembler === 'ida'

  /** Verdicts of one source: a list from a worker, or a stream where it is too long or not a file to open again. */
  async function judged(source: Source): Promise<Iterable<Outcome> | AsyncIterable<Outcome>> {
    if (!source.reopens) return inline(source)
    try {
      // IDA is a process of its own, which a worker that is ended could not end.
      const answer = byIda ? await answerOf(inline(source)) : await pool.run(source.path)
      return 'many' in answer ? inline(source) : answer.verdicts
    } catch (error) {
      return [failure(source.path, error)]
    }
  }

  const sources = findSources(paths, {
    recursive: options.recursive ?? false,
    accepts: isInput,
    patience: { waitMs: timeoutMs, ...(signal ? { signal } : {}) },
    onSkip: (path, reason) => options.onSkip?.(path, reason),
    ...access,
  })
  let done = 0
  try {
    for await (const verdicts of mapOrdered(sources, judged, byIda ? threads : threads * WINDOW_PER_THREAD)) {
      for await (const outcome of verdicts) {
        // Not told any more: it may be no verdict but the end of the waiting for a pipe.
        signal?.throwIfAborted()
        yield outcome
      }
      options.onProgress?.(++done)
    }
  } finally {
    signal?.removeEventListener('abort', abort)
    await pool.close()
  }
}
