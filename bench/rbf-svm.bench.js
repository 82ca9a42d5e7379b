// One fit of the RBF SVM beside scikit-learn's SVC, and the weighted F of both over five folds, on made-up matrices of
// zeros and ones: two classes of 1,780 × 2,000 with density .106, and 28 classes of 1,042 × 2,000 with density .2. Both
// sides fit the same rows in processes of their own, by turns; only the fit is timed, the kernel matrix within it.
// `node bench/rbf-svm.bench.js [rounds]`, after `npm run build`.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { seededRandom } from '../dist/core/index.js'
import { stratifiedGroupFolds } from '../dist/corpus/index.js'
import { classifierOf, findClassifier } from '../dist/models/index.js'
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

/** How many times as fast as scikit-learn a fit is claimed to be, at a weighted F that differs by no more. */
const CLAIM = 2
const EQUAL_WITHIN = 0.005
const SETTINGS = { value: 1, tolerance: 1e-3, balanced: false, seed: 1, own: { C: 10 } }
const FOLDS = 5
/** Of `lean`: how much more often a class has a column that it prefers; enough that both sides learn something. */
const PROBLEMS = [
  { name: 'two classes', rows: 1780, columns: 2000, classes: 2, density: 0.106, lean: 1.25 },
  { name: '28 classes', rows: 1042, columns: 2000, classes: 28, density: 0.2, lean: 2.5 },
]

/** Each class has columns that it prefers; one row in twenty has another's label. */
function madeUp({ rows, columns, classes, density, lean }) {
  const random = seededRandom(42)
  const share = Array.from({ length: columns }, () => 2 * density * random.unit())
  const liked = Array.from({ length: columns }, () => random.below(8 * classes))
  const y = new Uint32Array(rows)
  const starts = new Uint32Array(rows + 1)
  const indices = []
  for (let row = 0; row < rows; row++) {
    const own = random.below(classes)
    y[row] = random.below(20) === 0 ? random.below(classes) : own
    for (let column = 0; column < columns; column++) {
      const more = liked[column] % classes === own ? lean : 1
      if (random.unit() < share[column] * more) indices.push(column)
    }
    starts[row + 1] = indices.length
  }
  const foldOf = stratifiedGroupFolds(y, Array.from(y.keys(), String), FOLDS, 0)
  return { x: { rows, columns, starts, indices: Uint32Array.from(indices), values: null }, y, foldOf }
}

const PEER = `
import json, sys, time
import numpy, scipy.sparse, sklearn
from sklearn.svm import SVC
problems = []
for given in json.load(open(sys.argv[1])):
    starts, indices = numpy.array(given['starts']), numpy.array(given['indices'])
    x = scipy.sparse.csr_matrix((numpy.ones(len(indices)), indices, starts), (len(starts) - 1, given['columns']))
    problems.append((x, numpy.array(given['y']), numpy.array(given['foldOf'])))
make = lambda: SVC(C=${SETTINGS.own.C}, gamma='scale', tol=${SETTINGS.tolerance}, cache_size=1000)
print(json.dumps({'version': sklearn.__version__}), flush=True)
for line in sys.stdin:
    at, what = json.loads(line)
    x, y, fold = problems[at]
    out = {}
    if what == 'time':
        model = make()
        before = time.perf_counter()
        model.fit(x, y)
        out['seconds'] = time.perf_counter() - before
    else:
        predicted = numpy.zeros(len(y), int)
        for each in range(${FOLDS}):
            predicted[fold == each] = make().fit(x[fold != each], y[fold != each]).predict(x[fold == each])
        out['predicted'] = predicted.tolist()
    print(json.dumps(out), flush=True)`

function takeRows(x, rows) {
  const parts = rows.map((row) => x.indices.subarray(x.starts[row], x.starts[row + 1]))
  const starts = new Uint32Array(rows.length + 1)
  parts.forEach((part, i) => {
    starts[i + 1] = starts[i] + part.length
  })
  const indices = new Uint32Array(starts[rows.length])
  parts.forEach((part, i) => {
    indices.set(part, starts[i])
  })
  return { ...x, rows: rows.length, starts, indices }
}

