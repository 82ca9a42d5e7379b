// Are our recipes as good as scikit-learn's best? Both answer the same rows in the same folds, which never share a content;
// scikit-learn learns from the same counts that our recipes read. For each set: accuracy and macro F of everyone, then our
// best against theirs by paired bootstrap over contents. `node bench/quality.js FOLDER [set …] [--seeds 3] [--recipes a,b]`,
// after `npm run build`; FOLDER holds malbehavd-v1.jsonl.gz, ransomtrack.jsonl.gz and elf-opcode-counts.jsonl.gz.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openCorpus, stratifiedGroupFolds } from '../dist/corpus/index.js'
import { measurer, pairedDifferences } from '../dist/evaluation/index.js'
import { findRecipe, fitRecipe, parseRecipe } from '../dist/models/index.js'
import { importCorpus } from '../dist/pipeline/index.js'
import { learningTask, taskTraces } from '../dist/pipeline/learning-task.js'
import { reduceTrace } from '../dist/samples/index.js'
import { decided, pythonWithSklearn } from './peers.js'

const FOLDS = 5
const SETS = {
  malbehavd: { file: 'malbehavd-v1', kind: 'set', options: { dialect: 'cuckoo-2', kind: 'set' } },
  'malbehavd-distinct': {
    file: 'malbehavd-v1',
    kind: 'set',
    distinct: true,
    options: { dialect: 'cuckoo-2', kind: 'set' },
  },
  ransomtrack: { file: 'ransomtrack', kind: 'counts', view: 'opcodes', options: {} },
  'elf-opcode-counts': { file: 'elf-opcode-counts', kind: 'counts', view: 'opcodes', options: {} },
}

const PEER = `
import json, sys
import numpy, scipy.sparse
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler
from sklearn.svm import SVC, LinearSVC
given = json.load(sys.stdin)
x = scipy.sparse.csr_matrix((numpy.log1p(given['values']) if given['log'] else numpy.ones(len(given['indices'])), given['indices'], given['starts']))
y = numpy.array(given['y'])
makes = {
    'random forest, 200 trees': lambda seed: RandomForestClassifier(200, n_jobs=2, random_state=seed),
    'extra trees, 300': lambda seed: ExtraTreesClassifier(300, n_jobs=2, random_state=seed),
    'linear SVM': lambda seed: LinearSVC(C=0.1, random_state=seed, max_iter=20000),
    'RBF SVM, C 10': lambda seed: make_pipeline(MaxAbsScaler(), SVC(C=10)),
}
out = {}
for name, make in makes.items():
    out[name] = []
    for run in given['runs']:
        fold = numpy.array(run['foldOf'])
        predicted = numpy.zeros(len(y), int)
        for each in range(int(fold.max()) + 1):
            predicted[fold == each] = make(run['seed']).fit(x[fold != each], y[fold != each]).predict(x[fold == each])
        out[name].append(predicted.tolist())
print(json.dumps(out))`

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { seeds: { type: 'string', default: '3' }, recipes: { type: 'string' } },
})
const [folder, ...wanted] = positionals
if (folder === undefined) throw new Error('say in which folder the data sets are')
const seeds = Array.from({ length: Number(options.seeds) }, (_, seed) => seed)
const names = options.recipes?.split(',') ?? ['svm', 'svm-rbf', 'forest', 'boosting', 'naive-bayes']
const recipes = names.flatMap((name) =>
  name.endsWith('.toml') ? parseRecipe(readFileSync(name, 'utf8'), name) : (findRecipe(name) ?? []),
)

