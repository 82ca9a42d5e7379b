// Claims: a step of training (forward, backward, Adam) of the article's network is so many times as fast as PyTorch's on
// the CPU with OpenBLAS, the same batch and threads; a second thread costs next to no processor time; and a model decides
// at least as fast as onnxruntime runs its exported form. Each side is a process of its own and is asked by turns; times
// are a step's, median (least … most) over rounds, and ratios are taken within a round, of processor time, which others on
// the machine change least. `node bench/network.bench.js [rounds]`, after `npm run build`. The native builds are measured
// where the addon is (TAXON_NATIVE, or what `taxon doctor --build-native` built), or where a C++ compiler is to build it.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { seededRandom } from '../dist/core/index.js'
import { availableEngines, chooseEngine } from '../dist/kernels/network/engine.js'
import { builtAddonPath } from '../dist/kernels/network/native-addon.js'
import { namedNetworks } from '../dist/models/network/architectures.js'
import { layOut } from '../dist/models/network/layout.js'
import { initialise } from '../dist/models/network/network.js'
import { compilers } from '../native/build-addon.js'
import { median, pythonWith, roundsAsked, side, spread } from './peers.js'

const [STEPS, CLASSES, UNITS, MAPS1, MAPS2] = [200, 9, 100, 10, 20]
const VOCABULARIES = [60, 300]
const BATCHES = [32, 128]
const THREADS = [1, 2]
const ROWS = [1, 32, 256]
/** How many times as fast as PyTorch, with batches of 32 and of 128. */
const CLAIMS = { wasm: [1, 0.8], native: [2.5, 1.7], avx2_fast: [3, null], avx512_fast: [4, 2.4] }
/** Most processor time of a step on two threads, by that on one. */
const SECOND_THREAD = 1.1
/** How far answers may be apart. */
const EQUAL_WITHIN = 1e-4
/** Seconds that a side is asked for at once. */
const TURN = 0.2
/** A sequence forwards: an LSTM over 50 steps and a convolution over 100; backwards is twice as much. */
const FLOP = 2 * (STEPS / 4) * (MAPS2 + UNITS) * 4 * UNITS + 2 * (STEPS / 2) * 3 * MAPS1 * MAPS2
const OPENBLAS = '/usr/lib/x86_64-linux-gnu/openblas-pthread'

const folder = mkdtempSync(join(tmpdir(), 'taxon-bench-'))
const failures = []
const claim = (what, found, holds) => {
  if (!holds) failures.push(`${what}: ${found}`)
}

/** A C++ compiler with the arguments that go before all others; undefined where there is none. */
const compiler = compilers().find(
  ([command, ...args]) => spawnSync(command, [...args, '--version']).status === 0,
)

/** Where there is no addon, builds one that is gone afterwards. */
function findAddon() {
  if (process.env.TAXON_NATIVE !== undefined || existsSync(builtAddonPath()) || !compiler) return
  const addon = join(folder, 'addon.node')
  execFileSync(process.execPath, [join(import.meta.dirname, '../native/build-addon.js'), addon])
  process.env.TAXON_NATIVE = addon
}

/** What every side works on: an architecture, weights and tokens for each vocabulary, and targets. */
function writeProblem() {
  const network = namedNetworks.find(({ name }) => name === 'cnn-lstm')
  const architecture = network.layers(Object.fromEntries(network.settings.map((s) => [s.name, s.otherwise])))
  const random = seededRandom(11)
  const most = Math.max(...BATCHES, ...ROWS)
  const shapes = {}
  for (const vocabulary of VOCABULARIES) {
    const size = { architecture, vocabulary, columns: 0, classes: CLASSES, steps: STEPS, entries: 0 }
    const layout = layOut({ ...size, microBatches: 0, threads: 1, floatBytes: 4 })
    const weights = new Float32Array(layout.weightCount)
    initialise({ layout, weights }, 5)
    shapes[vocabulary] = layout.parameters.map(({ shape }) => shape)
    writeFileSync(join(folder, `weights-${vocabulary}`), weights)
    const tokens = Uint32Array.from({ length: most * STEPS }, () => random.below(vocabulary))
    writeFileSync(join(folder, `tokens-${vocabulary}`), tokens)
  }
  const targets = Array.from({ length: most }, () => random.below(CLASSES))
  const sizes = { steps: STEPS, classes: CLASSES, maps1: MAPS1, maps2: MAPS2, units: UNITS }
  writeFileSync(join(folder, 'problem.json'), JSON.stringify({ ...sizes, architecture, shapes, targets }))
  return architecture
}

