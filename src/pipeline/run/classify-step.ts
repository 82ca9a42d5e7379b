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
    run: (task) => judged(judging, task, storedPath(folder, 'samples', task.sample.sha256), 'opcodes'),
  }
}

/** Judges the report that a sandbox made of a sample. */
export function classifyReportStep(judging: Judging): RunStep {
  const { store, folder, version, atOnce } = judging
  return {
    name: 'classify-report',
    after: ['sandbox'],
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

async function judged(
  { store, ask, recent, onVerdict }: Judging,
  { sample }: StepTask,
  path: string,
  view: View,
): Promise<StepEnd> {
  const { sha256 } = sample
  const outcomes = await answers(view === 'opcodes' ? recent.take(sha256) : undefined, ask, path)
  const known = await store.show(sha256)
  const [first] = outcomes
  const problem = outcomes.length > 1 ? SEVERAL : first && 'error' in first ? first.error : null
  const named: Verdict['sample'] = {
    path: sha256,
    name: known.names[0] ?? null,
    sha256,
    size: sample.size,
    kind: sample.type,
  }
  if (problem === null && first && !('error' in first)) {
    await onVerdict(ofSample(first, { ...named, kind: first.sample.kind }, known), known)
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

/** A verdict on content of the store as one on its sample. What is known to be cut is never called benign. */
function ofSample(
  verdict: Verdict,
  sample: Verdict['sample'],
  { sample: { state, reasons } }: Known,
): Verdict {
  const own = { ...verdict, sample }
  if (state === 'complete') return own
  const cut = { ...own, state: verdict.state === 'complete' ? 'partial' : verdict.state } as const
  const all = { ...cut, reasons: [...new Set([...reasons, ...verdict.reasons])] }
  if (verdict.verdict !== 'benign') return all
  return {
    ...all,
    verdict: 'unknown',
    reasons: ['nothing malicious in what was carved, but it is cut', ...all.reasons],
  }
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
