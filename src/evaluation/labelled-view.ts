import { UsageError } from '../core/index.ts'
import type { Row } from '../corpus/index.ts'
import { commonKind, type FeatureSettings, groupOf } from '../features/index.ts'
import type { Recipe } from '../models/index.ts'
import { KINDS, type Kind, knowsLess, type Label, type Trace, VIEWS, type View } from '../samples/index.ts'

/** Labelled rows in a stated order, read anew at each call: a corpus, or what a test makes up. */
export interface RowSource {
  /** @param view only the rows of this view, when given */
  rows(view?: View): AsyncIterable<Row>
}

/** What is known of the rows of one view of a corpus, in the corpus's stated order, without their tokens. */
export interface LabelledView {
  readonly view: View
  readonly labels: readonly Label[]
  /** 1 for each row without a single token. */
  readonly empty: Uint8Array
  /** The first trace of each kind that occurs, from the kind that knows most. */
  readonly examples: readonly Trace[]
  /** Every dialect that occurs, sorted. */
  readonly dialects: readonly string[]
}

/** The views of a corpus, `opcodes` before `calls`; one pass over it. */
export async function labelledViews(corpus: RowSource, signal?: AbortSignal): Promise<LabelledView[]> {
  const found = new Map<
    View,
    { labels: Label[]; empty: number[]; kinds: Map<Kind, Trace>; dialects: Set<string> }
  >()
  for await (const { trace, label } of corpus.rows()) {
    signal?.throwIfAborted()
    let view = found.get(trace.view)
    if (!view) {
      view = { labels: [], empty: [], kinds: new Map(), dialects: new Set() }
      found.set(trace.view, view)
    }
    view.labels.push(label)
    view.empty.push(trace.tally.tokens.length === 0 ? 1 : 0)
    view.dialects.add(trace.dialect)
    if (!view.kinds.has(trace.kind)) view.kinds.set(trace.kind, trace)
  }
  return VIEWS.flatMap((view) => {
    const known = found.get(view)
    if (!known) return []
    const { labels, kinds, dialects } = known
    const empty = Uint8Array.from(known.empty)
    const examples = KINDS.flatMap((kind) => kinds.get(kind) ?? [])
    return [{ view, labels, empty, examples, dialects: [...dialects].sort() }]
  })
}

/**
 * The one view that is asked for, or that there is, on which all of some recipes work.
 * @throws UsageError where there are two or none
 */
export function chooseView(
  recipes: readonly Recipe[],
  views: readonly LabelledView[],
  wanted: View | null,
): LabelledView {
  const fitting = views.filter(
    ({ view }) =>
      (wanted === null || wanted === view) &&
      recipes.every((recipe) => recipe.view === 'any' || recipe.view === view),
  )
  if (fitting.length === 1) return fitting[0]
  if (fitting.length > 1) throw new UsageError('corpus: has opcodes and calls, say which view to take')
  const asked = wanted ?? recipes.map(({ view }) => view).join(' and ')
  const who = `recipe${recipes.length > 1 ? 's' : ''} ${recipes.map(({ name }) => name).join(', ')}`
  throw new UsageError(`${who}: works on ${asked}, and the corpus has no rows of it`)
}

/**
 * The traces of one view, in the corpus's stated order, without their places: those take more room than the tokens. Their
 * processes are kept where settings read one of them only.
 */
export async function readTraces(
  corpus: RowSource,
  view: View,
  signal?: AbortSignal,
  process: FeatureSettings['process'] = 'merged',
): Promise<Trace[]> {
  const traces: Trace[] = []
  for await (const { trace } of corpus.rows(view)) {
    signal?.throwIfAborted()
    const processes = process === 'main' ? (trace.places?.process ?? null) : null
    const places = processes && { process: processes, call: null, time: null, address: null }
    traces.push({ ...trace, places })
  }
  return traces
}

/**
 * The group of every row of a view for each of several feature settings: rows that look the same to a recipe share one.
 * One pass over the corpus. @param kind of the rows that a recipe learns from, to which others are reduced
 */
export async function readGroups(
  corpus: RowSource,
  view: View,
  settings: readonly { readonly features: FeatureSettings; readonly kind: Kind }[],
  signal?: AbortSignal,
): Promise<string[][]> {
  const groups = settings.map(() => [] as string[])
  for await (const { trace } of corpus.rows(view)) {
    signal?.throwIfAborted()
    settings.forEach(({ features, kind }, i) => {
      groups[i].push(groupOf(features, trace, kind))
    })
  }
  return groups
}

/** The kind at which a recipe looks at the rows of a view. @throws UsageError where it refuses one of their kinds */
export function recipeKind(recipe: Recipe, view: LabelledView): Kind {
  for (const { kind } of view.examples) {
    if (recipe.kinds.includes(kind)) continue
    throw new UsageError(
      `recipe ${recipe.name}: takes ${recipe.kinds.join(' and ')} traces, the corpus has ${kind} traces of ${view.view}`,
    )
  }
  return commonKind(recipe.features, view.examples)
}

/**
 * The recipe, held to one kind: the rows of one training part may all know more than those that it is tested on, and
 * groups are made at the kind that all of them have.
 */
export function recipeAtKind(recipe: Recipe, kind: Kind): Recipe {
  return { ...recipe, features: { ...recipe.features, kind } }
}

/**
 * Checks that a recipe can look at held-out rows as it does at those it learned from.
 * @throws UsageError where one of them knows less than `kind`
 */
export function checkHeldOutKinds(recipe: Recipe, view: LabelledView, kind: Kind): void {
  recipeKind(recipe, view)
  for (const { kind: tested } of view.examples) {
    if (!knowsLess(tested, kind)) continue
    throw new UsageError(
      `held-out corpus: it has ${tested} traces of ${view.view}, and recipe ${recipe.name} learns from ${kind} traces here`,
    )
  }
}
