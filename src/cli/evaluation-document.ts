import type { Comparison, Evaluation, EvaluationResult, Interval } from '../evaluation/index.ts'
import type { Block, Cell, CellColumn } from './document.ts'
import { comparisonLine, evaluationNotes } from './evaluation-notes.ts'
import { count, DASH, figure, halfOf, percent, secondsText } from './figure-text.ts'
import { wholeText } from './number-text.ts'
import { printable } from './printable.ts'

/** Where the classes of all recipes would take more lines than this, a terminal shows their F1 alone. */
const MAX_CLASS_LINES = 40

/**
 * An evaluation for people: for each question that was put to recipes one table of them all, then what else is known of
 * each, then their classes, then what to know. @param isWhole whether every class is shown in full, however many there are
 */
export function evaluationDocument({ results, comparisons }: Evaluation, isWhole: boolean): Block[] {
  const questions = new Map<string, EvaluationResult[]>()
  for (const result of results) {
    const key = `${result.view} ${result.target}`
    questions.set(key, [...(questions.get(key) ?? []), result])
  }
  return [...questions.values()].flatMap((asked) => {
    const compared = comparisons.filter(({ view }) => view === asked[0].view)
    return questionBlocks(asked, compared, isWhole)
  })
}

function questionBlocks(
  asked: readonly EvaluationResult[],
  compared: readonly Comparison[],
  isWhole: boolean,
): Block[] {
  const classLines = asked.reduce((sum, { classes }) => sum + classes.length + 2, 0)
  const isShort = !isWhole && asked.length > 1 && classLines > MAX_CLASS_LINES
  const more = isShort ? ['With --details: precision and recall of each class as well.'] : []
  return [
    { is: 'title', text: heading(asked[0]) },
    overview(asked),
    ...furtherFigures(asked),
    surestAnswers(asked),
    ...(isShort ? [classesTable(asked)] : asked.map(classTable)),
    { is: 'lines', lines: compared.map((each) => comparisonLine(each, asked[0].rows)) },
    { is: 'notes', lines: [...more, ...evaluationNotes(asked)] },
  ]
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

const right = (title: string, long?: string): CellColumn => ({
  title,
  align: 'right',
  ...(long === undefined ? {} : { long }),
})

const plain = (text: string): Cell => ({ text })

function bounded(value: number | null, interval: Interval | null): Cell {
  return value === null ? plain(DASH) : { text: figure(value), half: halfOf(interval) }
}

/** The columns of the overview that have a figure and an interval. */
const FIGURES = [
  ['accuracy', right('accuracy')],
  ['weightedPrecision', right('weighted P', 'weighted precision')],
  ['weightedRecall', right('R', 'weighted recall')],
  ['weightedF1', right('F1', 'weighted F1')],
  ['macroPrecision', right('macro P', 'macro precision')],
  ['macroRecall', right('R', 'macro recall')],
  ['macroF1', right('F1', 'macro F1')],
] as const

/** One line a recipe, so that they can be compared at a glance. */
function overview(results: readonly EvaluationResult[]): Block {
  const isTimed = results.some(({ seconds }) => seconds !== null)
  const times = ({ seconds }: EvaluationResult) =>
    seconds
      ? [plain(secondsText(seconds.perTraining)), plain(secondsText(seconds.per1000Rows))]
      : [plain(DASH), plain(DASH)]
  return {
    is: 'table',
    halvesBelow: true,
    columns: [
      { title: 'recipe' },
      ...FIGURES.map(([, column]) => column),
      ...(isTimed ? [right('training', 'one training'), right('1,000 rows', 'scoring 1,000 rows')] : []),
    ],
    rows: results.map((result) => [
      plain(printable(result.recipe)),
      ...FIGURES.map(([name]) => bounded(result[name], result.intervals[name])),
      ...(isTimed ? times(result) : []),
    ]),
  }
}

/** What only some evaluations have: two classes, several seeds, a prior, a held-out test, a random split. */
function furtherFigures(results: readonly EvaluationResult[]): Block[] {
  const [first] = results
  const [random, seeds, heldOut, prior] = [first.randomSplit, first.sd, first.test, first.prior]
  const binary = first.classes.length === 2
  const rates = first.tpr.flatMap((_, i) =>
    results.some((each) => each.tpr[i].truePositiveRate !== null) ? i : [],
  )
  const columns = [
    ...(binary ? [right('ROC AUC')] : []),
    ...rates.map((i) => right(`TPR at ${percent(first.tpr[i].falsePositiveRate)} FPR`)),
    ...(seeds ? [right('sd over seeds', 'sd of accuracy over seeds')] : []),
    ...(prior ? [right(`precision at ${percent(prior.share)} malware`)] : []),
    ...(heldOut ? [right('unseen: accuracy'), right('unseen: macro F1')] : []),
    ...(random ? [right('random split', 'accuracy of a random split')] : []),
  ]
  if (columns.length === 0) return []
  const rows = results.map((result) => [
    plain(printable(result.recipe)),
    ...(binary ? [bounded(result.auc, result.intervals.auc)] : []),
    ...rates.map((i) => bounded(result.tpr[i].truePositiveRate, result.tpr[i].interval)),
    ...(seeds ? [plain(figure(result.sd?.accuracy ?? null))] : []),
    ...(prior ? [bounded(result.prior?.precision ?? null, result.prior?.precisionInterval ?? null)] : []),
    ...(heldOut ? unseenCells(result) : []),
    ...(random ? [{ text: figure(result.randomSplit?.accuracy ?? null), isAside: true }] : []),
  ])
  return [{ is: 'table', columns: [{ title: 'recipe' }, ...columns], rows }]
}

function unseenCells({ test }: EvaluationResult): Cell[] {
  const unseen = test?.unseen
  if (!unseen) return [plain(DASH), plain(DASH)]
  return [
    bounded(unseen.accuracy, unseen.intervals.accuracy),
    bounded(unseen.macroF1, unseen.intervals.macroF1),
  ]
}

/** What the answers of each recipe are worth where it says nothing of the least sure rows. */
function surestAnswers(results: readonly EvaluationResult[]): Block {
  const { atError, atCoverage } = results[0].selective
  return {
    is: 'table',
    columns: [
      { title: 'silent where least sure' },
      ...atError.map(({ errorRate }, i) =>
        right(
          i === 0 ? `errors ≤ ${percent(errorRate)}` : `≤ ${percent(errorRate)}`,
          `answered with errors ≤ ${percent(errorRate)}`,
        ),
      ),
      ...atCoverage.map(({ coverage }, i) =>
        right(
          i === 0 ? `surest ${percent(coverage)}` : percent(coverage),
          `accuracy on the surest ${percent(coverage)}`,
        ),
      ),
      right('risk area'),
    ],
    rows: results.map(({ recipe, selective }) => [
      plain(printable(recipe)),
      ...selective.atError.map(({ coverage }) => plain(percent(coverage))),
      ...selective.atCoverage.map(({ accuracy }) => plain(figure(accuracy))),
      plain(figure(selective.riskArea)),
    ]),
  }
}

function classTable({ recipe, classes, intervals }: EvaluationResult): Block {
  return {
    is: 'table',
    columns: [
      { title: printable(recipe) },
      ...['precision', 'recall', 'F1', 'rows'].map((title) => right(title)),
    ],
    rows: classes.map(({ name, precision, recall, f1, support }, i) => [
      plain(printable(name, 40)),
      bounded(precision, intervals.classes[i].precision),
      bounded(recall, intervals.classes[i].recall),
      bounded(f1, intervals.classes[i].f1),
      plain(wholeText(support)),
    ]),
  }
}

/** The F1 of every class by recipe. */
function classesTable(results: readonly EvaluationResult[]): Block {
  const support = new Map(results.flatMap(({ classes }) => classes.map((each) => [each.name, each.support])))
  return {
    is: 'table',
    columns: [
      { title: 'F1 by class' },
      ...results.map(({ recipe }) => right(printable(recipe))),
      right('rows'),
    ],
    rows: Array.from(support, ([name, rows]) => [
      plain(printable(name, 40)),
      ...results.map(({ classes }) => plain(figure(classes.find((each) => each.name === name)?.f1 ?? null))),
      plain(wholeText(rows)),
    ]),
  }
}
