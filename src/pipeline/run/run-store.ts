import { createHash } from 'node:crypto'
import { readdir, rm } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { isRunning, lock, UsageError } from '../../core/index.ts'
import type { Verdict } from '../../samples/index.ts'
import { type Known, openStore, type Step, type StepCount, type Store } from '../../store/index.ts'
import { readModels, shippedModels } from '../models.ts'
import { type Bell, bell } from './bell.ts'
import { classifyReportStep, classifyStep } from './classify-step.ts'
import { disassembleStep } from './disassemble-step.ts'
import { doStep } from './do-step.ts'
import { labelStep } from './label-step.ts'
import type { AgreedLabels, NewRunEvent, RunEvent } from './run-event.ts'
import { type ClassifySettings, type RunSettings, SHIPPED } from './run-settings.ts'
import { MAX_ATTEMPTS, type RunStep } from './run-step.ts'
import { recentAnswers, runWorkers } from './run-workers.ts'
import { sandboxStep } from './sandbox-step.ts'
import { allowanceFor, factsOf, type SilencedVerdict, silenced } from './silence.ts'
import { takeIn } from './take-in.ts'
import { unpackStep } from './unpack-step.ts'
import { type Delivered, deliver, openWebhooks, type Webhook } from './webhooks.ts'

/** How a run goes about it. */
export interface RunOptions {
  /** End when all that is there is done, rather than wait for more. */
  readonly once?: boolean
  /** Try once more what failed in earlier runs. */
  readonly again?: boolean
  /** Ends the run; all that is done is kept. */
  readonly signal?: AbortSignal
  onEvent?(event: RunEvent): void
  /** Resolves when whoever reads the events keeps up; nothing new is begun before. */
  ready?(): Promise<void>
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
    const unlock = await lock(join(folder, 'run.lock')).catch((error: unknown) => {
      throw error instanceof UsageError
        ? new UsageError(`another taxon run is at work: ${error.message}`)
        : error
    })
    try {
      await removeOldLocks(folder)
      // Whoever held them is gone, and whoever was owed a call may be back.
      await store.releaseSteps()
      await store.retryDeliveries(Date.now())
      if (options.again) await store.retrySteps()
      await run(store, settings, options)
    } finally {
      await unlock()
    }
  } finally {
    await store.close()
  }
}

/** Removes what processes left that were killed while they took the lock. */
async function removeOldLocks(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const [, pid] = /^run\.lock\.(?:stale\.)?(\d+)\.tmp$/.exec(name) ?? []
    if (pid !== undefined && !isRunning(Number(pid))) await rm(join(folder, name), { force: true })
  }
}

async function run(store: Store, given: RunSettings, options: RunOptions): Promise<void> {
  const { once = false, onEvent, signal: outer } = options
  const settings = { ...given, classify: await withModels(given.classify) }
  const tell = (event: NewRunEvent) => onEvent?.({ at: new Date().toISOString(), ...event } as RunEvent)
  const ready = async () => await options.ready?.()
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
    const steps = await stepsOf(store, settings, { ask: workers.ask, threads, webhooks, chime, tell, once })
    // What is in the store waits for every step before anything is counted.
    for (const { name, version, after } of steps) {
      await store.takeForStep(name, version, { after, limit: 0, leaseMs: 1, now: Date.now() })
    }
    const ring = (event: NewRunEvent) => {
      tell(event)
      chime.ring()
    }
    const { maxFileBytes } = settings
    const takingIn = settings.intake.map((each) =>
      takeIn(store, each, { once, maxFileBytes, signal, ready, tell: ring }),
    )
    // Who wants an end is not kept waiting for what is not there.
    const maxAttempts = once ? 1 : MAX_ATTEMPTS
    const onEnd = (step: Step) => tell({ event: 'step', ...shown(step) })
    const work = steps.map((step) => doStep(store, step, { bell: chime, signal, maxAttempts, ready, onEnd }))
    let isDone = false
    const watch = watchOver(store, steps, takingIn, { once, signal, options }).then(() => {
      isDone = true
    })
    const delivering = {
      signal,
      isSilenced: (body: string) => isSilenced(store, body),
      onDelivered: (each: Delivered) => tell({ event: 'delivery', ...each }),
    }
    const calls = webhooks.map((each) => deliver(store, each, delivering, () => isDone))
    const all = [...takingIn, ...work, watch, ...calls]
    // Whatever fails ends all, and all that was asked for ends it too; each comes to its end before the store is closed.
    void Promise.all([...takingIn, watch, ...calls]).then(
      () => ending.abort(),
      () => {},
    )
    const ends = all.map((end) =>
      end.catch((error) => {
        ending.abort()
        throw error
      }),
    )
    const failed = (await Promise.allSettled(ends)).find(({ status }) => status === 'rejected')
    if (failed) throw (failed as PromiseRejectedResult).reason
  } finally {
    ending.abort()
    signal.removeEventListener('abort', closeWorkers)
    await workers.close()
  }
}

