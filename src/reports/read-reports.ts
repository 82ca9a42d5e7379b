import { type KnownError, LimitExceededError, MalformedInputError } from '../core/index.ts'
import type { Report } from '../samples/index.ts'
import { type FieldTable, fieldTable } from './field-table.ts'
import { formats } from './formats.ts'
import { type ReadOptions, ReportReader } from './report-reader.ts'

const tables = new Map<boolean, FieldTable>()

/**
 * Reads a sandbox report (one Report) or a traces file (one for each line and view) from uncompressed bytes, whose format
 * is told by their content. Memory is bounded whatever the input: about 20 MB and 50 bytes for each of `maxCalls`. An
 * input that is cut off or broken, in itself or in its compression, gives what was read, with state `partial`, once
 * anything told its format. Of keys that occur twice in an object both values count, and the later one where there can
 * be only one.
 * @throws MalformedInputError when it is not JSON or ends too early, UnknownFormatError when it is JSON of another kind
 */
export async function* readReports(
  chunks: AsyncIterable<Uint8Array>,
  options: ReadOptions = {},
): AsyncGenerator<Report> {
  const withColumns = options.columns ?? false
  let table = tables.get(withColumns)
  if (!table) {
    table = fieldTable(formats, withColumns)
    tables.set(withColumns, table)
  }
  const reader = new ReportReader(table, options)
  try {
    let head: Uint8Array | null = new Uint8Array(0)
    let failure: KnownError | null = null
    const noted = untilFailure(chunks, (error) => {
      failure = error
    })
    for await (const chunk of noted) {
      let part = chunk
      if (head) {
        // Copied, for the source may reuse what it gave.
        head = chunk.length >= HEAD_BYTES && head.length === 0 ? chunk : Buffer.concat([head, chunk])
        if (head.length < HEAD_BYTES) continue
        part = withoutMark(head, reader)
        head = null
      }
      reader.push(part)
      yield* reader.ready.splice(0)
      if (reader.done) return
    }
    if (head) reader.push(withoutMark(head, reader))
    reader.end(failure)
    yield* reader.ready.splice(0)
  } finally {
    reader.close()
  }
}

/** The chunks up to a failure of their source that leaves what came before it good: a cut or broken archive, a cap. */
async function* untilFailure(chunks: AsyncIterable<Uint8Array>, note: (failure: KnownError) => void) {
  try {
    yield* chunks
  } catch (error) {
    if (!(error instanceof MalformedInputError || error instanceof LimitExceededError)) throw error
    note(error)
  }
}

const HEAD_BYTES = 4

/** The first bytes without the mark that some editors put before UTF-8. */
function withoutMark(head: Uint8Array, reader: ReportReader): Uint8Array {
  const [a, b, c] = head
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff) || (head.length > 1 && (a === 0 || b === 0))) {
    throw new MalformedInputError('report', 'UTF-16 or binary, expected UTF-8', 0)
  }
  if (a !== 0xef || b !== 0xbb || c !== 0xbf) return head
  reader.skipBytes(3)
  return head.subarray(3)
}