/** The exported form of the network for each vocabulary. */
async function writeOnnx(architecture) {
  const [{ networkGraph }, { makeGraph }, { onnxFile }, { inputRows }, { networkModel }] = await Promise.all(
    ['onnx/network-graph', 'onnx/graph', 'onnx/onnx-file', 'onnx/ports', 'network/network-model'].map(
      (name) => import(`../dist/models/${name}.js`),
    ),
  )
  for (const vocabulary of VOCABULARIES) {
    const bytes = new Uint8Array(readFileSync(join(folder, `weights-${vocabulary}`)))
    const members = [new Float32Array(bytes.buffer)]
    const learned = { architecture, vocabulary, columns: 0, members, losses: new Float64Array(1) }
    const { tensors } = networkModel('cnn-lstm', CLASSES, learned)
    const graph = makeGraph('network')
    const rows = inputRows(graph, { names: [] })
    graph.output('decisions', ['rows', CLASSES], networkGraph(graph, { tensors, rows }, architecture))
    writeFileSync(join(folder, `model-${vocabulary}.onnx`), Buffer.concat(onnxFile(graph.parts(), {})))
  }
}

/** GFLOP/s that one core reaches in an engine's instructions, or null where nothing can measure it. */
function measurePeaks() {
  if (!compiler || process.arch !== 'x64') return {}
  const [command, ...first] = compiler
  const wide = '-mavx512f -mavx512vl -mavx512dq -mavx512bw -mprefer-vector-width=512'
  const flags = {
    wasm: '-DLANES=4 -ffp-contract=off',
    baseline: '-DLANES=4 -ffp-contract=off',
    avx2: '-DLANES=8 -mavx2 -ffp-contract=off',
    avx2_fast: '-DLANES=8 -mavx2 -mfma -ffp-contract=fast',
    avx512: `-DLANES=16 ${wide} -ffp-contract=off`,
    avx512_fast: `-DLANES=16 ${wide} -mfma -ffp-contract=fast`,
  }
  const file = join(folder, 'peak')
  const peaks = {}
  for (const engine of availableEngines()) {
    const source = join(import.meta.dirname, 'peak.cpp')
    execFileSync(command, [...first, '-O3', ...flags[engine].split(' '), source, '-o', file])
    peaks[engine] = Number(execFileSync(file))
  }
  return peaks
}

/** PyTorch in a process of its own, with OpenBLAS as it chooses its kernels itself. */
function torchSide(python, threads) {
  const { OPENBLAS_CORETYPE, OPENBLAS_L2_SIZE, ...env } = process.env
  const count = String(threads)
  const own = { OMP_NUM_THREADS: count, OPENBLAS_NUM_THREADS: count, OMP_WAIT_POLICY: 'passive' }
  const script = join(import.meta.dirname, 'network.py')
  return side(python, [script, folder, count], { ...env, ...own, LD_LIBRARY_PATH: OPENBLAS })
}

const nodeSide = (name) =>
  side(process.execPath, [join(import.meta.dirname, 'network-side.js'), name, folder], {
    ...process.env,
    TAXON_ENGINE: name === 'onnxruntime' ? '' : name,
  })

const norm = (values) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0))

