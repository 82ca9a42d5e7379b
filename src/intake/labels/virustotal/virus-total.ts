import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { LimitExceededError, MalformedInputError, openChunks } from '../../../core/index.ts'
import type { LabelledSample, LabelSource } from '../label-source.ts'
import { jsonObjects } from './json-values.ts'
import { reportsOf, type VirusTotalReport } from './read-report.ts'

/** Most bytes of one report; those with behaviour have some hundred kB. */
const MAX_REPORT_BYTES = 32 * 1024 * 1024
/** Reports of files that are held at once; a folder of reports named by hash has no such limit. */
const MAX_HELD_REPORTS = 100_000

/** How reports are read. */
export interface ReportOptions {
  readonly signal?: AbortSignal | undefined
  /** Told of each object that is no report, and why. */
  onSkip?(path: string, reason: string): void
}

/**
 * The reports of a file (plain, gzip or zstd): one, a list of them, or one a line; versions 2 and 3, mixed or not. One is
 * held at a time.
 * @throws UnreadableError; MalformedInputError where the file is no JSON or cut off, after those before that place
 */
export async function* readVirusTotal(
  path: string,
  options: ReportOptions = {},
): AsyncGenerator<VirusTotalReport> {
  let nth = 0
  for await (const object of jsonObjects(openChunks(path), MAX_REPORT_BYTES)) {
    options.signal?.throwIfAborted()
    nth++
    if ('skippedBytes' in object) {
      options.onSkip?.(
        path,
        `object ${nth} at byte ${object.offset} has ${object.skippedBytes} bytes or is nested too deeply`,
      )
      continue
    }
    const reports = reportsOf(parsed(object.text))
    if (reports.length === 0) options.onSkip?.(path, `object ${nth} is no report with results, or broken`)
    yield* reports
  }
}

/** Undefined where the text is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/**
 * The reports of some files, held by the hashes of their samples, the newest of each.
 * @throws what `readVirusTotal` throws; LimitExceededError for too many
 */
export async function virusTotalFiles(
  paths: readonly string[],
  options: ReportOptions = {},
): Promise<LabelSource> {
  const reports = new Map<string, VirusTotalReport>()
  let held = 0
  for (const path of paths) {
    for await (const report of readVirusTotal(path, options)) {
      if (++held > MAX_HELD_REPORTS)
        throw new LimitExceededError(`${path}: VirusTotal reports`, MAX_HELD_REPORTS)
      for (const hash of report.hashes) {
        const before = reports.get(hash)
        if (!before || before.at <= report.at) reports.set(hash, report)
      }
    }
  }
  return {
    name: 'virustotal',
    version: async () => null,
    async label({ sha256, sha1, md5 }) {
      const found = [sha256, sha1, md5].map((hash) => hash && reports.get(hash)).find((report) => report)
      return found ? found.labels : []
    },
  }
}

/** What a report may be called. */
const ENDINGS = ['.json', '.json.gz', '.json.zst', ''] as const

/**
 * The reports of a folder, each in a file named by a hash of its sample: SHA-256, SHA-1 or MD5, with `.json`, `.json.gz`,
 * `.json.zst` or nothing behind it. They are looked for when they are asked for, so new ones are found. Hashes that are not
 * given are computed from the bytes.
 */
export function virusTotalFolder(folder: string): LabelSource {
  return {
    name: 'virustotal',
    version: async () => null,
    async label(sample, signal) {
      const path =
        (await reportFile(folder, [sample.sha256])) ?? (await reportFile(folder, await otherHashes(sample)))
      if (path === null) return []
      for await (const report of readVirusTotal(path, { signal })) {
        const own = [sample.sha256, ...(report.sha256 === null ? await otherHashes(sample) : [])]
        if (report.hashes.some((hash) => own.includes(hash))) return report.labels
      }
      throw new MalformedInputError(path, 'no report of the sample that it is named after', 0)
    },
  }
}

async function reportFile(folder: string, hashes: readonly string[]): Promise<string | null> {
  for (const hash of hashes) {
    // What is no hash must not become a path.
    if (!/^[0-9a-f]{32,64}$/.test(hash)) continue
    for (const ending of ENDINGS) {
      const path = join(folder, `${hash}${ending}`)
      const about = await stat(path).catch(() => null)
      if (about?.isFile()) return path
    }
  }
  return null
}

async function otherHashes({ sha1, md5, open }: LabelledSample): Promise<string[]> {
  if (sha1 !== undefined && md5 !== undefined) return [sha1, md5]
  const hashes = [createHash('sha1'), createHash('md5')]
  for await (const chunk of open()) for (const hash of hashes) hash.update(chunk)
  return hashes.map((hash) => hash.digest('hex'))
}
