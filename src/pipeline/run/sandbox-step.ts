import { type Sandbox, sandboxGate, settle, systemClock } from '../../intake/index.ts'
import type { Store } from '../../store/index.ts'
import { openSandbox } from '../sandbox-address.ts'
import { type SandboxSettings, versionOf } from './run-settings.ts'
import { LaterError, type RunStep } from './run-step.ts'

/** The sandbox that settings name. @throws UsageError, UnreadableError for its token */
export function sandboxOf({ type, url, tokenFile }: SandboxSettings): Promise<Sandbox> {
  return openSandbox({ kind: type, url, ...(tokenFile !== null && { tokenFile }) })
}

/** Has a sandbox run samples and keeps its reports. A restart goes on with the tasks that were submitted. */
export async function sandboxStep(store: Store, settings: SandboxSettings, once: boolean): Promise<RunStep> {
  const sandbox = await sandboxOf(settings)
  const { inFlight, perMinute, timeoutMinutes, types } = settings
  const gate = sandboxGate({ inFlight, intervalMs: 60_000 / perMinute, clock: systemClock })
  return {
    name: 'sandbox',
    after: [],
    version: versionOf('sandbox 1', sandbox.name),
    atOnce: inFlight,
    keepsDetail: true,
    async run({ sample, detail, keep, signal }) {
      const { sha256, size } = sample
      if (!types.includes(sample.type)) {
        return { state: 'skipped', detail: { reason: `not for the sandbox: ${sample.type}` } }
      }
      const [name = sha256] = (await store.show(sha256)).names
      let told = detail
      const journal = {
        load: async () => told,
        save: async (_: string, state: string) => {
          told = state
          await keep(state)
        },
      }
      const settlement = await settle(
        sandbox,
        { sha256, size, name, open: () => store.read(sha256) },
        journal,
        {
          gate,
          // A sample that failed before comes again only where somebody asks for it.
          again: true,
          ...(once && { retries: 1 }),
          timeoutMs: timeoutMinutes * 60_000,
          keep: async (hash, task, chunks) =>
            void (await store.putArtifact(hash, 'report', `${sandbox.name} task ${task}`, chunks)),
        },
        signal,
      )
      if (settlement.state === 'unsettled') throw new LaterError(settlement.reason)
      return { state: settlement.state === 'read' ? 'done' : 'failed', detail: JSON.parse(told ?? 'null') }
    },
  }
}
