import { bytesOf, contentHash } from '../core/index.ts'
import type { Kind, Trace } from '../samples/index.ts'
import { commonKind, type Reader, tokenReader } from './reading.ts'
import type { FeatureSettings } from './settings.ts'

// One reader for each settings object, view and kind: it remembers vocabularies, which many traces share.
const readers = new WeakMap<FeatureSettings, Map<string, Reader>>()

function readerFor(settings: FeatureSettings, trace: Trace, kind: Kind): Reader {
  let bySettings = readers.get(settings)
  if (!bySettings) {
    bySettings = new Map()
    readers.set(settings, bySettings)
  }
  const key = `${trace.view} ${kind}`
  let reader = bySettings.get(key)
  if (!reader) {
    reader = tokenReader(settings, trace.view, kind, new Map())
    bySettings.set(key, reader)
  }
  return reader
}

/** What columns show of counts: that there are any, how many, or only how they stand to one another. */
export function seenOfCounts({ weight, normalise }: FeatureSettings): 'presence' | 'count' | 'share' {
  if (weight === 'presence') return weight
  return weight === 'share' || (weight === 'count' && normalise) ? 'share' : 'count'
}

/**
 * Hash of exactly what an encoder with these settings can see of a trace; equal inputs share it.
 * @param kind what the corpus as a whole is reduced to (`commonKind`); by default that of the trace and the settings
 */
export function groupOf(
  settings: FeatureSettings,
  trace: Trace,
  kind: Kind = commonKind(settings, [trace]),
): string {
  const reader = readerFor(settings, trace, kind)
  const { sequence, grams, steps, tally } = reader.read(trace)
  const names = reader.unknown(trace.vocabulary)
  if (sequence && settings.ngrams[1] > 1) {
    return contentHash(trace.view, 'sequence', ...orderedParts(sequence, names))
  }
  const totals = new Map<string, number>()
  if (grams) for (const id of grams) totals.set(names[id], (totals.get(names[id]) ?? 0) + 1)
  if (tally) for (let i = 0; i < tally.tokens.length; i++) totals.set(names[tally.tokens[i]], tally.counts[i])
  const weight = seenOfCounts(settings)
  const unit = weight === 'share' ? [...totals.values()].reduce(commonDivisor, 0) : 1
  const entries = [...totals]
    .map(([name, count]) => [name, count / unit] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  const seen = kind === 'set' || weight === 'presence' ? ['set', ...entries.map(([name]) => name)] : entries
  return contentHash(trace.view, JSON.stringify(seen), ...(steps ? orderedParts(steps, names) : []))
}

function commonDivisor(a: number, b: number): number {
  while (b > 0) [a, b] = [b, a % b]
  return a
}

/** A sequence as its distinct names in order, and the rank of each token among them: the same for any vocabulary order. */
function orderedParts(sequence: Uint32Array, names: readonly string[]): [string, Uint8Array] {
  const used = [...new Set(sequence)].sort((a, b) => (names[a] < names[b] ? -1 : 1))
  const ranks = new Uint32Array(names.length)
  used.forEach((id, rank) => {
    ranks[id] = rank
  })
  return [JSON.stringify(used.map((id) => names[id])), bytesOf(sequence.map((id) => ranks[id]))]
}
