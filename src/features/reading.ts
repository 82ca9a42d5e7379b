import { canonicalNames, type Kind, knowsLess, type Trace, type View } from '../samples/index.ts'
import type { FeatureSettings } from './settings.ts'

/** Stands for a token that is left out. */
const DROPPED = 0xffffffff

/** The tokens of one trace as an encoder sees them. */
export interface Seen {
  /** Token ids in order, as far as anything is made of them, with collapsed runs and dropped tokens gone; null for counts and sets. */
  readonly sequence: Uint32Array | null
  /** The beginning of it that n-grams are made of; null with it. */
  readonly grams: Uint32Array | null
  /** The beginning of it that models are given in order; null with it, and where settings ask for none. */
  readonly steps: Uint32Array | null
  /** Position in `trace.sequence` of each of `sequence`; null without `withPositions`. */
  readonly positions: Uint32Array | null
  /** Distinct token ids ascending and their counts, all 1 for a set; null for sequences. */
  readonly tally: { readonly tokens: Uint32Array; readonly counts: Float64Array } | null
}

/** Reads traces of one view as settings say, at one kind. */
export interface Reader {
  /** Names that it knows, whose ids are below this. */
  readonly known: number
  /** Whether it gives the steps of a sequence. */
  readonly givesSteps: boolean
  /** What is seen of a trace, in the ids of its vocabulary. */
  read(trace: Trace, withPositions?: boolean): Seen
  /** Id of each of a vocabulary's tokens; ids from `known` on are of unknown names. Ids of equal canonical names are equal. */
  ids(vocabulary: readonly string[]): Uint32Array
  /** Canonical names of unknown ids, from `known` on. */
  unknown(vocabulary: readonly string[]): readonly string[]
}

interface MappedVocabulary {
  readonly ids: Uint32Array
  readonly unknown: readonly string[]
}

/**
 * A reader whose token ids are those of `known`, a map from canonical name to id 0 … size-1. An empty map stands for a
 * vocabulary that is still to be learned: nothing is unknown to it.
 */
export function tokenReader(
  settings: FeatureSettings,
  view: View,
  kind: Kind,
  known: ReadonlyMap<string, number>,
): Reader {
  const drop = new Set(canonicalNames(view, settings.drop))
  const dropsUnknown = settings.unknown === 'drop' && known.size > 0
  const cache = new WeakMap<readonly string[], MappedVocabulary>()
  const map = (vocabulary: readonly string[]): MappedVocabulary => {
    const cached = cache.get(vocabulary)
    // A vocabulary may have grown since: readers of reports add names as they meet them.
    if (cached && cached.ids.length === vocabulary.length) return cached
    const fresh = new Map<string, number>()
    const names = canonicalNames(view, vocabulary).map((name) => withPrefix(settings, view, name))
    const ids = new Uint32Array(names.length)
    for (let i = 0; i < ids.length; i++) {
      const name = names[i]
      let id = drop.has(name) ? DROPPED : (known.get(name) ?? fresh.get(name))
      if (id === undefined && dropsUnknown) id = DROPPED
      if (id === undefined) {
        id = known.size + fresh.size
        fresh.set(name, id)
      }
      ids[i] = id
    }
    const mapped = { ids, unknown: [...fresh.keys()] }
    cache.set(vocabulary, mapped)
    return mapped
  }
  // The whole trace's tally also knows the tokens past the cap of a sequence, so it is preferred where order is not needed.
  const ordered = kind === 'sequence' && needsOrder(settings)
  return {
    known: known.size,
    givesSteps: kind === 'sequence' && settings.steps > 0,
    ids: (vocabulary) => map(vocabulary).ids,
    unknown: (vocabulary) => map(vocabulary).unknown,
    read(trace, withPositions = false) {
      const { ids, unknown } = map(trace.vocabulary)
      if (ordered && trace.sequence) return readSequence(settings, trace, ids, withPositions)
      return {
        sequence: null,
        grams: null,
        steps: null,
        positions: null,
        tally: readTally(trace, kind, ids, known.size + unknown.length),
      }
    },
  }
}

