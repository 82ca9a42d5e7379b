import { beforeAll, describe, expect, it } from 'vitest'
import { openChunks } from '../src/core/index.ts'
import {
  type Examples,
  exportOnnx,
  findRecipe,
  fitRecipe,
  type Recipe,
  type Trained,
} from '../src/models/index.ts'
import { readReports } from '../src/reports/index.ts'
import { type Kind, type Report, reduceTrace, type Trace } from '../src/samples/index.ts'
import { largestDifference, onnxInputs, runOnnx } from './onnx-runtime.ts'
import { sharedData } from './shared-data.ts'

const ROWS = 1000

/** Of the rows, one in so many is learned from: what a model is like matters here, not how good it is. */
const LEARN_ONE_IN = 4

type Target = 'malicious' | 'family'

/** Rows from all over a traces file, those learned from among them, and all of them. */
async function readRows(path: string, kind: Kind, target: Target) {
  const all: Report[] = []
  for await (const report of readReports(openChunks(path))) all.push(report)
  const rows = Array.from({ length: ROWS }, (_, i) => all[Math.floor((i * all.length) / ROWS)]!)
  const names = rows.map(({ label }) => String(label[target]))
  const classes = [...new Set(names)].sort()
  const traces = rows.map(({ trace }) => reduceTrace(trace, kind))
  const learned = [...rows.keys()].filter((row) => row % LEARN_ONE_IN === 0)
  const examples: Examples = {
    traces: learned.map((row) => traces[row]!),
    y: Uint32Array.from(learned, (row) => classes.indexOf(names[row]!)),
    classes,
    groups: learned.map(String),
  }
  return { traces, examples }
}

/** What a recipe would take too long for here. */
const SMALLER = {
  ...{ trees: 50, rounds: 20, select: 500 },
  ...{ maps1: 8, maps2: 8, units: 16, members: 2, networks: 2, horizon: 2 },
}

function smaller<T extends object>(settings: T): T {
  const known = Object.entries(SMALLER).filter(([name]) => settings[name as keyof T])
  return { ...settings, ...Object.fromEntries(known) }
}

/** A built-in recipe with one value, two folds, and all of it small. */
function quick(name: string): Recipe {
  const { model, features, ...recipe } = findRecipe(name)!
  return {
    ...recipe,
    features: smaller(features),
    model: { ...model, own: smaller(model.own), folds: 2, grid: [model.grid[0]!] },
  }
}

/** Largest differences between what onnxruntime makes of the rows of some traces and what taxon makes of the traces. */
async function differences(trained: Trained, traces: readonly Trace[]) {
  const model = exportOnnx(trained, '')
  const found = await runOnnx(model, onnxInputs(model, trained.encoder.encode(traces)))
  const wanted = trained.score(traces)
  return {
    decisions: largestDifference(found.decisions!, wanted.decisions),
    probabilities: largestDifference(found.probabilities!, wanted.probabilities),
  }
}

const COMMON = ['svm-rbf', 'forest', 'boosting', 'naive-bayes', 'neighbours']

describe.each<[string, Kind, Target, string[]]>([
  ['malbehavd-v1', 'set', 'malicious', ['calls-detect', 'bernoulli', ...COMMON]],
  ['adfa-ld', 'sequence', 'family', ['svm', ...COMMON, 'cnn-lstm', 'feedforward', 'cnn-lstm-plus']],
  ['elf-opcode-counts', 'counts', 'malicious', ['svm', 'opcodes-detect-elf', ...COMMON]],
])('ONNX forms on 1,000 rows of %s, as %s', (set, kind, target, names) => {
  const file = sharedData(`${set}.jsonl.gz`)
  let rows: Awaited<ReturnType<typeof readRows>>

  beforeAll(async () => {
    if (file) rows = await readRows(file, kind, target)
  })

  it.skipIf(file === null).each(names)('%s agrees to 1e-5', async (name) => {
    const trained = await fitRecipe(quick(name), rows.examples, { seed: 1 })
    const { decisions, probabilities } = await differences(trained, rows.traces)
    expect(decisions).toBeLessThan(1e-5)
    expect(probabilities).toBeLessThan(1e-5)
  })
})
