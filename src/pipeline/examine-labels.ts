import { type ClamdConf, clamd, clamscan, findClamdConf, readAvclass } from '../intake/index.ts'
import type { Finding } from './examine.ts'

/** A clamd that is there answers at once. */
const PATIENCE_MS = 3000

/**
 * What there is to label samples with. Nobody is made to have any: what is missing is a fault only where it was said to be
 * there. @param confs where to look for a clamd.conf, where it lies by custom by default
 */
export async function examineLabels(confs?: readonly string[]): Promise<Finding[]> {
  return await Promise.all([clamdFinding(confs), clamscanFinding(), avclassFinding()])
}

async function clamdFinding(confs?: readonly string[]): Promise<Finding> {
  const part = 'clamd'
  const conf = await findClamdConf(confs)
  const named = process.env.TAXON_CLAMD
  const address = named || conf?.address
  if (!address) {
    const detail = 'none here and none needed; where one is, taxon label --clamd ADDRESS asks it'
    return { part, works: true, detail, remedy: null }
  }
  try {
    const patience = { silenceMs: PATIENCE_MS, answerMs: PATIENCE_MS }
    const version = await clamd({ address, ...patience }).version()
    const own = conf?.address === address ? conf : null
    return {
      part,
      works: true,
      detail: `${address}: ${version}; ${limitsText(own)}`,
      remedy: own && limitsRemedy(own),
    }
  } catch (error) {
    const { message } = error as Error
    if (named)
      return { part, works: false, detail: message, remedy: 'start it, or set TAXON_CLAMD to its address' }
    return { part, works: true, detail: `does not run, and is not needed (${message})`, remedy: null }
  }
}

function limitsText(conf: ClamdConf | null): string {
  if (!conf) return 'its limits are not told by it'
  const limits = [
    ['MaxFileSize', conf.maxFileBytes],
    ['MaxScanSize', conf.maxScanBytes],
    ['StreamMaxLength', conf.maxStreamBytes],
  ] as const
  const text = limits.map(([name, bytes]) => `${name} ${bytes === null ? 'by default' : sizeText(bytes)}`)
  return `${text.join(', ')} (${conf.path})`
}

function sizeText(bytes: number): string {
  return bytes === 0 ? 'without limit' : `${(bytes / 2 ** 20).toFixed(1).replace('.0', '')} MiB`
}

function limitsRemedy({ path, tellsLimits }: ClamdConf): string | null {
  if (tellsLimits) return null
  return `set AlertExceedsMax yes in ${path}: until then what is over a limit inside an archive reads as clean`
}

async function clamscanFinding(): Promise<Finding> {
  const part = 'clamscan'
  try {
    const version = (await clamscan().version()) ?? ''
    // Version, number and date of the official signatures.
    const signatures = version.includes('/') ? '' : ', without official signatures (freshclam fetches them)'
    return { part, works: true, detail: `${version}${signatures}`, remedy: null }
  } catch {
    return { part, works: true, detail: 'none here and none needed', remedy: null }
  }
}

async function avclassFinding(): Promise<Finding> {
  const part = 'AVClass'
  const folder = process.env.TAXON_AVCLASS
  const remedy = 'taxon label --fetch-avclass DIR fetches its files; set TAXON_AVCLASS to that folder'
  if (!folder)
    return {
      part,
      works: true,
      detail: 'its files are not here; families are not told from detections',
      remedy,
    }
  try {
    const { taxonomy, tagging } = await readAvclass(folder)
    return {
      part,
      works: true,
      detail: `${folder}: ${taxonomy.size} tags, ${tagging.size} rules`,
      remedy: null,
    }
  } catch (error) {
    return { part, works: false, detail: (error as Error).message, remedy }
  }
}