/** Our side, in a process of its own as the peer's. */
async function serveOurs() {
  const problems = PROBLEMS.map(madeUp)
  const kind = findClassifier('rbf-svm')
  for await (const [at, what] of requests()) {
    const { x, y, foldOf } = problems[at]
    const { classes } = PROBLEMS[at]
    if (what === 'time') {
      // A fresh matrix object: nothing that an earlier fit prepared may be reused.
      const fresh = { ...x }
      const before = performance.now()
      classifierOf(kind, SETTINGS).fit(fresh, y, classes)
      answer({ seconds: (performance.now() - before) / 1000 })
      continue
    }
    const predicted = Array.from(y, () => 0)
    for (let fold = 0; fold < FOLDS; fold++) {
      const rows = (inside) => [...y.keys()].filter((row) => (foldOf[row] === fold) !== inside)
      const [train, test] = [rows(true), rows(false)]
      const labels = Uint32Array.from(train, (row) => y[row])
      const model = classifierOf(kind, SETTINGS).fit(takeRows(x, train), labels, classes)
      const answers = decided(model.decide(takeRows(x, test)), classes)
      test.forEach((row, i) => {
        predicted[row] = answers[i]
      })
    }
    answer({ predicted })
  }
}

const ms = (seconds) => `${(seconds * 1000).toFixed(0)} ms`

async function main() {
  const rounds = roundsAsked(5)
  const python = pythonWithSklearn()
  if (!python) return console.log('rbf-svm: no python3 with sklearn here, nothing to compare with')
  const folder = mkdtempSync(join(tmpdir(), 'taxon-bench-'))
  const problems = PROBLEMS.map(madeUp)
  const plain = problems.map(({ x, y, foldOf }) => {
    const { columns, starts, indices } = x
    return { columns, starts: [...starts], indices: [...indices], y: [...y], foldOf: [...foldOf] }
  })
  writeFileSync(join(folder, 'problems.json'), JSON.stringify(plain))
  writeFileSync(join(folder, 'peer.py'), PEER)
  const peer = side(python, [join(folder, 'peer.py'), join(folder, 'problems.json')])
  const ours = side(process.execPath, [fileURLToPath(import.meta.url), '--serve'])
  try {
    const { version } = await peer.next()
    console.log(`rbf-svm: Node ${process.version}, scikit-learn ${version}, ${cpus()[0].model}`)
    console.log(`C ${SETTINGS.own.C}, gamma by the scale rule, tolerance ${SETTINGS.tolerance}\n`)
    for (const problem of problems.keys()) await compare(problem, problems[problem], peer, ours, rounds)
  } finally {
    peer.close()
    ours.close()
    rmSync(folder, { recursive: true })
  }
}

async function compare(at, { y }, peer, ours, rounds) {
  const { name, classes } = PROBLEMS[at]
  const [theirF, ourF] = [await peer.ask(at, 'score'), await ours.ask(at, 'score')].map(({ predicted }) =>
    weightedF(y, predicted, classes),
  )
  if (Math.abs(theirF - ourF) > EQUAL_WITHIN)
    throw new Error(`${name}: weighted F ${ourF} and ${theirF} differ`)
  await ours.ask(at, 'time')
  const [times, peerTimes, ratios] = [[], [], []]
  for (let round = 0; round < rounds; round++) {
    peerTimes.push((await peer.ask(at, 'time')).seconds)
    times.push((await ours.ask(at, 'time')).seconds)
    ratios.push(peerTimes[round] / times[round])
  }
  if (median(ratios) < CLAIM) process.exitCode = 1
  console.log(
    `${name}: weighted F ${ourF.toFixed(4)}, scikit-learn ${theirF.toFixed(4)}; ours ${ms(median(times))}, ` +
      `scikit-learn ${ms(median(peerTimes))}, ratio ${spread(ratios, 2)} over ${rounds} rounds, ` +
      `claimed ${CLAIM}`,
  )
}

if (process.argv[2] === '--serve') await serveOurs()
else await main()
