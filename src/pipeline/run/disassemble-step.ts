import { KnownError } from '../../core/index.ts'
import type { Store } from '../../store/index.ts'
import { storedPath } from '../stored-source.ts'
import type { RunStep } from './run-step.ts'
import type { AskWorker, RecentAnswers } from './run-workers.ts'

/** Types of samples that have code. */
const EXECUTABLES: ReadonlySet<string> = new Set(['pe', 'elf'])

/** What made a trace, in the store's words. */
export const TRACE_PRODUCER = 'taxon 1'

/** No opcodes were found in an executable. */
class NoTraceError extends KnownError {
  readonly code = 'no-trace'

  constructor(reason: string) {
    super(reason)
  }
}

/**
 * Keeps the opcode trace of each executable beside it, as a line of a traces file: a corpus is made of it. What the models
 * say of it is left in `recent`, so that it need not be taken apart again.
 */
export function disassembleStep(
  store: Store,
  folder: string,
  ask: AskWorker,
  recent: RecentAnswers,
  atOnce: number,
): RunStep {
  return {
    name: 'disassemble',
    after: [],
    version: TRACE_PRODUCER,
    atOnce,
    async run({ sample: { sha256, type } }) {
      if (!EXECUTABLES.has(type)) return { state: 'skipped', detail: { reason: `no executable: ${type}` } }
      const answer = await ask({ path: storedPath(folder, 'samples', sha256), trace: true })
      recent.set(sha256, answer)
      if (answer.line === null) throw new NoTraceError(whyNot(answer))
      const { size } = await store.putArtifact(sha256, 'opcodes', TRACE_PRODUCER, one(`${answer.line}\n`))
      return { state: 'done', detail: { bytes: size } }
    },
  }
}

function whyNot(answer: Awaited<ReturnType<AskWorker>>): string {
  const failure = 'verdicts' in answer ? answer.verdicts.find((each) => 'error' in each) : undefined
  return failure && 'error' in failure ? failure.error.message : 'no code was found'
}

async function* one(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text)
}
