import { describe, expect, it } from 'vitest'
import {
  type Comparison,
  type EvaluationResult,
  type Interval,
  OVERALL,
  type OverallFigures,
} from '../evaluation/index.ts'
import { evaluationCsv } from './evaluation-csv.ts'
import { evaluationTable } from './evaluation-table.ts'

const around = (value: number, half: number): Interval => [value - half, value + half]
const overall = <Value>(value: Value) =>
  Object.fromEntries(OVERALL.map((name) => [name, value])) as Record<keyof OverallFigures, Value>
const plain = overall<number>

/** A result with made-up figures. */
function result(given: Partial<EvaluationResult> = {}): EvaluationResult {
  const names = given.classes?.map(({ name }) => name) ?? ['benign', 'malicious']
  return {
    recipe: 'svm',
    view: 'calls',
    kinds: ['set'],
    kind: 'set',
    target: 'malicious',
    distinct: false,
    rows: 1950,
    groups: 1129,
    duplicates: 821,
    clashingGroups: 1,
    leftOut: { unlabelled: 0, empty: 0, rare: [], repeated: 0, tiedGroups: 0, tiedRows: 0 },
    folds: 5,
    seeds: [0],
    ...plain(0.9474),
    classes: names.map((name, i) => ({ name, precision: 0.9, recall: 1, f1: 0.9474, support: 1000 - i })),
    intervals: {
      ...overall(around(0.9474, 0.012)),
      auc: around(0.98, 0.01),
      classes: names.map((name) => ({
        name,
        precision: around(0.9, 0.02),
        recall: null,
        f1: around(0.9474, 0.02),
      })),
    },
    confusion: [
      [900, 100],
      [0, 999],
    ],
    auc: 0.98,
    tpr: [
      { falsePositiveRate: 0.01, truePositiveRate: 0.85, interval: around(0.85, 0.1) },
      { falsePositiveRate: 0.001, truePositiveRate: null, interval: null },
    ],
    brier: 0.04,
    calibrationError: 0.01,
    perSeed: [{ seed: 0, ...plain(0.9474) }],
    sd: null,
    selective: {
      atError: [
        { errorRate: 0.1, coverage: 1 },
        { errorRate: 0.05, coverage: 0.9814 },
        { errorRate: 0.01, coverage: 0 },
      ],
      atCoverage: [
        { coverage: 0.5, accuracy: 0.998 },
        { coverage: 0.8, accuracy: 0.9912 },
        { coverage: 0.9, accuracy: 0.985 },
      ],
      riskArea: 0.0123,
    },
    seconds: { trainings: 5, train: 61.5, perTraining: 12.3, per1000Rows: 0.0456 },
    byProbability: plain(0.9474),
    randomSplit: { ...plain(0.957), sameAsGrouped: false },
    prior: null,
    test: null,
    ...given,
  }
}

const compared: Comparison = {
  view: 'calls',
  first: 'svm',
  second: 'naive-bayes',
  rows: 1950,
  accuracy: { difference: -0.0474, interval: [-0.06, -0.03], p: 0.002 },
  weightedF1: { difference: -0.0474, interval: [-0.06, -0.03], p: 0.002 },
  macroF1: { difference: 0.0001, interval: [-0.01, 0.01], p: 1 },
}

