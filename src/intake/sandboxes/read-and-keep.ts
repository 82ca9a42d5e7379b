import { createGzip } from 'node:zlib'
import { decompress, UnknownFormatError } from '../../core/index.ts'
import { type ReadOptions, readReports } from '../../reports/index.ts'
import type { Report } from '../../samples/index.ts'
import { drained } from './drained.ts'

/**
 * Writes a report where it is to be kept. What it is given is compressed by gzip, and throws where the report turns out to
 * be none or is cut off: nothing may be left of it then.
 */
export type Keep = (chunks: AsyncIterable<Uint8Array>) => Promise<void>

/** As fast as level 1 on reports in the layout of Cuckoo; the default level takes three times as long to save a tenth. */
const GZIP_LEVEL = 3

/**
 * Reads a report while it comes and keeps it, as fast as the slower of the two, holding some chunks and what `readReports`
 * holds. All of it is kept, even where the reader stops before its end.
 * @param check throws to refuse a report that was read; then it is not kept
 * @throws UnknownFormatError, MalformedInputError where it is no report; what the source, `keep` and `check` throw
 */
export async function readAndKeep(
  chunks: AsyncIterable<Uint8Array>,
  keep: Keep | null,
  check: (report: Report) => void,
  options: ReadOptions = {},
): Promise<{ readonly report: Report; readonly bytes: number }> {
  const source = chunks[Symbol.asyncIterator]()
  const keeper = keep && keeping(keep)
  let bytes = 0
  // The source is not closed when the reader has read enough: the rest of it is kept too.
  const tapped = async function* () {
    for (let next = await source.next(); !next.done; next = await source.next()) {
      bytes += next.value.length
      // It is compressed by another thread while it is read.
      const written = keeper?.write(next.value)
      // The reader may leave at the yield; a failure is then told by the next write, or the end.
      written?.catch(() => {})
      yield next.value
      await written
    }
  }
  try {
    const report = await sandboxReport(decompress(tapped()), options)
    for await (const _ of tapped());
    check(report)
    await keeper?.end()
    return { report, bytes }
  } catch (error) {
    throw (await keeper?.drop(error as Error)) ?? error
  } finally {
    await source.return?.()
  }
}

async function sandboxReport(chunks: AsyncIterable<Uint8Array>, options: ReadOptions): Promise<Report> {
  for await (const report of readReports(chunks, options)) {
    if (report.format === 'traces') break
    return report
  }
  throw new UnknownFormatError('the answer', 'no report of a sandbox')
}

/** Compresses what is written to it into a keep. */
function keeping(keep: Keep) {
  const gzip = createGzip({ level: GZIP_LEVEL })
  let failure: Error | null = null
  // Errors are told by whoever reads from it.
  gzip.on('error', () => {})
  const kept = keep(gzip)
    .catch((error: Error) => {
      failure ??= error
    })
    // Whoever waits to write would wait for ever.
    .finally(() => gzip.destroy())
  return {
    async write(chunk: Uint8Array): Promise<void> {
      if (!failure && !gzip.destroyed && !gzip.write(chunk)) await drained(gzip)
      if (failure) throw failure
    },
    async end(): Promise<void> {
      gzip.end()
      await kept
      if (failure) throw failure
    },
    /** Has nothing kept. @returns why keeping failed, where that came first */
    async drop(error: Error): Promise<Error | null> {
      const first = failure
      gzip.destroy(error)
      await kept
      return first
    },
  }
}
