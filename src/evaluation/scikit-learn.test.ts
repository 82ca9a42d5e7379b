import { describe, expect, it } from 'vitest'
import { pythonWith, runPython } from '../../test/python.ts'
import { seededRandom } from '../core/index.ts'
import { brierScore } from './calibration-error.ts'
import { confusionMatrix, figures } from './figures.ts'
import { rank, rocAuc, truePositiveRate } from './ranking.ts'

const SCRIPT = `
import json, sys
import numpy as np
from sklearn import metrics as m
answers = []
for case in json.load(sys.stdin):
    y, predicted, names = case['y'], case['predicted'], list(range(case['classes']))
    occurring = sorted(set(y) | set(predicted))
    precision, recall, f1, support = m.precision_recall_fscore_support(y, predicted, labels=names, zero_division=0)
    answer = {
        'accuracy': m.accuracy_score(y, predicted),
        **{kind: list(m.precision_recall_fscore_support(
            y, predicted, average=kind, labels=occurring, zero_division=0))[:3] for kind in ('weighted', 'macro')},
        'precision': precision.tolist(), 'recall': recall.tolist(), 'f1': f1.tolist(), 'support': support.tolist(),
        'confusion': m.confusion_matrix(y, predicted, labels=names).ravel().tolist(),
    }
    if case['classes'] == 2:
        scores = case['scores']
        answer['auc'] = m.roc_auc_score(y, scores)
        answer['brier'] = m.brier_score_loss(y, scores)
        fpr, tpr, _ = m.roc_curve(y, scores, drop_intermediate=False)
        answer['tpr'] = [float(tpr[fpr <= rate + 1e-12].max()) for rate in (0.0, 0.01, 0.05, 0.2)]
    answers.append(answer)
print(json.dumps(answers))
`

interface Answer {
  readonly accuracy: number
  /** Precision, recall, F1. */
  readonly weighted: number[]
  readonly macro: number[]
  readonly precision: number[]
  readonly recall: number[]
  readonly f1: number[]
  readonly support: number[]
  readonly confusion: number[]
  readonly auc?: number
  readonly brier?: number
  readonly tpr?: number[]
}

/** Seeded answers to rows of 2 to 6 classes, some of them never right, some never asked for; scores with many ties. */
function makeCase(seed: number) {
  const random = seededRandom(seed)
  const classes = 2 + (seed % 5)
  const rows = 20 + random.below(300)
  const skill = random.unit()
  const y = Array.from({ length: rows }, (_, i) => (i < 2 ? i : random.below(classes)))
  const predicted = y.map((c) => (random.unit() < skill ? c : random.below(classes)))
  const scores = y.map((c) => Math.min(20, Math.max(0, random.below(14) + c * random.below(9))) / 20)
  return { classes, y, predicted, scores }
}

const python = pythonWith('sklearn')

describe.skipIf(python === null)('the figures of scikit-learn', () => {
  it('are ours, over a hundred seeded cases', () => {
    const cases = Array.from({ length: 100 }, (_, seed) => makeCase(seed))
    const answers = runPython(python!, SCRIPT, cases) as Answer[]
    cases.forEach(({ classes, y, predicted, scores }, i) => {
      const want = answers[i]
      const truth = Uint32Array.from(y)
      const confusion = confusionMatrix(truth, Uint32Array.from(predicted), classes)
      expect([...confusion]).toEqual(want.confusion)
      const got = figures(confusion, Array.from({ length: classes }, String))
      expect(got.accuracy).toBeCloseTo(want.accuracy, 12)
      const { weightedPrecision, weightedRecall, weightedF1, macroPrecision, macroRecall, macroF1 } = got
      const means = [weightedPrecision, weightedRecall, weightedF1, macroPrecision, macroRecall, macroF1]
      for (const [k, mean] of [...want.weighted, ...want.macro].entries())
        expect(means[k]).toBeCloseTo(mean, 12)
      got.classes.forEach((each, c) => {
        expect(each.precision).toBeCloseTo(want.precision[c], 12)
        expect(each.recall).toBeCloseTo(want.recall[c], 12)
        expect(each.f1).toBeCloseTo(want.f1[c], 12)
        expect(each.support).toBe(want.support[c])
      })
      if (classes !== 2) return
      const ranking = rank(Float64Array.from(scores))
      const probabilities = Float64Array.from(scores.flatMap((score) => [1 - score, score]))
      expect(rocAuc(ranking, truth)).toBeCloseTo(want.auc!, 12)
      expect(brierScore(truth, probabilities, 2)).toBeCloseTo(want.brier!, 12)
      for (const [k, rate] of [0, 0.01, 0.05, 0.2].entries()) {
        expect(truePositiveRate(ranking, truth, rate)).toBeCloseTo(want.tpr![k], 12)
      }
    })
  })
})