describe('evaluationTable', () => {
  it('shows two recipes that tell malware', () => {
    const weak = result({ recipe: 'naive-bayes', ...plain(0.9), byProbability: plain(0.88) })
    expect(
      evaluationTable({ results: [result(), weak], comparisons: [compared] }, false),
    ).toMatchInlineSnapshot(`
      "malicious or benign, by calls: 1,950 rows, 1,129 distinct; 5 folds, no input on both sides

      recipe       accuracy  weighted P      R     F1  macro P      R     F1  training  1,000 rows
      svm              .947        .947   .947   .947     .947   .947   .947    12.3 s     45.6 ms
                      ±.012       ±.012  ±.012  ±.012    ±.012  ±.012  ±.012
      naive-bayes      .900        .900   .900   .900     .900   .900   .900    12.3 s     45.6 ms
                      ±.012       ±.012  ±.012  ±.012    ±.012  ±.012  ±.012

      recipe           ROC AUC  TPR at 1 % FPR  random split
      svm          .980 ± .010     .850 ± .100          .957
      naive-bayes  .980 ± .010     .850 ± .100          .957

      silent where least sure  errors ≤ 10 %   ≤ 5 %  ≤ 1 %  surest 50 %  80 %  90 %  risk area
      svm                              100 %  98.1 %    0 %         .998  .991  .985       .012
      naive-bayes                      100 %  98.1 %    0 %         .998  .991  .985       .012

      svm          precision  recall           F1   rows
      benign     .900 ± .020   1.000  .947 ± .020  1,000
      malicious  .900 ± .020   1.000  .947 ± .020    999

      naive-bayes    precision  recall           F1   rows
      benign       .900 ± .020   1.000  .947 ± .020  1,000
      malicious    .900 ± .020   1.000  .947 ± .020    999

      naive-bayes against svm: accuracy −.047 (−.060 to −.030), p = .002; macro F1 .000 (−.010 to +.010), p = 1.000

      ± is half the 95 % interval by bootstrap over distinct inputs.
      P precision, R recall. Weighted: classes count by their rows, so that R is the accuracy; macro: all classes alike.
      Training: wall clock, mean of 5, choosing from the grid included, counting tokens not; 1,000 rows: to score them.
      "errors ≤ 5 %": how many rows can be answered so, if nothing is said of the least sure.
      "surest 80 %": accuracy on these. Risk area: the mean error over all such shares.
      Rows that repeat the input of another, as the recipe sees it: 821; inputs with clashing labels: 1.
      Random split: accuracy where folds may test on an input that was learned. It flatters.
      TPR at 0.1 % FPR: not estimable, fewer than ten of 1,000 benign rows lie at that rate.
      naive-bayes, answering with the most probable class: accuracy .880.
      "
    `)
  })

  it('says so where rows that know little hold back the others', () => {
    const mixed = result({ kinds: ['sequence', 'set'], kind: 'set' })
    const text = evaluationTable({ results: [mixed], comparisons: [] }, false)
    expect(text).toContain(
      'Kinds of trace are mixed (sequence, set): no recipe looks at more of any than of a set.',
    )
    expect(evaluationTable({ results: [result()], comparisons: [] }, false)).not.toContain('mixed')
  })

  it('says so where recipes did not answer the same rows', () => {
    const table = evaluationTable({ results: [result()], comparisons: [{ ...compared, rows: 50 }] }, false)
    expect(table).toContain('p = 1.000; on the 50 rows that both answered\n')
  })

  it('shows families, seeds, and who was left out', () => {
    const classes = ['Gatak', 'Ramnit', 'evil\x1b[2J'].map((name) => ({
      name,
      precision: 1,
      recall: 0.5,
      f1: 0.6667,
      support: 1234,
    }))
    const families = result({
      view: 'opcodes',
      target: 'family',
      classes,
      auc: null,
      tpr: [],
      distinct: true,
      rows: 1129,
      duplicates: 0,
      clashingGroups: 0,
      seeds: [0, 1, 2],
      sd: plain(0.0042),
      randomSplit: { ...plain(0.9474), sameAsGrouped: true },
      leftOut: {
        unlabelled: 3,
        empty: 1,
        rare: [{ name: 'Simda', rows: 4 }],
        repeated: 821,
        tiedGroups: 2,
        tiedRows: 5,
      },
    })
    expect(evaluationTable({ results: [families], comparisons: [] }, false)).toMatchInlineSnapshot(`
      "which family, by opcodes: 1,129 distinct inputs; 5 folds, no input on both sides, 3 seeds

      recipe  accuracy  weighted P      R     F1  macro P      R     F1  training  1,000 rows
      svm         .947        .947   .947   .947     .947   .947   .947    12.3 s     45.6 ms
                 ±.012       ±.012  ±.012  ±.012    ±.012  ±.012  ±.012

      recipe  sd over seeds  random split
      svm              .004          .947

      silent where least sure  errors ≤ 10 %   ≤ 5 %  ≤ 1 %  surest 50 %  80 %  90 %  risk area
      svm                              100 %  98.1 %    0 %         .998  .991  .985       .012

      svm             precision  recall           F1   rows
      Gatak        1.000 ± .020    .500  .667 ± .020  1,234
      Ramnit       1.000 ± .020    .500  .667 ± .020  1,234
      evil\\x1b[2J  1.000 ± .020    .500  .667 ± .020  1,234

      ± is half the 95 % interval by bootstrap over distinct inputs.
      P precision, R recall. Weighted: classes count by their rows, so that R is the accuracy; macro: all classes alike.
      Training: wall clock, mean of 5, choosing from the grid included, counting tokens not; 1,000 rows: to score them.
      "errors ≤ 5 %": how many rows can be answered so, if nothing is said of the least sure.
      "surest 80 %": accuracy on these. Risk area: the mean error over all such shares.
      No two rows look the same, so a random split is the same thing.
      Left out: 3 rows without a label for family.
      Left out: 1 row without a single token.
      Left out: classes with fewer distinct inputs than the 5 folds (their rows: Simda 4).
      Left out: 821 rows, of an input that another row has.
      Left out: 2 inputs (5 rows) whose labels clash evenly.
      "
    `)
  })

  it('shows a held-out test and a prior', () => {
    const { intervals, ...figures } = result()
    const heldOut = result({
      folds: null,
      randomSplit: null,
      prior: {
        share: 0.01,
        precision: 0.4321,
        benignPrecision: 0.99,
        accuracy: 0.95,
        precisionInterval: around(0.4321, 0.1),
        probabilities: [
          { stated: 0.5, meaning: 0.01 },
          { stated: 0.99, meaning: 0.5 },
        ],
      },
      test: {
        training: { rows: 5000, groups: 4000, leftOut: figures.leftOut },
        seen: 120,
        unseen: { ...figures, intervals, ...plain(0.9) },
      },
    })
    expect(evaluationTable({ results: [heldOut], comparisons: [] }, false)).toMatchInlineSnapshot(`
      "malicious or benign, by calls: 1,950 rows, 1,129 distinct; learned from 5,000 rows, tested on another corpus

      recipe  accuracy  weighted P      R     F1  macro P      R     F1  training  1,000 rows
      svm         .947        .947   .947   .947     .947   .947   .947    12.3 s     45.6 ms
                 ±.012       ±.012  ±.012  ±.012    ±.012  ±.012  ±.012

      recipe      ROC AUC  TPR at 1 % FPR  precision at 1 % malware  unseen: accuracy  unseen: macro F1
      svm     .980 ± .010     .850 ± .100               .432 ± .100       .900 ± .012       .900 ± .012

      silent where least sure  errors ≤ 10 %   ≤ 5 %  ≤ 1 %  surest 50 %  80 %  90 %  risk area
      svm                              100 %  98.1 %    0 %         .998  .991  .985       .012

      svm          precision  recall           F1   rows
      benign     .900 ± .020   1.000  .947 ± .020  1,000
      malicious  .900 ± .020   1.000  .947 ± .020    999

      ± is half the 95 % interval by bootstrap over distinct inputs.
      P precision, R recall. Weighted: classes count by their rows, so that R is the accuracy; macro: all classes alike.
      Training: wall clock, mean of 5, choosing from the grid included, counting tokens not; 1,000 rows: to score them.
      "errors ≤ 5 %": how many rows can be answered so, if nothing is said of the least sure.
      "surest 80 %": accuracy on these. Risk area: the mean error over all such shares.
      Rows that repeat the input of another, as the recipe sees it: 821; inputs with clashing labels: 1.
      Test rows whose input was learned: 120; "unseen" leaves them out.
      Where 1 % of samples are malware, a probability of .500 means .010, .990 means .500.
      TPR at 0.1 % FPR: not estimable, fewer than ten of 1,000 benign rows lie at that rate.
      "
    `)
    const allSeen = result({ ...heldOut, test: { ...heldOut.test!, unseen: null } })
    expect(evaluationTable({ results: [allSeen], comparisons: [] }, false)).toMatch(/– {2,}–$/m)
  })
})

