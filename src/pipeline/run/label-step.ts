import { KnownError } from '../../core/index.ts'
import {
  type AvclassData,
  consensusLabel,
  consensusOf,
  type LabelSource,
  readAvclass,
} from '../../intake/index.ts'
import type { Store } from '../../store/index.ts'
import { namedLabelSources } from '../label-sources.ts'
import { type LabelSettings, versionOf } from './run-settings.ts'
import { LaterError, type RunStep } from './run-step.ts'

/** The sources that settings name, be they there now or not. @throws UsageError, UnreadableError for a list that cannot be read */
export function labelSources({ clamd, clamscan, virustotal, csv }: LabelSettings): Promise<LabelSource[]> {
  return namedLabelSources({
    clamscan,
    ...(clamd !== null && { clamd }),
    ...(virustotal !== null && { virusTotal: [virustotal] }),
    ...(csv !== null && { labels: csv }),
  })
}

/** Asks every source of labels, keeps what each says, and what they agree on. */
export async function labelStep(store: Store, settings: LabelSettings): Promise<RunStep> {
  const sources = await labelSources(settings)
  const avclass = settings.avclass === null ? null : await readAvclass(settings.avclass)
  return {
    name: 'label',
    after: [],
    // Signatures change several times a day: what is labelled stays labelled, unless other sources are asked.
    version: versionOf(
      'label 1',
      sources.map(({ name }) => name),
      avclass?.version ?? null,
    ),
    atOnce: settings.atOnce,
    async run({ sample, signal }) {
      const { sha256, sha1, md5, size } = sample
      const [name] = (await store.show(sha256)).names
      const asked = {
        sha256,
        sha1,
        md5,
        size,
        ...(name !== undefined && { name }),
        open: () => store.read(sha256),
      }
      const problems: string[] = []
      for (const source of sources) {
        try {
          await store.label(sha256, await source.label(asked, signal))
        } catch (error) {
          signal.throwIfAborted()
          if (!(error instanceof KnownError)) throw error
          problems.push(`${source.name}: ${error.message}`)
        }
      }
      const consensus = await agree(store, sha256, [sha1, md5], avclass)
      // What others said is kept; whoever was not there is asked again.
      if (problems.length > 0) throw new LaterError(problems.join('; '))
      return { state: 'done', detail: consensus }
    },
  }
}

/** Weighs all labels of a sample, earlier ones included, and keeps what they agree on as one more. */
async function agree(store: Store, sha256: string, others: readonly string[], avclass: AvclassData | null) {
  const labels = await store.labels(sha256)
  if (labels.every(({ source }) => source === 'consensus')) return { engines: 0 }
  const consensus = consensusOf(labels, avclass, [sha256, ...others])
  await store.label(sha256, [consensusLabel(consensus, Date.now())])
  const { malicious, cluster, category, detected, scanned, clash } = consensus
  return { malicious, cluster, category, detected, scanned, clash }
}
