import { stat } from 'node:fs/promises'
import { KnownError } from '../../core/index.ts'
import { readAvclass } from '../../intake/index.ts'
import { readModels } from '../models.ts'
import { labelSources } from './label-step.ts'
import type { IntakeSettings, RunSettings } from './run-settings.ts'
import { openSandbox } from './sandbox-step.ts'
import { openWebhooks } from './webhooks.ts'

/** What stands in the way of a run with these settings; empty where nothing does. Nothing is made or sent. */
export async function checkRun(settings: RunSettings): Promise<string[]> {
  const { intake, labels, sandbox, classify, webhooks } = settings
  const problems: string[] = []
  const tryTo = async (what: string, work: () => Promise<unknown>) => {
    try {
      await work()
    } catch (error) {
      if (!(error instanceof KnownError)) throw error
      problems.push(`${what}: ${error.message}`)
    }
  }
  for (const [i, each] of intake.entries()) {
    for (const path of placesOf(each)) {
      const there = await stat(path).catch(() => null)
      if (!there) problems.push(`intake ${i + 1}: ${path} is not there`)
    }
  }
  if (intake.length === 0) problems.push('intake: nothing comes in; what is in the store is judged')
  await tryTo('classify', () => readModels(classify.models))
  if (labels !== null) {
    await tryTo('labels', async () => {
      for (const source of await labelSources(labels)) await tryTo(source.name, () => source.version())
    })
    const { avclass } = labels
    if (avclass !== null) await tryTo('avclass', () => readAvclass(avclass))
  }
  if (sandbox !== null) await tryTo('sandbox', async () => (await openSandbox(sandbox)).state())
  await tryTo('webhooks', () => openWebhooks(webhooks))
  return problems
}

function placesOf(intake: IntakeSettings): readonly string[] {
  if (intake.type === 'suricata') return [intake.eve, intake.filestore]
  return intake.type === 'zeek' ? [intake.log, intake.extracted] : [intake.folder]
}
