import type { Comparison, Difference, Evaluation, EvaluationResult, Interval } from '../evaluation/index.ts'
import { wholeText } from './number-text.ts'
import { printable } from './printable.ts'
import { styled, table } from './table.ts'

/** An evaluation for people: one table for each question that was put to recipes, then their classes, then what to know. */
export function evaluationTable({ results, comparisons }: Evaluation, colour: boolean): string {
  const questions = new Map<string, EvaluationResult[]>()
  for (const result of results) {
    const key = `${result.view} ${result.target}`
    questions.set(key, [...(questions.get(key) ?? []), result])
  }
  const parts = [...questions.values()].map((asked) => {
    const compared = comparisons.filter(({ view }) => view === asked[0].view)
    return [
      styled(heading(asked[0]), 'bold', colour),
      overview(asked, colour),
      ...asked.map((result) => classTable(result, colour)),
      compared.map((each) => comparisonLine(each, asked[0].rows)).join('\n'),
      notes(asked)
        .map((note) => styled(note, 'dim', colour))
        .join('\n'),
    ]
      .filter((part) => part !== '')
      .map((part) => part.trimEnd())
      .join('\n\n')
  })
  return `${parts.join('\n\n\n')}\n`
}

function heading({ view, target, folds, seeds, rows, groups, distinct, test }: EvaluationResult): string {
  const asked = target === 'malicious' ? 'malicious or benign' : `which ${target}`
  const how = test
    ? `learned from ${count(test.training.rows, 'row')}, tested on another corpus`
    : `${folds} folds, no input on both sides${seeds.length > 1 ? `, ${seeds.length} seeds` : ''}`
  const what = distinct
    ? `${count(rows, 'distinct input')}`
    : `${count(rows, 'row')}, ${wholeText(groups)} distinct`
  return `${asked}, by ${view}: ${what}; ${how}`
}

function overview(results: readonly EvaluationResult[], colour: boolean): string {
  const [first] = results
  const [random, seeds, heldOut, prior] = [first.randomSplit, first.sd, first.test, first.prior]
  const binary = first.classes.length === 2
  const rates = first.tpr.flatMap((_, i) =>
    results.some((each) => each.tpr[i].truePositiveRate !== null) ? i : [],
  )
  const right = (title: string) => ({ title, align: 'right' as const })
  const columns = [
    { title: 'recipe' },
    right('accuracy'),
    right('weighted F1'),
    right('macro F1'),
    ...(seeds ? [right('sd over seeds')] : []),
    ...(binary ? [right('ROC AUC')] : []),
    ...rates.map((i) => right(`TPR at ${percent(first.tpr[i].falsePositiveRate)} FPR`)),
    ...(prior ? [right(`precision at ${percent(prior.share)} malware`)] : []),
    ...(heldOut ? [right('unseen: accuracy'), right('unseen: macro F1')] : []),
    ...(random ? [right('random split')] : []),
  ]
  const lines = results.map((result) => [
    printable(result.recipe),
    within(result.accuracy, result.intervals.accuracy),
    within(result.weightedF1, result.intervals.weightedF1),
    within(result.macroF1, result.intervals.macroF1),
    ...(seeds ? [result.sd ? figure(result.sd.accuracy) : DASH] : []),
    ...(binary ? [within(result.auc, result.intervals.auc)] : []),
    ...rates.map((i) => within(result.tpr[i].truePositiveRate, result.tpr[i].interval)),
    ...(prior ? [within(result.prior?.precision ?? null, result.prior?.precisionInterval ?? null)] : []),
    ...(heldOut ? unseenCells(result) : []),
    ...(random ? [styled(figure(result.randomSplit?.accuracy ?? null), 'dim', colour)] : []),
  ])
  return table(columns, lines, colour)
}

function unseenCells({ test }: EvaluationResult): string[] {
  const unseen = test?.unseen
  if (!unseen) return [DASH, DASH]
  return [
    within(unseen.accuracy, unseen.intervals.accuracy),
    within(unseen.macroF1, unseen.intervals.macroF1),
  ]
}

function classTable({ recipe, classes, intervals }: EvaluationResult, colour: boolean): string {
  const columns = [
    { title: printable(recipe) },
    ...['precision', 'recall', 'F1', 'rows'].map((title) => ({ title, align: 'right' as const })),
  ]
  const lines = classes.map(({ name, precision, recall, f1, support }, i) => [
    printable(name, 40),
    within(precision, intervals.classes[i].precision),
    within(recall, intervals.classes[i].recall),
    within(f1, intervals.classes[i].f1),
    wholeText(support),
  ])
  return table(columns, lines, colour)
}

/** One comparison as a sentence. @param all rows of the recipe compared with */
export function comparisonLine({ first, second, rows, accuracy, macroF1 }: Comparison, all: number): string {
  const on = rows === all ? '' : `; on the ${count(rows, 'row')} that both answered`
  return `${printable(second)} against ${printable(first)}: accuracy ${difference(accuracy)}; macro F1 ${difference(macroF1)}${on}`
}

