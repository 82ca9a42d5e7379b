import { type Card, NEVER_SURE, type Trained } from '../models/index.ts'
import { wholeText } from './number-text.ts'
import { printable } from './printable.ts'
import { styled } from './table.ts'

/** Where a model file lies and what it is. */
export interface ModelFile {
  readonly path: string
  readonly sha256: string
}

/** What is to be known of a model, for people. */
export function cardText(trained: Trained, file: ModelFile, colour: boolean): string {
  const { card, recipe, encoder } = trained
  const lines: [string, string][] = [
    ['model', `${printable(card.name)}, recipe ${printable(recipe.name)} (${printable(recipe.model.type)})`],
    ['file', printable(file.path)],
    ['sha256', file.sha256],
    [
      'classes',
      card.classes.map((name, i) => `${printable(name, 40)} ${wholeText(card.rowsPerClass[i])}`).join(', '),
    ],
    ['learned from', `${wholeText(card.rows)} rows, ${wholeText(card.groups)} distinct, of ${card.view}`],
    [
      'kinds',
      `${card.kinds.join(', ')}; written by ${card.dialects.map((name) => printable(name, 40)).join(', ')}`,
    ],
    ['corpus', card.corpus ?? 'not stated'],
    ['features', wholeText(encoder.names.length)],
    ['chosen', `${card.chosen.value} of ${card.chosen.grid.join(', ')}; seed ${card.seed}`],
    ...lossLines(trained),
    ['source', card.source === null ? 'not stated' : printable(card.source, 500)],
    ['licence', card.licence === null ? 'not stated' : printable(card.licence, 500)],
    ...figureLines(card),
    ...abstentionLines(card),
  ]
  const width = Math.max(...lines.map(([title]) => title.length))
  return lines.map(([title, text]) => `${styled(title.padEnd(width), 'bold', colour)}  ${text}\n`).join('')
}

const BARS = '▁▂▃▄▅▆▇█'
/** Bars that fit a line; of longer curves every so many epochs one. */
const MOST_BARS = 40

/** The curve of a training in epochs, and what rows that it did not learn from said of each value of the grid. */
function lossLines({ model, card }: Trained): [string, string][] {
  const { losses } = model
  if (!losses || losses.length === 0) return []
  const [first, last] = [losses[0], losses[losses.length - 1]]
  const every = Math.ceil(losses.length / MOST_BARS)
  const shown = losses.filter((_, epoch) => epoch % every === 0)
  const most = Math.max(...shown)
  const bars = Array.from(shown, (loss) => BARS[Math.min(7, Math.floor((8 * loss) / most))])
  const heldOut = card.chosen.scores.map((score) => score.toFixed(3)).join(', ')
  return [
    ['loss', `${first.toFixed(3)} ${bars.join('')} ${last.toFixed(3)} over ${losses.length} epochs`],
    ...(heldOut === ''
      ? []
      : [['held-out loss', `${heldOut}, in the order of the values`] as [string, string]]),
  ]
}

const FIGURES: readonly (readonly [name: string, title: string])[] = [
  ['accuracy', 'accuracy'],
  ['weightedF1', 'weighted F1'],
  ['macroF1', 'macro F1'],
  ['auc', 'ROC AUC'],
  ['tprAt0.01', 'TPR at 1 % FPR'],
  ['tprAt0.001', 'TPR at 0.1 % FPR'],
  ['brier', 'Brier score'],
  ['calibrationError', 'calibration error'],
]

function figureLines({ figures }: Card): [string, string][] {
  if (!figures) return [['figures', 'none: it was not evaluated']]
  const shown = FIGURES.flatMap(([name, title]): [string, string][] => {
    const value = figures[name]
    if (value === undefined || value === null) return []
    const [low, high] = [figures[`${name}Low`], figures[`${name}High`]]
    const range =
      typeof low !== 'number' || typeof high !== 'number'
        ? ''
        : `  (95 %: ${low.toFixed(3)} to ${high.toFixed(3)})`
    return [[title, `${value.toFixed(3)}${range}`]]
  })
  const how = `cross-validation, ${figures.folds} folds, no input on both sides, ${wholeText(figures.rows ?? 0)} rows`
  return [['figures', how], ...shown]
}

function abstentionLines({ abstention }: Card): [string, string][] {
  if (!abstention) return []
  const { minTokens, minKnown, benignBelow, maliciousAbove, minDecision, minProbability } = abstention
  const rules: string[] = []
  if (minTokens !== undefined) rules.push(`on fewer than ${minTokens} distinct tokens`)
  if (minKnown !== undefined) rules.push(`where it knows less than ${Math.round(minKnown * 100)} % of them`)
  if (minDecision !== undefined)
    rules.push(`where no class reaches a decision value of ${minDecision.toFixed(3)}`)
  else if (benignBelow !== undefined && maliciousAbove !== undefined) {
    rules.push(`at probabilities from ${benignBelow.toFixed(3)} to ${maliciousAbove.toFixed(3)}`)
  }
  if (minProbability === NEVER_SURE)
    rules.push('and of all else: no probability kept names as right as wanted')
  else if (minProbability !== undefined)
    rules.push(`where no class reaches a probability of ${minProbability.toFixed(3)}`)
  return [['says nothing', rules.join(', ')]]
}
