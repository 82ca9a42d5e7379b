import { stratifiedGroupFolds } from '../corpus/index.ts'
import { type CountedRows, encodeRows, fitColumns } from '../features/index.ts'
import { type Calibration, fitCalibration, plainCalibration } from './calibration.ts'
import type { FitSettings } from './classifier-kind.ts'
import { findClassifier } from './classifiers.ts'
import { type FitJobs, shareMatrix } from './fit-jobs.ts'
import { meanLogLoss } from './log-loss.ts'
import type { Recipe } from './recipe.ts'

/** Rows to learn from and rows to try on, by their numbers. */
export interface InnerFold {
  readonly train: Uint32Array
  readonly test: Uint32Array
}

/** As many folds as asked for, or as there are groups; none where only one group or one class is. */
export function innerFolds(
  y: Uint32Array,
  groups: readonly string[],
  wanted: number,
  seed: number,
): InnerFold[] {
  const folds = Math.min(wanted, new Set(groups).size)
  if (folds < 2 || new Set(y).size < 2) return []
  // Another seed than the outer folds': with the same one, inner and outer splits would be made of the same draws.
  const foldOf = stratifiedGroupFolds(y, groups, folds, (seed + 1) * 7919)
  const rows = Uint32Array.from(y.keys())
  return Array.from({ length: folds }, (_, fold) => ({
    train: rows.filter((row) => foldOf[row] !== fold),
    test: rows.filter((row) => foldOf[row] === fold),
  }))
}

/** What was chosen from a recipe's grid. */
export interface Choice {
  readonly value: number
  /** Mean log loss of each value that was tried, in the grid's order. */
  readonly scores: readonly number[]
  readonly calibration: Calibration
  /** The rows that were tried on, ascending; none where nothing could be tried. */
  readonly tested: Uint32Array
  /** Decisions of the chosen value on them, which it had not seen, [tested, classes]. */
  readonly decisions: Float64Array
}

/** The settings of one fit of a recipe. */
export function fitSettings({ model }: Recipe, value: number, seed: number): FitSettings {
  return { value, tolerance: model.tolerance, balanced: model.balanced, seed, own: model.own }
}

/**
 * Tries the values of the grid in order on the inner folds until one is no better than the one before it, which is taken.
 * Where one training passes through all values, the best of all is taken.
 * @param folds of numbers of counted rows @param y class of each counted row
 */
export async function chooseValue(
  recipe: Recipe,
  counted: CountedRows,
  y: Uint32Array,
  classes: number,
  folds: readonly InnerFold[],
  seed: number,
  jobs: FitJobs,
): Promise<Choice> {
  const { grid, type, own } = recipe.model
  const { plainSlope, calibration: how, path } = findClassifier(type) ?? {}
  const none: Choice = {
    value: path ? grid[grid.length - 1] : grid[Math.floor(grid.length / 2)],
    scores: [],
    calibration: plainCalibration(classes, plainSlope, how),
    tested: new Uint32Array(0),
    decisions: new Float64Array(0),
  }
  const tried = path ? folds.slice(0, path.folds(own)) : folds
  if (tried.length === 0) return none
  const rows = triedRows(recipe, counted, y, classes, tried)
  const judge = (value: number, decisions: Float64Array): Omit<Choice, 'scores'> & { score: number } => {
    const calibration = fitCalibration(decisions, rows.yTested, classes, how)
    const score = meanLogLoss(calibration, decisions, rows.yTested, classes)
    return { value, calibration, tested: rows.tested, decisions, score }
  }
  const settings = (value: number) => fitSettings(recipe, value, seed)
  if (path) {
    const values = [...grid].sort((a, b) => a - b)
    const decided = await Promise.all(
      rows.folds.map(({ x, y, xTest, yTest }) =>
        jobs.decide(x, y, settings(values[values.length - 1]), { values, x: xTest, y: yTest }),
      ),
    )
    const judged = values.map((value, v) => {
      const ofFold = (fold: number) => {
        const size = rows.folds[fold].yTest.length * classes
        return decided[fold].subarray(v * size, (v + 1) * size)
      }
      return judge(value, rows.gather(rows.folds.map((_, fold) => ofFold(fold))))
    })
    const best = judged.reduce((a, b) => (b.score < a.score ? b : a))
    return { ...withoutScore(best), scores: judged.map(({ score }) => score) }
  }
  let best: Omit<Choice, 'scores'> = none
  const scores: number[] = []
  for (const value of grid) {
    const models = await Promise.all(rows.folds.map(({ x, y }) => jobs.fit(x, y, settings(value))))
    const found = judge(value, rows.gather(models.map((model, fold) => model.decide(rows.folds[fold].xTest))))
    const isBetter = scores.length === 0 || found.score < scores[scores.length - 1]
    scores.push(found.score)
    // The loss falls and then rises along a grid, and the fits that follow cost most.
    if (!isBetter) break
    best = withoutScore(found)
  }
  jobs.skip((grid.length - scores.length) * folds.length)
  return { ...best, scores }
}

function withoutScore({
  value,
  calibration,
  tested,
  decisions,
}: Omit<Choice, 'scores'>): Omit<Choice, 'scores'> {
  return { value, calibration, tested, decisions }
}

/** The folds as matrices, and how what is decided on them is put together. */
function triedRows(
  recipe: Recipe,
  counted: CountedRows,
  y: Uint32Array,
  classes: number,
  folds: readonly InnerFold[],
) {
  const classesOf = (rows: Uint32Array) => Uint32Array.from(rows, (row) => y[row])
  const prepared = folds.map(({ train, test }) => {
    const columns = fitColumns(recipe.features, counted, train, y, classes)
    return {
      x: shareMatrix(encodeRows(columns, counted.counts, train)),
      y: classesOf(train),
      xTest: encodeRows(columns, counted.counts, test),
      yTest: classesOf(test),
    }
  })
  const tested = Uint32Array.from(folds.flatMap(({ test }) => [...test])).sort()
  const places = new Map(Array.from(tested, (row, place) => [row, place]))
  return {
    folds: prepared,
    tested,
    yTested: classesOf(tested),
    /** Decisions of all folds, [tested, classes]. */
    gather(ofFolds: readonly Float64Array[]): Float64Array {
      const decisions = new Float64Array(tested.length * classes)
      folds.forEach(({ test }, fold) => {
        test.forEach((row, i) => {
          const own = ofFolds[fold].subarray(i * classes, (i + 1) * classes)
          decisions.set(own, places.get(row)! * classes)
        })
      })
      return decisions
    },
  }
}
