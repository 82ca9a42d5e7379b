import { stat } from 'node:fs/promises'
import { type CheckedSetting, checkSuricata } from '../intake/index.ts'
import type { Finding } from './examine.ts'

/** Where packages put it. */
const USUAL_PLACE = '/etc/suricata/suricata.yaml'
const part = 'Suricata'

/**
 * Each setting of the Suricata here by which files would be lost or cut. It may run here without taxon, so that is a fault
 * only where TAXON_SURICATA names its settings.
 */
export async function examineSuricata(): Promise<Finding[]> {
  const named = process.env.TAXON_SURICATA
  const path = named || USUAL_PLACE
  if (!named && !(await stat(path).catch(() => null))) {
    const detail =
      'none here and none needed; to have settings checked, set TAXON_SURICATA to its suricata.yaml'
    return [{ part, works: true, detail, remedy: null }]
  }
  try {
    const { wrong } = await checkSuricata(path)
    if (wrong.length === 0)
      return [{ part, works: true, detail: `${path} stores files, and whole`, remedy: null }]
    const remedy = 'to have files whole: taxon intake suricata-settings'
    return wrong.map((setting, i) => ({
      part,
      works: !named,
      isDoubtful: true,
      detail: `${path}: ${settingText(setting)}`,
      remedy: i === wrong.length - 1 ? remedy : null,
    }))
  } catch (error) {
    const remedy = 'set TAXON_SURICATA to its suricata.yaml'
    return [{ part, works: !named, isDoubtful: true, detail: (error as Error).message, remedy }]
  }
}

/** A setting in one line for people. */
export function settingText({ name, found, wanted, why }: CheckedSetting): string {
  return `${name} is ${found ?? 'not set'}, wanted ${wanted}: ${why}`
}
