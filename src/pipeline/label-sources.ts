import { stat } from 'node:fs/promises'
import { UsageError } from '../core/index.ts'
import {
  type AvclassData,
  clamd,
  clamscan,
  findClamdConf,
  type LabelSource,
  labelsCsv,
  readAvclass,
  virusTotalFiles,
  virusTotalFolder,
} from '../intake/index.ts'

/** Who is asked for labels; all that is left out is not. */
export interface LabelSourceOptions {
  /** Address of a clamd, or `auto`: the one that this machine's clamd.conf names. */
  readonly clamd?: string
  /** Run the program clamscan. */
  readonly clamscan?: boolean
  /** Files of VirusTotal's reports, and folders of them, named by hash. */
  readonly virusTotal?: readonly string[]
  /** A labels file (CSV). */
  readonly labels?: string
  readonly signal?: AbortSignal
  /** Told of what in a file of reports was no report. */
  onSkip?(path: string, reason: string): void
}

/**
 * The sources of labels, each seen to be there.
 * @throws UsageError, and what tells that one is not there or cannot be read
 */
export async function openLabelSources(options: LabelSourceOptions): Promise<LabelSource[]> {
  const sources = await namedLabelSources(options)
  for (const source of sources) await source.version(options.signal)
  return sources
}

/** The same without a look whether engines are there. @throws UsageError, and what tells that a list cannot be read */
export async function namedLabelSources(options: LabelSourceOptions): Promise<LabelSource[]> {
  const sources: LabelSource[] = []
  if (options.clamd !== undefined) sources.push(await clamdSource(options.clamd))
  if (options.clamscan) sources.push(clamscan())
  const reports: string[] = []
  for (const path of options.virusTotal ?? []) {
    if (await isFolder(path)) sources.push(virusTotalFolder(path))
    else reports.push(path)
  }
  if (reports.length > 0) sources.push(await virusTotalFiles(reports, options))
  if (options.labels !== undefined) sources.push(await labelsCsv(options.labels))
  return sources
}

async function clamdSource(address: string): Promise<LabelSource> {
  const conf = await findClamdConf()
  const wanted = address === 'auto' ? conf?.address : address
  if (wanted == null)
    throw new UsageError('clamd: no clamd.conf of this machine names a socket; give its address')
  // Of another clamd it says nothing. Zero means no limit there.
  const maxFileBytes = conf?.address === wanted ? conf.maxFileBytes : null
  if (maxFileBytes === null) return clamd({ address: wanted })
  return clamd({
    address: wanted,
    maxFileBytes: maxFileBytes === 0 ? Number.POSITIVE_INFINITY : maxFileBytes,
  })
}

async function isFolder(path: string): Promise<boolean> {
  const about = await stat(path).catch(() => null)
  return about?.isDirectory() ?? false
}

/** AVClass's files from a folder, or the one in TAXON_AVCLASS; null where neither is said. @throws what `readAvclass` throws */
export async function openAvclass(folder: string | undefined): Promise<AvclassData | null> {
  const place = folder ?? process.env.TAXON_AVCLASS
  return place ? await readAvclass(place) : null
}