async function assertEqual(torch, engines) {
  for (const vocabulary of VOCABULARIES) {
    const want = await torch.ask('gradients', vocabulary, 32)
    for (const [name, ours] of Object.entries(engines)) {
      const got = await ours.ask('gradients', vocabulary, 32)
      const apart = norm(want.gradients.map((value, i) => value - got.gradients[i])) / norm(want.gradients)
      if (!(apart < EQUAL_WITHIN && Math.abs(want.loss - got.loss) < EQUAL_WITHIN)) {
        throw new Error(`${name}: gradients are ${apart} apart, losses ${got.loss} and ${want.loss}`)
      }
    }
  }
}

/** Asks every side by turns. @returns for each its times, round by round, after one that is not counted */
async function takeTurns(asks, rounds) {
  const counts = {}
  const times = {}
  for (const [name, ask] of Object.entries(asks)) {
    await ask(2)
    counts[name] = Math.max(1, Math.round(TURN / (await ask(2)).wall))
    times[name] = { wall: [], processor: [] }
  }
  for (let round = 0; round < rounds; round++) {
    for (const [name, ask] of Object.entries(asks)) {
      const { wall, processor } = await ask(counts[name])
      times[name].wall.push(wall)
      times[name].processor.push(processor)
    }
  }
  return times
}

const ratios = (peer, own, of) => peer[of].map((time, round) => time / own[of][round])
const ms = (values) =>
  spread(
    values.map((value) => value * 1000),
    2,
  )

async function compareTraining(torches, engines, peaks, rounds) {
  const best = chooseEngine()
  console.log(
    `\n| V | batch | threads | side | ms of processor | ms of wall | ratio, processor | ratio, wall | GFLOP/s | of peak | claimed |`,
  )
  console.log(`|${'---|'.repeat(11)}`)
  for (const vocabulary of VOCABULARIES) {
    for (const [b, batch] of BATCHES.entries()) {
      const asks = {}
      for (const threads of THREADS) {
        asks[`PyTorch ${threads}`] = (count) => torches[threads].ask('steps', vocabulary, batch, count)
        for (const [name, ours] of Object.entries(engines)) {
          asks[`${name} ${threads}`] = (count) => ours.ask('steps', vocabulary, batch, threads, count)
        }
      }
      const times = await takeTurns(asks, rounds)
      for (const threads of THREADS) {
        const peer = times[`PyTorch ${threads}`]
        for (const name of ['PyTorch', ...Object.keys(engines)]) {
          const own = times[`${name} ${threads}`]
          const [processor, wall] = ['processor', 'wall'].map((of) => ratios(peer, own, of))
          const speed = (3 * FLOP * batch) / median(own.processor) / 1e9
          const wanted = CLAIMS[name === best && name !== 'wasm' ? 'native' : name]?.[b] ?? null
          const what = `${name}, V ${vocabulary}, batch ${batch}, threads ${threads}`
          if (wanted !== null) claim(what, median(processor).toFixed(2), median(processor) >= wanted)
          if (threads === 2 && name !== 'PyTorch') {
            const more = median(ratios(own, times[`${name} 1`], 'processor'))
            claim(`${what}: processor time by that of one`, more.toFixed(2), more <= SECOND_THREAD)
          }
          const share = peaks[name] ? `${((100 * speed) / peaks[name]).toFixed(0)} %` : ''
          const columns = [
            ...[vocabulary, batch, threads, name, ms(own.processor), ms(own.wall)],
            ...(name === 'PyTorch' ? ['', ''] : [spread(processor, 2), spread(wall, 2)]),
            ...[speed.toFixed(0), share, wanted ?? ''],
          ]
          console.log(`| ${columns.join(' | ')} |`)
        }
      }
    }
  }
}

