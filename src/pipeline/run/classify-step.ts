import { TaskError } from '../../core/index.ts'
import type { Outcome, Verdict, View } from '../../samples/index.ts'
import type { Known, Store } from '../../store/index.ts'
import { storedPath } from '../stored-source.ts'
import type { RunStep, StepEnd, StepTask } from './run-step.ts'
import type { RunAnswer } from './run-worker.ts'
import type { AskWorker, RecentAnswers } from './run-workers.ts'

/** Takes a verdict of a sample that is in the store. */
export type OnVerdict = (verdict: Verdict, known: Known) => Promise<void>

/** What both kinds of judging share. */
interface Judging {
  readonly store: Store
  readonly folder: string
  readonly ask: AskWorker
  readonly recent: RecentAnswers
  readonly atOnce: number
  /** Of the models. */
  readonly version: string
  readonly onVerdict: OnVerdict
}

/** Judges the bytes of each sample. What cannot be judged gets a verdict too: `unknown`, and why. */
export function classifyStep(judging: Judging, after: readonly string[]): RunStep {
  const { folder, version, atOnce } = judging
  return {
    name: 'classify',
    after,
    version,
    atOnce,
    async run(task) {
      const { sha256, type } = task.sample
      const files = await filesOf(judging.store, task.sample)
      if (files === 0) return await judged(judging, task, storedPath(folder, 'samples', sha256), 'opcodes')
      const known = await judging.store.show(sha256)
      const reason = `an archive (${type}); the ${files} files in it are judged by themselves`
      await judging.onVerdict(unjudged(namedBy(known), 'opcodes', reason), known)
      return { state: 'done', detail: { reason } }
    },
  }
}

/** Judges the report that a sandbox made of a sample. */
export function classifyReportStep(judging: Judging): RunStep {
  const { store, folder, version, atOnce } = judging
  return {
    name: 'classify-report',
    // What the bytes tell, who signed them, is known by then.
    after: ['sandbox', 'classify'],
    version,
    atOnce,
    async run(task) {
      const { artifacts } = await store.show(task.sample.sha256)
      const report = artifacts.filter(({ kind }) => kind === 'report').sort((a, b) => b.at - a.at)[0]
      if (!report) return { state: 'skipped', detail: { reason: 'no report' } }
      return judged(judging, task, storedPath(folder, 'artifacts', report.digest), 'calls')
    },
  }
}

/** How many files were unpacked from a sample. */
async function filesOf(store: Store, { sha256 }: Known['sample']): Promise<number> {
  const step = (await store.steps(sha256)).find((each) => each.step === 'unpack' && each.state === 'done')
  const { files = 0 } = JSON.parse(step?.detail ?? 'null') ?? {}
  return files
}

/** A sample as a verdict names it. */
function namedBy({ sample, names }: Known): Verdict['sample'] {
  const { sha256, size, type } = sample
  return { path: sha256, name: names[0] ?? null, sha256, size, kind: type }
}

async function judged(
  { store, ask, recent, onVerdict }: Judging,
  { sample, signal }: StepTask,
  path: string,
  view: View,
): Promise<StepEnd> {
  const { sha256 } = sample
  const outcomes = await answers(view === 'opcodes' ? recent.take(sha256) : undefined, ask, path)
  // Workers that ended with the run say nothing of the sample.
  signal.throwIfAborted()
  const known = await store.show(sha256)
  const verdicts = outcomes.flatMap((each) => ('error' in each ? [] : [each]))
  const failures = outcomes.flatMap((each) => ('error' in each ? [each.error] : []))
  const [verdict] = verdicts
  const problem = verdicts.length > 1 ? SEVERAL : verdict ? null : failures[0]
  const named = namedBy(known)
  if (problem === null && verdict) {
    const losses = [
      ...(known.sample.state === 'partial' ? known.sample.reasons : []),
      ...failures.map(inWords),
    ]
    const isCut = known.sample.state === 'partial' || failures.length > 0
    const own = { ...verdict, sample: { ...named, kind: verdict.sample.kind } }
    await onVerdict(isCut ? ofPart(own, losses) : own, known)
    return { state: 'done' }
  }
  const { code, message } = problem ?? { code: 'empty', message: 'there is nothing in it' }
  // Messages name the content by where it lies in the store.
  const reason = message.replaceAll(path, sha256)
  await onVerdict(unjudged(named, view, reason), known)
  return { state: FORESEEN.has(code) ? 'done' : 'failed', detail: { code, reason } }
}

const SEVERAL = { code: 'several', message: 'tells of several samples; classify it by itself' }

/** What is no fault of a step: the sample is nothing that a model could judge. */
const FORESEEN: ReadonlySet<string> = new Set(['unknown-format', 'malformed-input', 'several', 'empty'])

async function answers(
  known: RunAnswer | undefined,
  ask: AskWorker,
  path: string,
): Promise<readonly Outcome[]> {
  try {
    const answer = known ?? (await ask({ path, trace: false }))
    if ('verdicts' in answer) return answer.verdicts
    return [{ sample: { path }, error: SEVERAL }]
  } catch (error) {
    if (!(error instanceof TaskError) || error.code === 'closed') throw error
    return [{ sample: { path }, error: { code: error.code, message: error.message } }]
  }
}

const inWords = ({ message }: { readonly message: string }) => message

/** A verdict on what is known to be a part only, which is never called benign. */
function ofPart(verdict: Verdict, losses: readonly string[]): Verdict {
  const state = verdict.state === 'complete' ? 'partial' : verdict.state
  const reasons = [...new Set([...losses, ...verdict.reasons])]
  if (verdict.verdict !== 'benign') return { ...verdict, state, reasons }
  const why = 'nothing malicious in what there is, but it is not whole'
  return { ...verdict, verdict: 'unknown', state, reasons: [why, ...reasons] }
}

function unjudged(sample: Verdict['sample'], view: View, reason: string): Verdict {
  return {
    sample,
    view,
    verdict: 'unknown',
    family: null,
    category: null,
    probability: null,
    families: [],
    state: 'abstained',
    reasons: [reason],
    evidence: [],
    trace: { tokens: 0, processes: 0 },
    executable: null,
    model: null,
  }
}