function needsOrder({ ngrams, collapse, limit, steps, process }: FeatureSettings): boolean {
  return ngrams[1] > 1 || collapse > 0 || limit > 0 || steps > 0 || process === 'main'
}

const PREFIXED = /^(rep|repe|repne|lock)\.(.+)$/

/** An opcode's name with as much of its prefix as the settings want. */
function withPrefix({ prefixes }: FeatureSettings, view: View, name: string): string {
  if (prefixes === 'keep' || view !== 'opcodes') return name
  return name.replace(PREFIXED, prefixes === 'drop' ? '$2' : '$1')
}

function readSequence(
  settings: FeatureSettings,
  trace: Trace,
  ids: Uint32Array,
  withPositions: boolean,
): Seen {
  const { tokens, at } = processCalls(settings, trace)
  const forGrams = settings.limit || tokens.length
  const limit = Math.max(forGrams, settings.steps)
  const longestRun = settings.collapse || tokens.length
  const sequence = new Uint32Array(Math.min(tokens.length, limit))
  const positions = withPositions ? new Uint32Array(sequence.length) : null
  let length = 0
  let previous = DROPPED
  let run = 0
  for (let i = 0; i < tokens.length && length < limit; i++) {
    const id = ids[tokens[i]]
    if (id === DROPPED) continue
    run = id === previous ? run + 1 : 1
    previous = id
    if (run > longestRun) continue
    if (positions) positions[length] = at ? at[i] : i
    sequence[length++] = id
  }
  return {
    sequence: sequence.subarray(0, length),
    grams: sequence.subarray(0, Math.min(length, forGrams)),
    steps: settings.steps > 0 ? sequence.subarray(0, Math.min(length, settings.steps)) : null,
    positions: positions?.subarray(0, length) ?? null,
    tally: null,
  }
}

/** The calls of a sequence that settings let be read, and where each stands in it; null where all are read. */
export function processCalls(
  settings: Pick<FeatureSettings, 'process'>,
  { sequence, places }: Trace,
): { readonly tokens: Uint32Array; readonly at: Uint32Array | null } {
  const tokens = sequence ?? new Uint32Array(0)
  const processes = places?.process
  if (settings.process === 'merged' || !processes) return { tokens, at: null }
  const calls = new Map<number, number>()
  for (const process of processes) calls.set(process, (calls.get(process) ?? 0) + 1)
  // Of processes with as many calls, the one that the report names first.
  const [main] = [...calls].reduce((a, b) => (b[1] > a[1] || (b[1] === a[1] && b[0] < a[0]) ? b : a), [0, 0])
  const at = Uint32Array.from(tokens.keys()).filter((i) => processes[i] === main)
  return { tokens: at.map((i) => tokens[i]), at }
}

function readTally(trace: Trace, kind: Kind, ids: Uint32Array, size: number): NonNullable<Seen['tally']> {
  const { tokens, counts } = trace.tally
  const totals = new Float64Array(size)
  for (let i = 0; i < tokens.length; i++) {
    const id = ids[tokens[i]]
    // Two spellings of one name add up.
    if (id !== DROPPED) totals[id] += counts ? counts[i] : 1
  }
  let distinct = 0
  for (let id = 0; id < size; id++) if (totals[id] > 0) distinct++
  const seen = { tokens: new Uint32Array(distinct), counts: new Float64Array(distinct) }
  for (let id = 0, at = 0; id < size; id++) {
    if (!(totals[id] > 0)) continue
    seen.tokens[at] = id
    seen.counts[at++] = kind === 'set' ? 1 : totals[id]
  }
  return seen
}

/** The kind at which one encoder can look at all of these traces: the least knowing of theirs and of the settings'. */
export function commonKind(settings: FeatureSettings, traces: readonly Trace[]): Kind {
  let least: Kind = settings.kind
  for (const { kind } of traces) if (knowsLess(kind, least)) least = kind
  return least
}
