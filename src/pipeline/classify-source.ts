import { KnownError } from '../core/index.ts'
import type { Failure, Outcome } from '../samples/index.ts'
import type { Source } from '../sources/index.ts'
import { type EvidenceSize, judge } from './judge.ts'
import type { LoadedModel } from './models.ts'
import { type ReadInputSettings, readInput } from './read-input.ts'
import { openAnySource } from './stored-source.ts'

/** How one source is read and judged. */
export interface JudgeOptions {
  readonly models: readonly LoadedModel[]
  readonly evidence: EvidenceSize
  readonly reading?: ReadInputSettings
  /** Ends what takes an executable apart. */
  readonly signal?: AbortSignal
  /** Of encrypted zip members. */
  readonly password?: string
}

/** Lines of a traces file that are told one by one before the next verdict; the rest are counted. */
export const MAX_LINES_TOLD = 20

/**
 * The verdicts on one source, one a sample, and a failure for each line that is none, before the verdicts that were read
 * with it. A failure as the last says why reading ended. Never throws for what the source holds.
 */
export async function* classifySource(
  source: Source,
  { models, evidence, reading, signal }: JudgeOptions,
): AsyncGenerator<Outcome> {
  const lines = brokenLines(source.path)
  try {
    const options = { ...reading, ...(signal && { signal }), onSkipped: lines.add }
    for await (const report of readInput(source, options)) {
      yield* lines.take()
      yield judge(report, { path: source.path, size: source.size }, models, evidence)
    }
    yield* lines.take()
  } catch (error) {
    yield* lines.take()
    yield failure(source.path, error)
  }
}

/** Failures of single lines, until they are told. */
function brokenLines(path: string) {
  let held: Failure[] = []
  let more = 0
  return {
    add(error: KnownError): void {
      if (held.length < MAX_LINES_TOLD) held.push(failure(path, error))
      else more++
    },
    take(): readonly Failure[] {
      const message = `${more} more lines were left out`
      const rest = more > 0 ? [{ sample: { path }, error: { code: 'malformed-input', message } }] : []
      const all = [...held, ...rest]
      held = []
      more = 0
      return all
    },
  }
}

/** The same for a path alone, as a worker gets it. */
export async function* classifyPath(path: string, options: JudgeOptions): AsyncGenerator<Outcome> {
  let source: Source
  try {
    source = await openAnySource(path, options.password === undefined ? {} : { password: options.password })
  } catch (error) {
    yield failure(path, error)
    return
  }
  yield* classifySource(source, options)
}

/** The verdicts of one source in a list, or `many` when it holds more than are to be held at once. */
export type ClassifyAnswer = { readonly verdicts: readonly Outcome[] } | { readonly many: true }

/** Verdicts of one source that are held at once; a traces file with more is streamed by the caller instead. */
const MAX_VERDICTS_AT_ONCE = 256

/** The verdicts of one source in a list. */
export async function answerOf(outcomes: AsyncIterable<Outcome>): Promise<ClassifyAnswer> {
  const verdicts: Outcome[] = []
  for await (const verdict of outcomes) {
    if (verdicts.length === MAX_VERDICTS_AT_ONCE) return { many: true }
    verdicts.push(verdict)
  }
  return { verdicts }
}

/** What stands in a verdict's place. An error that nobody foresaw gets the code `unexpected`, and the run goes on. */
export function failure(path: string, error: unknown): Failure {
  const known = error instanceof KnownError
  const message = error instanceof Error ? error.message : String(error)
  return { sample: { path }, error: { code: known ? error.code : 'unexpected', message } }
}
