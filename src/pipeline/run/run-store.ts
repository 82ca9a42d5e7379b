import { createHash } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { lock } from '../../core/index.ts'
import type { Verdict } from '../../samples/index.ts'
import { type Known, openStore, type Step, type StepCount, type Store } from '../../store/index.ts'
import { readModels } from '../models.ts'
import { type Bell, bell } from './bell.ts'
import { classifyReportStep, classifyStep } from './classify-step.ts'
import { disassembleStep } from './disassemble-step.ts'
import { doStep } from './do-step.ts'
import { labelStep } from './label-step.ts'
import type { NewRunEvent, RunEvent } from './run-event.ts'
import type { RunSettings } from './run-settings.ts'
import { MAX_ATTEMPTS, type RunStep } from './run-step.ts'
import { recentAnswers, runWorkers } from './run-workers.ts'
import { sandboxStep } from './sandbox-step.ts'
import { allowanceFor, silenced } from './silence.ts'
import { takeIn } from './take-in.ts'
import { unpackStep } from './unpack-step.ts'
import { deliverDue, openWebhooks, type Webhook } from './webhooks.ts'

/** How a run goes about it. */
export interface RunOptions {
  /** End when all that is there is done, rather than wait for more. */
  readonly once?: boolean
  /** Try once more what failed in earlier runs. */
  readonly again?: boolean
  /** Ends the run; all that is done is kept. */
  readonly signal?: AbortSignal
  onEvent?(event: RunEvent): void
  /** Told now and then how many samples are where. */
  onCounts?(counts: readonly StepCount[]): void
}

/** Between two looks at what is due, in milliseconds. */
const LOOK_MS = 500

/**
 * Files → store → members, labels, traces, sandbox → verdicts → webhooks, until the signal is aborted or, with `once`, all
 * is done. Every step is recorded for each sample, so that after an end at any moment the next run goes on, and nothing is
 * lost or told in another way.
 * @throws UsageError while another process runs on the same store, and what opening the store, models and keys throws
 */
export async function runStore(settings: RunSettings, options: RunOptions = {}): Promise<void> {
  const { folder } = settings.store
  const store = await openStore(settings.store)
  try {
    const unlock = await lock(join(folder, 'run.lock'))
    try {
      // Whoever held them is gone.
      await store.releaseSteps()
      if (options.again) await store.retrySteps()
      await run(store, settings, options)
    } finally {
      await unlock()
    }
  } finally {
    await store.close()
  }
}

async function run(store: Store, settings: RunSettings, options: RunOptions): Promise<void> {
  const { once = false, onEvent, signal: outer } = options
  const tell = (event: NewRunEvent) => onEvent?.({ at: new Date().toISOString(), ...event } as RunEvent)
  const ending = new AbortController()
  const signal = outer ? AbortSignal.any([outer, ending.signal]) : ending.signal
  const chime = bell(signal)
  const webhooks = await openWebhooks(settings.webhooks)
  const threads = settings.classify.threads || availableParallelism()
  const workers = runWorkers(settings.classify, threads)
  // Workers have no signal: what they are at is given up, and is due again.
  const closeWorkers = () => void workers.close()
  signal.addEventListener('abort', closeWorkers, { once: true })
  try {
    const steps = await stepsOf(store, settings, { ask: workers.ask, threads, webhooks, chime, tell })
    const how = { once, maxFileBytes: settings.maxFileBytes, signal }
    const ring = (event: NewRunEvent) => {
      tell(event)
      chime.ring()
    }
    const takenIn = Promise.all(settings.intake.map((each) => takeIn(store, each, how, ring)))
    // Who wants an end is not kept waiting for what is not there.
    const attempts = once ? 1 : MAX_ATTEMPTS
    const work = steps.map((step) =>
      doStep(store, step, chime, signal, attempts, (end) => tell({ event: 'step', ...shown(end) })),
    )
    const watch = watchOver(store, steps, takenIn, { once, webhooks, chime, signal, tell, options })
    // Whatever ends first, well or not, ends all; the store stays open until each has come to its end.
    const ends = [takenIn, ...work, watch.then(() => ending.abort())]
    const settled = ends.map((end) =>
      end.catch((error) => {
        ending.abort()
        throw error
      }),
    )
    const failed = (await Promise.allSettled(settled)).find(({ status }) => status === 'rejected')
    if (failed) throw (failed as PromiseRejectedResult).reason
  } finally {
    ending.abort()
    signal.removeEventListener('abort', closeWorkers)
    await workers.close()
  }
}

function shown({ sha256, step, state, detail }: Step) {
  return { sha256, step, state, detail: detail === null ? null : JSON.parse(detail) }
}

