import { stat } from 'node:fs/promises'
import { KnownError } from '../../core/index.ts'
import { readAvclass } from '../../intake/index.ts'
import { isStore, openStore } from '../../store/index.ts'
import { readModels } from '../models.ts'
import { labelSources } from './label-step.ts'
import { type IntakeSettings, type RunSettings, SHIPPED } from './run-settings.ts'
import { sandboxOf } from './sandbox-step.ts'
import { openWebhooks } from './webhooks.ts'

/** What stands in the way of a run with these settings; empty where nothing does. Nothing is made; who is named is asked whether it is there. */
export async function checkRun(settings: RunSettings): Promise<string[]> {
  const { store, intake, labels, sandbox, classify, webhooks } = settings
  const problems: string[] = []
  const tryTo = async (what: string, work: () => Promise<unknown>) => {
    try {
      await work()
    } catch (error) {
      if (!(error instanceof KnownError)) throw error
      problems.push(`${what}: ${error.message}`)
    }
  }
  // A store that is not there yet is made by the first run, but for its database.
  if (await isStore(store.folder)) await tryTo('store', async () => (await openStore(store)).close())
  for (const [i, each] of intake.entries()) {
    for (const path of placesOf(each)) {
      const there = await stat(path).catch(() => null)
      if (!there) problems.push(`intake ${i + 1}: ${path} is not there`)
    }
  }
  await tryTo('classify', () => readModels(classify.models.filter((each) => each !== SHIPPED)))
  if (labels !== null) {
    await tryTo('labels', async () => {
      for (const source of await labelSources(labels)) await tryTo(source.name, () => source.version())
    })
    const { avclass, virustotal } = labels
    if (virustotal !== null && !(await stat(virustotal).catch(() => null)))
      problems.push(`virustotal: ${virustotal} is not there`)
    if (avclass !== null) await tryTo('avclass', () => readAvclass(avclass))
  }
  if (sandbox !== null) await tryTo('sandbox', async () => (await sandboxOf(sandbox)).state())
  await tryTo('webhooks', () => openWebhooks(webhooks))
  return problems
}

function placesOf(intake: IntakeSettings): readonly string[] {
  if (intake.type === 'suricata') return [intake.eve, intake.filestore]
  return intake.type === 'zeek' ? [intake.log, intake.extracted] : [intake.folder]
}
