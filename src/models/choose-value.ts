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
  const { grid, type } = recipe.model
  const { plainSlope, calibration: how } = findClassifier(type) ?? {}
  let best: Choice = {
    value: grid[Math.floor(grid.length / 2)],
    scores: [],
    calibration: plainCalibration(classes, plainSlope, how),
    tested: new Uint32Array(0),
    decisions: new Float64Array(0),
  }
  if (folds.length === 0) return best
  const prepared = folds.map(({ train, test }) => {
    const columns = fitColumns(recipe.features, counted, train, y, classes)
    return {
      test,
      x: shareMatrix(encodeRows(columns, counted.counts, train)),
      y: Uint32Array.from(train, (row) => y[row]),
      xTest: encodeRows(columns, counted.counts, test),
    }
  })
  const tested = Uint32Array.from(folds.flatMap(({ test }) => [...test])).sort()
  const places = new Map(Array.from(tested, (row, place) => [row, place]))
  const yTested = tested.map((row) => y[row])
  const scores: number[] = []
  for (const value of grid) {
    const settings = fitSettings(recipe, value, seed)
    const decisions = new Float64Array(tested.length * classes)
    const models = await Promise.all(prepared.map((fold) => jobs.fit(fold.x, fold.y, settings)))
    prepared.forEach(({ test, xTest }, fold) => {
      const decided = models[fold].decide(xTest)
      test.forEach((row, i) => {
        decisions.set(decided.subarray(i * classes, (i + 1) * classes), places.get(row)! * classes)
      })
    })
    const calibration = fitCalibration(decisions, yTested, classes, how)
    const score = meanLogLoss(calibration, decisions, yTested, classes)
    const isBetter = scores.length === 0 || score < scores[scores.length - 1]
    scores.push(score)
    // The loss falls and then rises along a grid, and the fits that follow cost most.
    if (!isBetter) break
    best = { value, scores, calibration, tested, decisions }
  }
  jobs.skip((grid.length - scores.length) * folds.length)
  return { ...best, scores }
}
