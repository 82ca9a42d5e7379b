import { type ReadOptions, readReports } from '../src/reports/index.ts'
import type { Report } from '../src/samples/index.ts'

/** Some bytes in chunks of at most `size`. */
export async function* chunksOf(bytes: Uint8Array, size = bytes.length): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

/** All reports in a text (or bytes, or a value to be written as JSON), read in chunks of at most `size` bytes. */
export async function readAll(
  input: string | Uint8Array | object,
  options: ReadOptions = {},
  size?: number,
): Promise<Report[]> {
  const text = typeof input === 'object' && !(input instanceof Uint8Array) ? JSON.stringify(input) : input
  const bytes = typeof text === 'string' ? Buffer.from(text, 'utf8') : text
  const reports: Report[] = []
  for await (const report of readReports(chunksOf(bytes, size), options)) reports.push(report)
  return reports
}

/** The one report in an input. */
export async function readOne(
  input: string | Uint8Array | object,
  options: ReadOptions = {},
): Promise<Report> {
  const reports = await readAll(input, options)
  if (reports.length !== 1) throw new Error(`expected one report, got ${reports.length}`)
  return reports[0]!
}

/** The kept tokens by name. */
export function namesOf({ trace }: Report): string[] {
  return [...(trace.sequence ?? [])].map((token) => trace.vocabulary[token]!)
}

/** How often each name occurs in the whole trace. */
export function countsOf({ trace }: Report): Record<string, number> {
  return Object.fromEntries(
    [...trace.tally.tokens].map((token, index) => [
      trace.vocabulary[token],
      trace.tally.counts?.[index] ?? 1,
    ]),
  )
}
