// Forests and boosting beside scikit-learn, on the same features and folds: log counts of the 2,000 best 1- to 3-grams
// of every tenth row of big2015-opcodes where that set lies in `--data=FOLDER` or ../shared/data beside the repository,
// else of made-up rows. Each side is a process of its own and fits all five folds by turns (boosting, which takes
// scikit-learn long, the first); only fits are timed, ours with the cutting into bins. scikit-learn's forests are given
// the matrix sparse and dense, and the faster one counts.
// `node bench/trees.bench.js [rounds] [--data=FOLDER]`, after `npm run build`.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { seededRandom } from '../dist/core/index.js'
import { stratifiedGroupFolds } from '../dist/corpus/index.js'
import { fitEncoder } from '../dist/features/index.js'
import { fitJobs, shareMatrix } from '../dist/models/fit-jobs.js'
import { findClassifier, findRecipe, ownDefaults } from '../dist/models/index.js'
import { tallySequence } from '../dist/samples/index.js'
import {
  answer,
  decided,
  median,
  pythonWithSklearn,
  requests,
  roundsAsked,
  side,
  spread,
  weightedF,
} from './peers.js'

const FOLDS = 5
const TREES = 300
const BOOSTING_ROUNDS = 20
/** Weighted F of two forests of 300 trees may differ by chance as much as this. */
const EQUAL_WITHIN = 0.005
const FILE = 'big2015-opcodes.jsonl.gz'
/** What is fitted: our kind and settings, the claim, and scikit-learn's name for it. */
const MODELS = {
  forest: { type: 'forest', value: 1, own: { trees: TREES, extra: 0 }, claim: 2, peers: ['sparse', 'dense'] },
  'extra trees': {
    type: 'forest',
    value: 1,
    own: { trees: TREES, extra: 1 },
    claim: null,
    peers: ['sparse', 'dense'],
  },
  boosting: { type: 'boosting', value: 0.1, own: { rounds: BOOSTING_ROUNDS }, claim: null, peers: ['dense'] },
}

const PEER = `
import json, os, sys, time
os.environ['OMP_NUM_THREADS'] = sys.argv[2]
import numpy, scipy.sparse, sklearn
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier, RandomForestClassifier
jobs = int(sys.argv[2])
make = {
    'forest': lambda: RandomForestClassifier(${TREES}, n_jobs=jobs, random_state=0),
    'extra trees': lambda: ExtraTreesClassifier(${TREES}, n_jobs=jobs, random_state=0),
    'boosting': lambda: HistGradientBoostingClassifier(max_iter=${BOOSTING_ROUNDS}, early_stopping=False, random_state=0),
}
def matrix(x):
    values = numpy.array(x['values'], dtype=numpy.float32)
    return scipy.sparse.csr_matrix((values, x['indices'], x['starts']), (x['rows'], x['columns']))
folds = [(matrix(f['train']), numpy.array(f['y']), matrix(f['test'])) for f in json.load(open(sys.argv[1]))]
print(json.dumps({'version': sklearn.__version__}), flush=True)
for line in sys.stdin:
    name, form, count = json.loads(line)
    seconds, predicted = 0, []
    for x, y, test in folds[:count]:
        x, test = (x.tocsc(), test) if form == 'sparse' else (x.toarray(), test.toarray())
        before = time.perf_counter()
        model = make[name]().fit(x, y)
        seconds += time.perf_counter() - before
        predicted.append(model.predict(test).tolist())
    print(json.dumps({'seconds': seconds, 'predicted': predicted}), flush=True)`

function traceOf(words) {
  const vocabulary = [...new Set(words)]
  const numbers = new Map(vocabulary.map((word, i) => [word, i]))
  const sequence = Uint32Array.from(words, (word) => numbers.get(word))
  const tally = tallySequence(sequence, vocabulary.length)
  const rest = { view: 'opcodes', kind: 'sequence', dialect: 'pe-x86', places: null }
  return { ...rest, vocabulary, sequence, tally, length: sequence.length }
}

function realRows(file) {
  const lines = gunzipSync(readFileSync(file)).toString().trim().split('\n')
  const rows = lines.filter((_, i) => i % 10 === 0).map((line) => JSON.parse(line))
  return rows.map(({ opcodes, family, group }) => ({ words: opcodes.split(' '), label: family, group }))
}

/** Texts of four classes, each with its own habits of what follows what. */
function madeUpRows() {
  const random = seededRandom(42)
  return Array.from({ length: 900 }, (_, row) => {
    const own = random.below(4)
    const words = ['op0']
    let last = 0
    for (let i = 0; i < 400; i++) {
      last =
        random.below(3) === 0 ? (last * 7 + own * 3 + 1) % 60 : Math.floor(60 * random.unit() * random.unit())
      words.push(`op${last}`)
    }
    return { words, label: `class ${random.below(10) === 0 ? random.below(4) : own}`, group: String(row) }
  })
}

/** Five folds of features that are chosen by the rows to learn from alone. */
function makeFolds(rows) {
  const labels = [...new Set(rows.map(({ label }) => label))].sort()
  const y = Uint32Array.from(rows, ({ label }) => labels.indexOf(label))
  const groups = rows.map(({ group }) => group)
  const traces = rows.map(({ words }) => traceOf(words))
  const foldOf = stratifiedGroupFolds(y, groups, FOLDS, 0)
  const { features } = findRecipe('forest')
  const folds = Array.from({ length: FOLDS }, (_, fold) => {
    const [train, test] = [true, false].map((inside) =>
      [...y.keys()].filter((row) => (foldOf[row] !== fold) === inside),
    )
    const own = Uint32Array.from(train, (row) => y[row])
    const encode = fitEncoder(
      features,
      train.map((row) => traces[row]),
      own,
      labels.length,
    ).encode
    const encoded = (some) => plain(encode(some.map((row) => traces[row])))
    return { train: encoded(train), test: encoded(test), y: [...own], truth: test.map((row) => y[row]) }
  })
  return { folds, classes: labels.length }
}

