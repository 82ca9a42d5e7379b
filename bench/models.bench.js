// One fit of a linear SVM and of multinomial naive Bayes beside scikit-learn, on a made-up matrix of 1,780 × 2,000 zeros
// and ones of density .106 whose two classes can be learned. Both sides fit the same rows in processes of their own, by
// turns; only the fit is timed, warm. `node bench/models.bench.js [rounds]`, after `npm run build`.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { seededRandom } from '../dist/core/index.js'
import { classifierOf, findClassifier } from '../dist/models/index.js'
import { answer, median, pythonWithSklearn, requests, roundsAsked, side, spread } from './peers.js'

const ROWS = 1780
const COLUMNS = 2000
const DENSITY = 0.106
const FITS_A_ROUND = 5
/** How many times as fast as scikit-learn each fit is claimed to be. */
const CLAIMS = { svm: 1.5, bayes: 1 }
const SVM = { value: 0.1, tolerance: 1e-4, balanced: false, seed: 1 }
const BAYES = { value: 1, tolerance: 1, balanced: false, seed: 1 }

/** Columns have densities from rare to common; one in ten leans to one class, a tenth of the labels are wrong. */
function madeUp() {
  const random = seededRandom(42)
  const share = Array.from({ length: COLUMNS }, () => 2 * DENSITY * random.unit())
  const lean = Array.from({ length: COLUMNS }, () => (random.below(10) === 0 ? random.unit() * 2 - 1 : 0))
  const y = new Uint32Array(ROWS)
  const starts = new Uint32Array(ROWS + 1)
  const indices = []
  for (let row = 0; row < ROWS; row++) {
    const side = random.below(4) === 0 ? 1 : 0
    y[row] = random.below(10) === 0 ? 1 - side : side
    for (let column = 0; column < COLUMNS; column++) {
      if (random.unit() < share[column] * (1 + (side === 1 ? lean[column] : -lean[column])))
        indices.push(column)
    }
    starts[row + 1] = indices.length
  }
  return { x: { rows: ROWS, columns: COLUMNS, starts, indices: Uint32Array.from(indices), values: null }, y }
}

const PEER = `
import json, sys, time, warnings
import numpy, scipy.sparse, sklearn
from sklearn.naive_bayes import MultinomialNB
from sklearn.svm import LinearSVC
given = json.load(open(sys.argv[1]))
starts, indices = numpy.array(given['starts']), numpy.array(given['indices'])
x = scipy.sparse.csr_matrix((numpy.ones(len(indices)), indices, starts), (len(starts) - 1, given['columns']))
y = numpy.array(given['y'])
makes = {
    'svm': lambda: LinearSVC(C=${SVM.value}, dual=True, loss='squared_hinge', tol=${SVM.tolerance}, random_state=0, max_iter=100000),
    'bayes': lambda: MultinomialNB(alpha=1),
}
print(json.dumps({'version': sklearn.__version__}), flush=True)
for line in sys.stdin:
    name, fits = json.loads(line)
    times = []
    for _ in range(fits):
        model = makes[name]()
        before = time.perf_counter()
        model.fit(x, y)
        times.append(time.perf_counter() - before)
    out = {'times': times, 'predictions': model.predict(x).tolist()}
    if name == 'svm': out['weights'] = model.coef_[0].tolist() + model.intercept_.tolist()
    print(json.dumps(out), flush=True)`

/** Our side, in a process of its own as the peer's. */
async function serveOurs() {
  const { x, y } = madeUp()
  for await (const [name, fits] of requests()) {
    const kind = findClassifier(name === 'svm' ? 'linear-svm' : 'multinomial')
    const times = []
    let model
    for (let i = 0; i < fits; i++) {
      // A fresh matrix object: nothing that an earlier fit prepared may be reused.
      const fresh = { ...x }
      const before = performance.now()
      model = classifierOf(kind, name === 'svm' ? SVM : BAYES).fit(fresh, y, 2)
      times.push((performance.now() - before) / 1000)
    }
    const decisions = model.decide(x)
    const predictions = Array.from(y, (_, row) => Number(decisions[2 * row + 1] > decisions[2 * row]))
    const { weights, intercepts } = model.tensors
    answer({ times, predictions, weights: [...weights.data, ...intercepts.data] })
  }
}

function objective({ x, y }, w) {
  let sum = 0
  for (const each of w) sum += (each * each) / 2
  for (let row = 0; row < x.rows; row++) {
    let margin = w[COLUMNS]
    for (let i = x.starts[row]; i < x.starts[row + 1]; i++) margin += w[x.indices[i]]
    sum += SVM.value * Math.max(0, 1 - (y[row] === 1 ? margin : -margin)) ** 2
  }
  return sum
}

const ms = (seconds) => `${(seconds * 1000).toFixed(2)} ms`

async function main() {
  const rounds = roundsAsked(9)
  const python = pythonWithSklearn()
  if (!python) return console.log('models: no python3 with sklearn here, nothing to compare with')
  const problem = madeUp()
  const folder = mkdtempSync(join(tmpdir(), 'taxon-bench-'))
  const file = join(folder, 'matrix.json')
  const { x, y } = problem
  writeFileSync(
    file,
    JSON.stringify({ columns: COLUMNS, starts: [...x.starts], indices: [...x.indices], y: [...y] }),
  )
  const script = join(folder, 'peer.py')
  writeFileSync(script, PEER)
  const peer = side(python, [script, file])
  const ours = side(process.execPath, [fileURLToPath(import.meta.url), '--serve'])
  try {
    const { version } = await peer.next()
    console.log(`models: Node ${process.version}, scikit-learn ${version}, ${cpus()[0].model}`)
    console.log(
      `${ROWS} × ${COLUMNS}, density ${(x.indices.length / ROWS / COLUMNS).toFixed(4)}, C ${SVM.value}, tolerance ${SVM.tolerance}`,
    )
    for (const name of ['svm', 'bayes']) await compare(name, problem, peer, ours, rounds)
  } finally {
    peer.close()
    ours.close()
    rmSync(folder, { recursive: true })
  }
}

async function compare(name, problem, peer, ours, rounds) {
  const [theirs, mine] = [await peer.ask(name, 3), await ours.ask(name, 20)]
  const otherwise = mine.predictions.filter((label, row) => label !== theirs.predictions[row]).length
  if (otherwise > (name === 'svm' ? 2 : 0)) throw new Error(`${name}: ${otherwise} rows decided otherwise`)
  if (name === 'svm') {
    const [own, other] = [objective(problem, mine.weights), objective(problem, theirs.weights)]
    if (Math.abs(own - other) / other > 1e-3) throw new Error(`svm: objectives ${own} and ${other} differ`)
  }
  const ratios = []
  const times = { ours: [], peer: [] }
  for (let round = 0; round < rounds; round++) {
    const peerTime = median((await peer.ask(name, FITS_A_ROUND)).times)
    const ourTime = median((await ours.ask(name, FITS_A_ROUND)).times)
    times.peer.push(peerTime)
    times.ours.push(ourTime)
    ratios.push(peerTime / ourTime)
  }
  if (median(ratios) < CLAIMS[name]) process.exitCode = 1
  console.log(
    `${name}: ours ${ms(median(times.ours))}, scikit-learn ${ms(median(times.peer))}, ` +
      `ratio ${spread(ratios, 2)} over ${rounds} rounds, claimed ${CLAIMS[name]}`,
  )
}

if (process.argv[2] === '--serve') await serveOurs()
else await main()
