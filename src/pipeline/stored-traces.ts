import type { Labels } from '../corpus/index.ts'
import { consensusLabel, consensusOf } from '../intake/index.ts'
import { type Label, UNLABELLED } from '../samples/index.ts'
import type { Source } from '../sources/index.ts'
import type { Artifact, Known, Store } from '../store/index.ts'
import { allowanceFor, factsOf } from './run/silence.ts'
import { storedPath, storedSource } from './stored-source.ts'

/** What a store has to learn from. */
export interface StoredTraces {
  /** The opcode trace and the newest report of each sample that has one, and samples that are reports, in the store's order. */
  readonly sources: AsyncGenerator<Source>
  /** The labels of those samples that `sources` told of. */
  readonly labels: Labels
}

/**
 * The traces of a store with what is held to be true of their samples: what analysts, lists and engines agree on, and
 * `benign` of what is allowed.
 */
export async function storedTraces(store: Store, folder: string): Promise<StoredTraces> {
  const known = new Map<string, Label>()
  const allowances = await store.allowances(Date.now())

  function labelOf(all: Known): Label {
    const { sample, labels } = all
    const { sha256 } = sample
    if (allowanceFor(factsOf(all), allowances)) return { ...UNLABELLED, malicious: 0, by: 'allowed' }
    const { malicious, family, category, by } =
      labels.find(({ source }) => source === 'consensus') ??
      consensusLabel(consensusOf(labels, null, [sha256]), 0)
    const firstSeen =
      labels
        .map((label) => label.firstSeen)
        .filter((day) => day !== null)
        .sort()[0] ?? null
    return { malicious, family, category, firstSeen, by }
  }

  async function* sources(): AsyncGenerator<Source> {
    for await (const { sha256, type } of store.list()) {
      const all = await store.show(sha256)
      known.set(sha256, labelOf(all))
      if (type === 'report') yield storedSource(storedPath(folder, 'samples', sha256))!
      for (const kind of ['opcodes', 'report'] as const) {
        const newest = newestOf(all.artifacts, kind)
        if (newest) yield storedSource(storedPath(folder, 'artifacts', newest.digest))!
      }
    }
  }

  return {
    sources: sources(),
    labels: {
      get size() {
        return known.size
      },
      conflicts: [],
      find(names) {
        for (const name of names) {
          const label = name === null ? undefined : known.get(name.toLowerCase())
          if (label) return label
        }
        return null
      },
    },
  }
}

function newestOf(artifacts: readonly Artifact[], kind: Artifact['kind']): Artifact | undefined {
  return artifacts.filter((each) => each.kind === kind).sort((a, b) => b.at - a.at)[0]
}