function plain({ rows, columns, starts, indices, values }) {
  return { rows, columns, starts: [...starts], indices: [...indices], values: [...values] }
}

function matrixOf({ starts, indices, values, ...size }) {
  return shareMatrix({
    ...size,
    starts: Uint32Array.from(starts),
    indices: Uint32Array.from(indices),
    values: Float64Array.from(values),
  })
}

/** Our side, in a process of its own as the peer's. */
async function serveOurs(file, threads) {
  const { folds, classes } = JSON.parse(readFileSync(file, 'utf8'))
  const matrices = folds.map(({ train, test, y }) => {
    return { x: matrixOf(train), test: matrixOf(test), y: Uint32Array.from(y) }
  })
  const pools = new Map()
  for (const [name, { type }] of Object.entries(MODELS)) {
    pools.set(name, fitJobs(findClassifier(type), classes, 1, { threads }))
  }
  for await (const [name, , count] of requests()) {
    const { type, value, own } = MODELS[name]
    const kind = findClassifier(type)
    const settings = { value, tolerance: 1, balanced: false, seed: 1, own: { ...ownDefaults(kind), ...own } }
    let seconds = 0
    const predicted = []
    for (const { x, test, y } of matrices.slice(0, count)) {
      // A fresh matrix object: nothing that an earlier fit prepared may be reused.
      const fresh = { ...x }
      const before = performance.now()
      const model = await pools.get(name).fit(fresh, y, settings)
      seconds += (performance.now() - before) / 1000
      predicted.push(decided(model.decide(test), classes))
    }
    answer({ seconds, predicted })
  }
  for (const pool of pools.values()) await pool.close()
}

const shown = (seconds) => `${seconds.toFixed(2)} s`

async function compare(name, { folds, classes }, peer, ours, rounds, threads) {
  const { claim, peers } = MODELS[name]
  const count = name === 'boosting' ? 1 : FOLDS
  const mine = await ours.ask(name, null, count)
  const theirs = []
  for (const form of peers) theirs.push({ form, ...(await peer.ask(name, form, count)) })
  const { form, predicted } = theirs.sort((a, b) => a.seconds - b.seconds)[0]
  const truth = folds.slice(0, count).flatMap((fold) => fold.truth)
  const [ourF, theirF] = [mine.predicted, predicted].map((each) => weightedF(truth, each.flat(), classes))
  const times = { ours: [], peer: [], ratio: [] }
  for (let round = 0; round < rounds; round++) {
    times.peer.push((await peer.ask(name, form, count)).seconds)
    times.ours.push((await ours.ask(name, form, count)).seconds)
    times.ratio.push(times.peer[round] / times.ours[round])
  }
  console.log(
    `${name}, ${threads} thread${threads > 1 ? 's' : ''}: weighted F ${ourF.toFixed(4)}, scikit-learn ` +
      `${theirF.toFixed(4)}; ours ${shown(median(times.ours))}, scikit-learn (${form}) ` +
      `${shown(median(times.peer))}, ratio ${spread(times.ratio, 2)} over ${rounds} rounds` +
      `${claim ? `, claimed ${claim}` : ''}`,
  )
  if (claim && (median(times.ratio) < claim || ourF < theirF - EQUAL_WITHIN)) process.exitCode = 1
}

async function main() {
  const rounds = roundsAsked(5)
  const given = process.argv.find((argument) => argument.startsWith('--data='))?.slice('--data='.length)
  const python = pythonWithSklearn()
  if (!python) return console.log('trees: no python3 with sklearn here, nothing to compare with')
  const set = join(given ?? resolve(import.meta.dirname, '../../shared/data'), FILE)
  const isReal = existsSync(set)
  const problem = makeFolds(isReal ? realRows(set) : madeUpRows())
  const folder = mkdtempSync(join(tmpdir(), 'taxon-bench-'))
  const [file, peerFile, script] = ['problem.json', 'folds.json', 'peer.py'].map((name) => join(folder, name))
  writeFileSync(file, JSON.stringify(problem))
  writeFileSync(peerFile, JSON.stringify(problem.folds))
  writeFileSync(script, PEER)
  const { rows, columns } = problem.folds[0].train
  try {
    for (const threads of [1, 2]) {
      const peer = side(python, [script, peerFile, String(threads)])
      const ours = side(process.execPath, [fileURLToPath(import.meta.url), '--serve', file, String(threads)])
      const { version } = await peer.next()
      if (threads === 1) {
        console.log(`trees: Node ${process.version}, scikit-learn ${version}, ${cpus()[0].model}`)
        console.log(
          `${isReal ? FILE : 'made up'}: five fits of about ${rows} × ${columns}, ${problem.classes} classes`,
        )
      }
      for (const name of Object.keys(MODELS)) {
        // Boosting is one part: a second thread is of no use to it.
        if (threads === 1 || name !== 'boosting') await compare(name, problem, peer, ours, rounds, threads)
      }
      peer.close()
      ours.close()
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

if (process.argv[2] === '--serve') await serveOurs(process.argv[3], Number(process.argv[4]))
else await main()
