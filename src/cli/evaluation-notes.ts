import type { Comparison, Difference, EvaluationResult } from '../evaluation/index.ts'
import { count, figure, percent, signed } from './figure-text.ts'
import { wholeText } from './number-text.ts'
import { printable } from './printable.ts'

/** One comparison as a sentence. @param all rows of the recipe compared with */
export function comparisonLine({ first, second, rows, accuracy, macroF1 }: Comparison, all: number): string {
  const on = rows === all ? '' : `; on the ${count(rows, 'row')} that both answered`
  return `${printable(second)} against ${printable(first)}: accuracy ${difference(accuracy)}; macro F1 ${difference(macroF1)}${on}`
}

function difference({ difference: value, interval, p }: Difference): string {
  const range = interval ? ` (${signed(interval[0])} to ${signed(interval[1])})` : ''
  return `${signed(value)}${range}, p ${p < 0.001 ? '< .001' : `= ${figure(p)}`}`
}

/** What to know of the figures of recipes that answered one question. */
export function evaluationNotes(results: readonly EvaluationResult[]): string[] {
  const [first] = results
  const left = results.find((result) => leftOutNotes(result).length > 0)
  return [
    '± is half the 95 % interval by bootstrap over distinct inputs.',
    'P precision, R recall. Weighted: classes count by their rows, so that R is the accuracy; macro: all classes alike.',
    ...timeNotes(results),
    ...selectiveNotes(results),
    ...kindNotes(first),
    ...duplicateNotes(first),
    ...comparisonNotes(first),
    ...rateNotes(results),
    ...results.flatMap(probabilityNotes),
    ...(left ? leftOutNotes(left) : []),
  ]
}

function timeNotes(results: readonly EvaluationResult[]): string[] {
  const timed = results.find(({ seconds }) => seconds !== null)
  if (!timed?.seconds) return []
  const { trainings } = timed.seconds
  return [
    `Training: wall clock${trainings === 1 ? '' : `, mean of ${wholeText(trainings)}`}, choosing from the grid included, counting tokens not; 1,000 rows: to score them.`,
  ]
}

function selectiveNotes([{ selective }]: readonly EvaluationResult[]): string[] {
  const { errorRate } = selective.atError[1]
  const { coverage } = selective.atCoverage[1]
  return [
    `"errors ≤ ${percent(errorRate)}": how many rows can be answered so, if nothing is said of the least sure.`,
    `"surest ${percent(coverage)}": accuracy on these. Risk area: the mean error over all such shares.`,
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