/** Settings with the paths of all models; the word `shipped` stands for those that come with taxon. */
async function withModels(classify: ClassifySettings): Promise<ClassifySettings> {
  const shipped = classify.models.includes(SHIPPED) ? await shippedModels() : []
  const models = classify.models.flatMap((path) => (path === SHIPPED ? shipped : [path]))
  return { ...classify, models }
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
  readonly once: boolean
}

/** The steps that settings ask for, in the order of a sample's way. */
async function stepsOf(
  store: Store,
  settings: RunSettings,
  { ask, threads, webhooks, chime, tell, once }: Parts,
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
    ...(sandbox === null ? [] : [await sandboxStep(store, sandbox, once), classifyReportStep(judging)]),
    classifyStep(judging, ['unpack', ...(labels === null ? [] : ['label']), 'disassemble']),
  ]
}

/** Keeps a verdict with the calls that are owed for it, in one transaction, and tells of it. */
async function keepVerdict(
  store: Store,
  webhooks: readonly Webhook[],
  verdict: Verdict,
  known: Known,
  tell: (event: NewRunEvent) => void,
): Promise<void> {
  const { sha256 } = known.sample
  const { view, family, category, probability, state } = verdict
  const seen = silenced(verdict, allowanceFor(factsOf(known, verdict), await store.allowances(Date.now())))
  const labels = labelsIn(known)
  const model = verdict.model?.sha256 ?? ''
  const at = Date.now()
  const body = JSON.stringify({ event: 'verdict', at: new Date(at).toISOString(), verdict: seen, labels })
  const key = `${sha256}:${view}:${model}`
  const isLabelled = labels?.malicious === 1 && seen.allowed === undefined
  const owed = webhooks
    .filter(
      ({ verdicts }) => verdicts.includes(seen.verdict) || (isLabelled && verdicts.includes('malicious')),
    )
    .map(({ url }) => ({ key, target: url, body }))
  const said = { verdict: verdict.verdict, family, category, probability, state }
  const stored = { ...said, sha256, view, modelSha256: model, json: JSON.stringify(verdict), at }
  if (!(await store.putVerdict(stored, owed))) return
  const { name } = verdict.sample
  tell({
    ...{ event: 'verdict', sha256, name, view, verdict: seen.verdict, probability, state: seen.state },
    ...{ family: seen.family, category: seen.category, model: model || null, reasons: seen.reasons },
    ...{ labels, allowed: seen.allowed ?? null },
  })
}

/** What the labels of a sample agree on; null where there are none. */
function labelsIn({ labels }: Known): AgreedLabels | null {
  const consensus = labels.find(({ source }) => source === 'consensus')
  if (!consensus) return null
  const { malicious, family, category } = consensus
  const detections = labels.flatMap(({ engine, detection }) =>
    detection === null ? [] : [{ engine, detection }],
  )
  return { malicious, family, category, detections: detections.slice(0, MAX_DETECTIONS) }
}

/** Detections that are told with a verdict. */
const MAX_DETECTIONS = 5

/** Whether what the body of a call tells has been allowed since it was made. */
async function isSilenced(store: Store, body: string): Promise<boolean> {
  const allowances = await store.allowances(Date.now())
  if (allowances.length === 0) return false
  const { verdict } = JSON.parse(body) as { verdict: SilencedVerdict }
  const { sha256 } = verdict.sample
  if (verdict.allowed || sha256 === null || !(await store.has(sha256))) return false
  const facts = factsOf(await store.show(sha256), verdict)
  return allowanceFor(facts, allowances) !== null
}

interface Watching {
  readonly once: boolean
  readonly signal: AbortSignal
  readonly options: RunOptions
}

/** Tells how far all is, until there is nothing left to do. */
async function watchOver(
  store: Store,
  steps: readonly RunStep[],
  takingIn: readonly Promise<unknown>[],
  { once, signal, options }: Watching,
): Promise<void> {
  let isAllIn = false
  void Promise.all(takingIn).then(
    () => {
      isAllIn = once
    },
    () => {},
  )
  const names = new Set(steps.map(({ name }) => name))
  while (!signal.aborted) {
    const wasAllIn = isAllIn
    const begun = Date.now()
    const counts = (await store.countSteps()).filter(({ step }) => names.has(step))
    const tookMs = Date.now() - begun
    options.onCounts?.(counts)
    const left = counts.some(({ state, count }) => count > 0 && (state === 'pending' || state === 'running'))
    if (wasAllIn && !left) return
    // Counting a large store takes its time; most of it is for the work.
    await pause(Math.max(LOOK_MS, 20 * tookMs), undefined, { signal }).catch(() => {})
  }
}