async function compareDeciding(engines, rounds) {
  const best = chooseEngine()
  const own = Object.fromEntries(Object.entries(engines).filter(([name]) => name === 'wasm' || name === best))
  const sides = { onnxruntime: nodeSide('onnxruntime'), ...own }
  console.log(
    `\n| V | rows at once | side | rows a second, processor | rows a second, wall | ratio, processor | ratio, wall | claimed |`,
  )
  console.log(`|${'---|'.repeat(8)}`)
  for (const vocabulary of VOCABULARIES) {
    for (const rows of ROWS) {
      const want = await sides.onnxruntime.ask('decisions', vocabulary, rows)
      for (const [name, ours] of Object.entries(own)) {
        const got = await ours.ask('decisions', vocabulary, rows)
        const apart = Math.max(...got.map((value, i) => Math.abs(value - want[i])))
        if (!(apart < EQUAL_WITHIN)) throw new Error(`${name}: decisions are ${apart} from onnxruntime's`)
      }
      const asks = Object.fromEntries(
        Object.entries(sides).map(([name, each]) => [
          name,
          (count) => each.ask('decide', vocabulary, rows, count),
        ]),
      )
      const times = await takeTurns(asks, rounds)
      for (const [name, { processor, wall }] of Object.entries(times)) {
        const each = [processor, wall].map((values) =>
          spread(
            values.map((value) => rows / value),
            0,
          ),
        )
        const [byProcessor, byWall] = ['processor', 'wall'].map((of) =>
          ratios(times.onnxruntime, times[name], of),
        )
        const wanted = name === best && name !== 'wasm' ? 1 : null
        const what = `${name}, V ${vocabulary}, ${rows} rows at once`
        if (wanted) claim(what, median(byProcessor).toFixed(2), median(byProcessor) >= wanted)
        const compared = name === 'onnxruntime' ? ['', ''] : [spread(byProcessor, 2), spread(byWall, 2)]
        console.log(`| ${[vocabulary, rows, name, ...each, ...compared, wanted ?? ''].join(' | ')} |`)
      }
    }
  }
  sides.onnxruntime.close()
}

async function main() {
  const rounds = roundsAsked(5)
  const python = pythonWith('torch')
  if (!python || !existsSync(OPENBLAS)) {
    return console.log('network: nothing to compare with: apt-get install python3-torch libopenblas0-pthread')
  }
  const before = loadavg()[0]
  findAddon()
  const architecture = writeProblem()
  const fast = availableEngines().filter((name) => name.endsWith('_fast'))
  const names = [...new Set(['wasm', chooseEngine(), ...fast])]
  const engines = Object.fromEntries(names.map((name) => [name, nodeSide(name)]))
  const torches = Object.fromEntries(THREADS.map((threads) => [threads, torchSide(python, threads)]))
  const all = [...Object.values(engines), ...Object.values(torches)]
  const said = []
  for (const torch of Object.values(torches)) said.push(await torch.next())
  const [{ version, blas }] = said
  if (blas === null) throw new Error('network: PyTorch does not run on OpenBLAS here')
  console.log(
    `network: Node ${process.version}, PyTorch ${version} on ${blas}, ${cpus()[0].model}, ${cpus().length} cores`,
  )
  console.log(`Two convolutions (${MAPS1}, ${MAPS2}) and an LSTM (${UNITS}) over ${STEPS} tokens of V`)
  const peaks = measurePeaks()
  const shown = Object.entries(peaks).map(([name, peak]) => `${name} ${peak.toFixed(0)}`)
  if (shown.length > 0) {
    console.log(
      `GFLOP/s of one core on registers (bench/peak.cpp; wasm: that of 128-bit vectors): ${shown.join(', ')}`,
    )
  }
  await assertEqual(torches[1], engines)
  await compareTraining(torches, engines, peaks, rounds)
  await writeOnnx(architecture)
  await compareDeciding(engines, rounds)
  for (const each of all) each.close()
  console.log(
    `\n${rounds} rounds; load average ${before.toFixed(1)} before and ${loadavg()[0].toFixed(1)} after`,
  )
  for (const failure of failures) console.log(`Broken: ${failure}`)
  if (failures.length > 0) process.exitCode = 1
}

try {
  await main()
} finally {
  rmSync(folder, { recursive: true, force: true })
}