function difference({ difference: value, interval, p }: Difference): string {
  const range = interval ? ` (${signed(interval[0])} to ${signed(interval[1])})` : ''
  return `${signed(value)}${range}, p ${p < 0.001 ? '< .001' : `= ${figure(p)}`}`
}

function notes(results: readonly EvaluationResult[]): string[] {
  const [first] = results
  const left = results.find((result) => leftOutNotes(result).length > 0)
  return [
    '± is half the 95 % interval by bootstrap over distinct inputs.',
    ...kindNotes(first),
    ...duplicateNotes(first),
    ...comparisonNotes(first),
    ...rateNotes(results),
    ...results.flatMap(probabilityNotes),
    ...(left ? leftOutNotes(left) : []),
  ]
}

/** One row that knows little takes what the others know from a recipe: who imported it by mistake should see that. */
function kindNotes({ kinds }: EvaluationResult): string[] {
  if (kinds.length < 2) return []
  return [
    `Kinds of trace are mixed (${kinds.join(', ')}): no recipe looks at more of any than of a ${kinds.at(-1)}.`,
  ]
}

function duplicateNotes({ duplicates, clashingGroups }: EvaluationResult): string[] {
  if (duplicates === 0) return []
  const clashes = clashingGroups > 0 ? `; inputs with clashing labels: ${wholeText(clashingGroups)}` : ''
  return [`Rows that repeat the input of another, as the recipe sees it: ${wholeText(duplicates)}${clashes}.`]
}

function comparisonNotes({ randomSplit, test, prior }: EvaluationResult): string[] {
  const found: string[] = []
  if (randomSplit?.sameAsGrouped)
    found.push('No two rows look the same, so a random split is the same thing.')
  if (randomSplit && !randomSplit.sameAsGrouped) {
    found.push('Random split: accuracy where folds may test on an input that was learned. It flatters.')
  }
  if (test)
    found.push(`Test rows whose input was learned: ${wholeText(test.seen)}; "unseen" leaves them out.`)
  if (prior) {
    const meant = prior.probabilities.map(
      ({ stated, meaning }) => `${figure(stated)} means ${figure(meaning)}`,
    )
    found.push(`Where ${percent(prior.share)} of samples are malware, a probability of ${meant.join(', ')}.`)
  }
  return found
}

function rateNotes([{ tpr, classes }]: readonly EvaluationResult[]): string[] {
  const rates = tpr.filter(({ truePositiveRate }) => truePositiveRate === null)
  if (rates.length === 0) return []
  const which = rates.map(({ falsePositiveRate }) => percent(falsePositiveRate)).join(' and ')
  const negatives = count(classes[0].support, `${printable(classes[0].name)} row`)
  return [`TPR at ${which} FPR: not estimable, fewer than ten of ${negatives} lie at that rate.`]
}

/** From this on, calibration moves so many rows across one half that it must be said. */
const NOTABLE_SHIFT = 0.005

function probabilityNotes({ recipe, accuracy, byProbability }: EvaluationResult): string[] {
  if (Math.abs(accuracy - byProbability.accuracy) < NOTABLE_SHIFT) return []
  return [
    `${printable(recipe)}, answering with the most probable class: accuracy ${figure(byProbability.accuracy)}.`,
  ]
}

/** What to know of rows that took no part. */
export function leftOutNotes({
  leftOut,
  folds,
  target,
}: Pick<EvaluationResult, 'leftOut' | 'folds' | 'target'>): string[] {
  const { unlabelled, empty, rare, repeated, tiedGroups, tiedRows } = leftOut
  const found: string[] = []
  if (unlabelled > 0) found.push(`Left out: ${count(unlabelled, 'row')} without a label for ${target}.`)
  if (empty > 0) found.push(`Left out: ${count(empty, 'row')} without a single token.`)
  if (rare.length > 0) {
    const names = rare.map(({ name, rows }) => `${printable(name, 40)} ${wholeText(rows)}`).join(', ')
    const why =
      folds === null ? 'that were never learned' : `with fewer distinct inputs than the ${folds} folds`
    found.push(`Left out: classes ${why} (their rows: ${names}).`)
  }
  if (repeated > 0) found.push(`Left out: ${count(repeated, 'row')}, of an input that another row has.`)
  if (tiedGroups > 0) {
    found.push(
      `Left out: ${count(tiedGroups, 'input')} (${count(tiedRows, 'row')}) whose labels clash evenly.`,
    )
  }
  return found
}

const DASH = '–'

/** A figure with half its interval, `.947 ± .012`; a dash where there is none. */
export function within(value: number | null, interval: Interval | null): string {
  if (value === null) return DASH
  return interval ? `${figure(value)} ± ${figure((interval[1] - interval[0]) / 2)}` : figure(value)
}

/** A share with three decimals, without the leading zero: `.947`. */
export function figure(value: number | null): string {
  return value === null ? DASH : value.toFixed(3).replace(/^(-?)0\./, '$1.')
}

function signed(value: number): string {
  const text = figure(Math.abs(value))
  return text === '.000' ? text : `${value < 0 ? '−' : '+'}${text}`
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`
}

function count(value: number, what: string): string {
  return `${wholeText(value)} ${what}${value === 1 ? '' : 's'}`
}