describe('evaluationTable of many classes', () => {
  const classes = Array.from({ length: 20 }, (_, i) => {
    return { name: `family${i}`, precision: 0.5, recall: 0.4, f1: 0.4444, support: 30 + i }
  })
  const many = ['hmm', 'svm'].map((recipe) =>
    result({ recipe, target: 'family', classes, tpr: [], auc: null }),
  )

  it('shows the F1 of each class by recipe, and all of it where asked to', () => {
    const short = evaluationTable({ results: many, comparisons: [] }, false)
    expect(short).toMatch(/^F1 by class +hmm +svm +rows$/m)
    expect(short).toMatch(/^family7 +\.444 +\.444 +37$/m)
    expect(short).toContain('With --details: precision and recall of each class as well.')
    expect(short).not.toMatch(/precision +recall +F1/)
    const whole = evaluationTable({ results: many, comparisons: [] }, false, true)
    expect(whole.match(/precision +recall +F1 +rows$/gm)).toHaveLength(2)
    expect(whole).not.toContain('--details')
  })

  it('leaves a dash where a recipe did not have a class, and shows a single recipe in full', () => {
    const fewer = { ...many[1], classes: classes.slice(1) }
    const short = evaluationTable({ results: [many[0], fewer], comparisons: [] }, false)
    expect(short).toMatch(/^family0 +\.444 +– +30$/m)
    expect(evaluationTable({ results: [many[0]], comparisons: [] }, false)).toMatch(/precision +recall +F1/)
  })

  it('has a hundred columns of room for seven recipes', () => {
    const recipes = ['cnn-lstm-plus', 'cnn', 'lstm', 'feedforward', 'hmm', 'svm', 'naive-bayes']
    const results = recipes.map((recipe) => ({ ...many[0], recipe }))
    const lines = evaluationTable({ results, comparisons: [] }, false).split('\n')
    const tables = lines.slice(
      1,
      lines.findIndex((line) => line.startsWith('With --details')),
    )
    expect(Math.max(...tables.map((line) => line.length))).toBeLessThanOrEqual(100)
  })

  it('shows no times where nobody took them', () => {
    const untimed = { ...many[0], seconds: null }
    const text = evaluationTable({ results: [untimed], comparisons: [] }, false)
    expect(text).not.toMatch(/training|1,000 rows/i)
    const half = evaluationTable({ results: [untimed, many[1]], comparisons: [] }, false)
    expect(half).toMatch(/^hmm .* – +–$/m)
  })
})

describe('evaluationCsv', () => {
  it('has a cell for every title, empty where a figure is not known', () => {
    const [titles, first, second] = evaluationCsv([result(), result({ recipe: 'a,"b"', tpr: [], auc: null })])
      .split('\r\n')
      .map((line) => line.split(','))
    const cell = (title: string) => first[titles.indexOf(title)]
    expect(first).toHaveLength(titles.length)
    expect(cell('accuracy')).toBe('0.9474')
    expect(Number(cell('accuracyLow'))).toBeCloseTo(0.9354, 12)
    expect(cell('tprAt0.1Percent')).toBe('')
    expect(cell('macroRecall')).toBe('0.9474')
    expect(Number(cell('weightedPrecisionHigh'))).toBeCloseTo(0.9594, 12)
    expect([cell('coverageAt5PercentErrors'), cell('accuracyOnSurest80Percent')]).toEqual([
      '0.9814',
      '0.9912',
    ])
    expect([cell('secondsPerTraining'), cell('secondsPer1000Rows')]).toEqual(['12.3', '0.0456'])
    expect(cell('randomSplitAccuracy')).toBe('0.957')
    expect(second.slice(0, 2).join(',')).toBe('"a,""b"""')
  })
})
