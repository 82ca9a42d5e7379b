import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { KnownError, writeWhole } from '../../core/index.ts'
import { unpack } from '../../intake/index.ts'
import { type Sample, type Store, temporaryFolder } from '../../store/index.ts'
import { isOfStore } from '../store-failure.ts'
import { type RunSettings, versionOf } from './run-settings.ts'
import type { RunStep, StepEnd, StepTask } from './run-step.ts'

/** Types of samples that hold others. */
const ARCHIVES: ReadonlySet<string> = new Set(['zip', 'tar', 'gzip', 'zstd'])

/** Problems that are kept of one archive. */
const MAX_TOLD = 20

/** Puts the members of an archive into the store, each as a sample of its own. */
export function unpackStep(
  store: Store,
  folder: string,
  { unpack: limits, maxFileBytes }: Pick<RunSettings, 'unpack' | 'maxFileBytes'>,
  onStored: (sample: Sample, isNew: boolean, name: string) => void,
): RunStep {
  async function members(path: string, temporary: string, { sample, signal }: StepTask): Promise<StepEnd> {
    const problems: string[] = []
    let [files, failed] = [0, 0]
    const tell = (trail: readonly string[], { message }: KnownError) => {
      if (failed++ < MAX_TOLD) problems.push([...trail, message].join(': '))
    }
    const [name = null] = (await store.show(sample.sha256)).names
    for await (const each of unpack(path, { limits, name, temporary, signal })) {
      if ('problem' in each) {
        tell(each.trail, each.problem)
        continue
      }
      const own = each.trail.at(-1)!
      const parent = { sha256: sample.sha256, kind: 'member', name: each.trail.join('!') } as const
      try {
        const stored = await store.put(each.open(), {
          ...{ name: own, parent, maxBytes: maxFileBytes, signal },
          ...(each.partial.length > 0 && { partial: each.partial }),
        })
        onStored(stored.sample, stored.isNew, own)
        files++
      } catch (error) {
        if (!(error instanceof KnownError) || isOfStore(error)) throw error
        tell(each.trail, error)
      }
    }
    return { state: 'done', detail: { files, failed, problems } }
  }

  return {
    name: 'unpack',
    after: [],
    version: versionOf('unpack 1', limits),
    atOnce: 1,
    async run(task) {
      const { sample, signal } = task
      if (!ARCHIVES.has(sample.type)) return { state: 'skipped', detail: { reason: 'no archive' } }
      // All that is within an archive was put there by it: one within one must not start anew with the limits.
      const { parents, sightings } = await store.show(sample.sha256)
      if (sightings.length === 0 && parents.some(({ kind }) => kind === 'member'))
        return { state: 'skipped', detail: { reason: 'unpacked with the archive that it came in' } }
      const temporary = await temporaryFolder(folder)
      try {
        const path = join(temporary, 'archive')
        await writeWhole(path, store.read(sample.sha256), signal)
        return await members(path, temporary, task)
      } finally {
        await rm(temporary, { recursive: true, force: true })
      }
    },
  }
}

/** Has an archive that was only known as a member of another unpacked by itself, now that it came by itself. */
export async function unpackAgain(store: Store, { sha256, type }: Sample): Promise<void> {
  if (!ARCHIVES.has(type)) return
  const step = (await store.steps(sha256)).find(
    ({ step: name, state }) => name === 'unpack' && state === 'skipped',
  )
  if (step) await store.setStep({ ...step, state: 'pending', attempts: 0, nextAt: 0 })
}