/** The rows of a set with their labels, groups and folds. */
async function readSet({ file, options, view = null, distinct = false }) {
  const directory = mkdtempSync(join(tmpdir(), 'taxon-quality-'))
  try {
    await importCorpus([join(folder, `${file}.jsonl.gz`)], directory, options)
    const corpus = await openCorpus(directory)
    const asked = { view, target: 'malicious', distinct, minGroups: FOLDS }
    const learning = await learningTask(findRecipe('svm'), corpus, asked)
    const traces = await taskTraces(corpus, learning)
    corpus.close()
    const { y, groups, classes } = learning.task
    const names = Array.from(groups, String)
    const runs = seeds.map((seed) => ({ seed, foldOf: stratifiedGroupFolds(y, names, FOLDS, seed) }))
    return { traces, y, classes, names, clusters: groups, runs }
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** Counts of each token but `invalid`, as rows for scikit-learn. */
function countsOf(traces, kind) {
  const columns = new Map()
  const [starts, indices, values] = [[0], [], []]
  for (const trace of traces) {
    const { tally, vocabulary } = reduceTrace(trace, kind)
    tally.tokens.forEach((token, i) => {
      const name = vocabulary[token]
      if (name === 'invalid') return
      if (!columns.has(name)) columns.set(name, columns.size)
      indices.push(columns.get(name))
      values.push(tally.counts ? tally.counts[i] : 1)
    })
    starts.push(indices.length)
  }
  return { starts, indices, values, log: kind === 'counts' }
}

function theirAnswers({ traces, y, runs }, kind) {
  const python = pythonWithSklearn()
  if (!python) throw new Error('no python3 with sklearn here, nothing to compare with')
  const plain = runs.map(({ seed, foldOf }) => ({ seed, foldOf: [...foldOf] }))
  const input = JSON.stringify({ ...countsOf(traces, kind), y: [...y], runs: plain })
  const { status, stdout, stderr } = spawnSync(python, ['-c', PEER], { input, maxBuffer: 1 << 28 })
  if (status !== 0) throw new Error(String(stderr))
  return Object.entries(JSON.parse(stdout))
}

async function ourAnswer(recipe, { traces, y, classes, names, runs }) {
  const answers = []
  for (const { seed, foldOf } of runs) {
    const predicted = new Uint32Array(y.length)
    for (let fold = 0; fold < FOLDS; fold++) {
      const rows = (inside) => [...y.keys()].filter((row) => (foldOf[row] === fold) !== inside)
      const [train, test] = [rows(true), rows(false)]
      const examples = {
        traces: train.map((row) => traces[row]),
        y: Uint32Array.from(train, (row) => y[row]),
        classes,
        groups: train.map((row) => names[row]),
      }
      const trained = await fitRecipe(recipe, examples, { seed, threads: 2 })
      const answers = decided(trained.score(test.map((row) => traces[row])).decisions, classes.length)
      test.forEach((row, i) => {
        predicted[row] = answers[i]
      })
    }
    answers.push(predicted)
  }
  return answers
}

const three = (value) => value.toFixed(3).replace(/^(-?)0/, '$1')
const signed = (value) => (value < 0 ? '' : '+') + three(value)

function compare(set, ours, theirs) {
  const differences = pairedDifferences(theirs.measurer, ours.measurer)
  const text = ['accuracy', 'macro F'].map((measure, i) => {
    const { difference, interval } = differences[2 * i]
    return `${measure} ${signed(difference)} (95 %: ${interval.map(signed).join(' to ')})`
  })
  console.log(`\n${set}: ${ours.name} against ${theirs.name}: ${text.join(', ')}\n`)
  return differences.every(({ difference }, i) => (i !== 0 && i !== 2) || difference >= 0)
}

for (const name of wanted.length > 0 ? wanted : Object.keys(SETS)) {
  const set = SETS[name]
  const read = await readSet(set)
  const { y, classes, clusters } = read
  const sideOf = (side, who, predicted) => {
    const runs = predicted.map((answers, i) => ({
      seed: seeds[i],
      predicted: Uint32Array.from(answers),
      probabilities: Float64Array.from({ length: 2 * y.length }, (_, at) =>
        Number(answers[at >> 1] === (at & 1)),
      ),
    }))
    const found = measurer({ classes, y, clusters, runs })
    const [accuracy, , macroF] = found.measure(null)
    console.log(`| ${side} | ${who} | ${three(accuracy)} | ${three(macroF)} |`)
    return { name: who, measurer: found, accuracy, macroF }
  }
  console.log(`### ${name}: ${y.length} rows, ${FOLDS} folds, seeds ${seeds.join(', ')}\n`)
  console.log('| by | model | accuracy | macro F |\n|---|---|---|---|')
  const theirs = theirAnswers(read, set.kind).map(([who, runs]) => sideOf('scikit-learn', who, runs))
  const ours = []
  for (const recipe of recipes) ours.push(sideOf('taxon', recipe.name, await ourAnswer(recipe, read)))
  const best = (all) => all.reduce((a, b) => (b.accuracy + b.macroF > a.accuracy + a.macroF ? b : a))
  if (!compare(name, best(ours), best(theirs))) process.exitCode = 1
}