interface Parts {
  readonly ask: ReturnType<typeof runWorkers>['ask']
  readonly threads: number
  readonly webhooks: readonly Webhook[]
  readonly chime: Bell
  readonly tell: (event: NewRunEvent) => void
}

/** The steps that settings ask for, in the order of a sample's way. */
async function stepsOf(
  store: Store,
  settings: RunSettings,
  { ask, threads, webhooks, chime, tell }: Parts,
): Promise<RunStep[]> {
  const { folder } = settings.store
  const { labels, sandbox } = settings
  const models = await readModels(settings.classify.models)
  const version = createHash('sha256')
    .update(models.map(({ sha256 }) => sha256).join())
    .digest('hex')
  const onVerdict = async (verdict: Verdict, known: Known) => {
    await keepVerdict(store, webhooks, verdict, known, tell)
    chime.ring()
  }
  const recent = recentAnswers()
  const judging = { store, folder, ask, recent, atOnce: threads, version, onVerdict }
  const onStored = ({ sha256, state, reasons }: Known['sample'], isNew: boolean, name: string) => {
    tell({ event: 'stored', sha256, isNew, source: 'archive', name, state, reasons })
    chime.ring()
  }
  return [
    unpackStep(store, folder, settings, onStored),
    ...(labels === null ? [] : [await labelStep(store, labels)]),
    disassembleStep(store, folder, ask, recent, threads),
    ...(sandbox === null ? [] : [await sandboxStep(store, sandbox), classifyReportStep(judging)]),
    classifyStep(judging, labels === null ? ['disassemble'] : ['label', 'disassemble']),
  ]
}

/** Keeps a verdict with the calls that are owed for it, in one transaction, and tells of it. */
async function keepVerdict(
  store: Store,
  webhooks: readonly Webhook[],
  verdict: Verdict,
  { sample: { sha256 }, tags, labels }: Known,
  tell: (event: NewRunEvent) => void,
): Promise<void> {
  const { view, family, category, probability, state, executable } = verdict
  const { signer: signed } = executable ?? {}
  const signer = signed?.valid ? signed.thumbprint : null
  const allowance = allowanceFor({ sha256, tags, signer }, await store.allowances(Date.now()))
  const seen = silenced(verdict, allowance)
  const model = verdict.model?.sha256 ?? ''
  const at = Date.now()
  const consensus = labels.find(({ source }) => source === 'consensus')
  const said = consensus && {
    malicious: consensus.malicious,
    family: consensus.family,
    category: consensus.category,
  }
  const body = JSON.stringify({
    event: 'verdict',
    at: new Date(at).toISOString(),
    verdict: seen,
    labels: said ?? null,
  })
  const key = `${sha256}:${view}:${model}`
  const owed = webhooks
    .filter(({ verdicts }) => verdicts.includes(seen.verdict))
    .map(({ url }) => ({ key, target: url, body }))
  const stored = {
    sha256,
    view,
    modelSha256: model,
    verdict: verdict.verdict,
    family,
    category,
    probability,
    state,
  }
  const isNew = await store.putVerdict({ ...stored, json: JSON.stringify(verdict), at }, owed)
  if (!isNew) return
  tell({
    ...{ event: 'verdict', sha256, view, verdict: seen.verdict, probability },
    ...{ family: seen.family, category: seen.category, model: model || null, allowed: seen.allowed ?? null },
  })
}

interface Watching {
  readonly once: boolean
  readonly webhooks: readonly Webhook[]
  readonly chime: Bell
  readonly signal: AbortSignal
  readonly tell: (event: NewRunEvent) => void
  readonly options: RunOptions
}

/** Makes the calls that are due and tells how far all is, until there is nothing left to do. */
async function watchOver(
  store: Store,
  steps: readonly RunStep[],
  takenIn: Promise<unknown>,
  { once, webhooks, chime, signal, tell, options }: Watching,
): Promise<void> {
  let isAllIn = false
  void takenIn.then(
    () => {
      isAllIn = once
      chime.ring()
    },
    () => {},
  )
  const names = new Set(steps.map(({ name }) => name))
  while (!signal.aborted) {
    const wasAllIn = isAllIn
    const called = await deliverDue(store, webhooks, signal, (each) => tell({ event: 'delivery', ...each }))
    const begun = Date.now()
    const counts = (await store.countSteps()).filter(({ step }) => names.has(step))
    const tookMs = Date.now() - begun
    options.onCounts?.(counts)
    const left = counts.some(({ state, count }) => count > 0 && (state === 'pending' || state === 'running'))
    // Calls that failed stay owed, and are tried by the next run.
    if (wasAllIn && !left && called === 0) return
    // Counting a large store takes its time; most of it is for the work.
    await pause(Math.max(called > 0 ? 0 : LOOK_MS, 20 * tookMs), undefined, { signal }).catch(() => {})
  }
}
