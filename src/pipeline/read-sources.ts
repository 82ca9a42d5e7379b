import { mapOrdered, TaskError, workerEntry, workerPool } from '../core/index.ts'
import type { Report } from '../samples/index.ts'
import type { Source } from '../sources/index.ts'
import { type ReadAnswer, readAll, type ToldError, told } from './read-all.ts'
import { type ReadInputSettings, readInput } from './read-input.ts'
import type { ReadWorkerData } from './read-worker.ts'

/** How many sources are read. */
export interface ReadSourcesOptions extends ReadWorkerData {
  /** Worker threads; with 1 all is read in this thread. With IDA, how many of it run at once. */
  readonly threads: number
  /** Longest time for one source, in milliseconds. */
  readonly timeoutMs: number
  /** Ends the reading; what is under way fails. */
  readonly signal?: AbortSignal
  /** Told of each source before it is read; those for which it gives false are not read and have no reports. */
  wants?(source: Source): Promise<boolean>
}

/** A source with the reports it holds. */
export interface ReadSource {
  readonly source: Source
  /** To be read once, before the next source is asked for; null where nobody wants them. @throws KnownError */
  readonly reports: AsyncIterable<Report> | null
}

/** Sources that are read ahead, for each thread: enough that none waits for another. */
const WINDOW_PER_THREAD = 2

const WORKER = workerEntry(import.meta.url, 'read-worker')

/**
 * Reads many sources on threads, in their order whatever the number of threads. What holds more than is to be held at
 * once, and what cannot be opened again, is read in this thread as it is asked for.
 * @param onSkipped told of lines of traces files that are none
 */
export async function* readSources(
  sources: AsyncIterable<Source>,
  { threads, timeoutMs, signal, wants, ...workerData }: ReadSourcesOptions,
  onSkipped: (path: string, error: ToldError) => void,
): AsyncGenerator<ReadSource> {
  const reading: ReadInputSettings & { signal?: AbortSignal } = {
    ...workerData.reading,
    ...(signal && { signal }),
  }
  const pool = workerPool<string, ReadAnswer>(WORKER, { threads, workerData, timeoutMs })
  const abort = () => void pool.close()
  signal?.addEventListener('abort', abort)
  const byIda = reading.disassembler === 'ida'

  const here = (source: Source): AsyncIterable<Report> =>
    readInput(source, { ...reading, onSkipped: (error) => onSkipped(source.path, error) })

  async function read(source: Source): Promise<ReadSource & { skipped?: readonly ToldError[] }> {
    if (wants && !(await wants(source))) return { source, reports: null }
    if (!source.reopens || (threads === 1 && !byIda)) return { source, reports: here(source) }
    try {
      // IDA is a process of its own, which a worker that is ended could not end.
      const answer = byIda ? await readAll(source, reading) : await pool.run(source.path)
      if ('many' in answer) return { source, reports: here(source) }
      return { source, reports: told(answer), skipped: answer.skipped }
    } catch (error) {
      if (!(error instanceof TaskError || signal?.aborted)) throw error
      const { code, message } = error instanceof TaskError ? error : { code: 'closed', message: 'stopped' }
      return { source, reports: told({ reports: [], skipped: [], error: { code, message } }) }
    }
  }

  try {
    const window = byIda ? threads : threads * WINDOW_PER_THREAD
    for await (const { skipped = [], ...each } of mapOrdered(sources, read, window)) {
      for (const error of skipped) onSkipped(each.source.path, error)
      yield each
    }
  } finally {
    signal?.removeEventListener('abort', abort)
    await pool.close()
  }
}
