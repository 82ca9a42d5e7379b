// The sides of network.bench.js that are Node's, each in a process of its own: `node network-side.js ENGINE FOLDER` trains and
// decides with one engine of ours, `node network-side.js onnxruntime FOLDER` decides with the exported model.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openEngine } from '../dist/kernels/network/engine.js'
import { assembleCrew, BETA1, BETA2 } from '../dist/models/network/crew.js'
import { layOut, MICRO_BATCH_ROWS } from '../dist/models/network/layout.js'
import { openNetwork } from '../dist/models/network/network.js'
import { networkModel } from '../dist/models/network/network-model.js'
import { answer, requests } from './peers.js'

const [, , name, folder] = process.argv
const problem = JSON.parse(readFileSync(join(folder, 'problem.json'), 'utf8'))
const { steps, classes, architecture } = problem

const read = (file, Type) => new Type(new Uint8Array(readFileSync(join(folder, file))).buffer)
const weightsOf = (vocabulary) => read(`weights-${vocabulary}`, Float32Array)

function rowsOf(vocabulary, rows) {
  const starts = Uint32Array.from({ length: rows + 1 }, (_, row) => row * steps)
  const tokens = read(`tokens-${vocabulary}`, Uint32Array).slice(0, rows * steps)
  const none = { columns: 0, starts: new Uint32Array(rows + 1), indices: new Uint32Array(0), values: null }
  return { rows, ...none, sequences: { vocabulary, starts, tokens } }
}

/** Seconds of some calls, by the wall and of the processor on all threads, each. */
async function timed(count, call) {
  const [wall, processor] = [performance.now(), process.cpuUsage()]
  for (let i = 0; i < count; i++) await call()
  const { user, system } = process.cpuUsage(processor)
  return { wall: (performance.now() - wall) / 1e3 / count, processor: (user + system) / 1e6 / count }
}

/** A network with the problem's weights, and its batch. */
function open(vocabulary, batch, threads, own) {
  const size = {
    ...{ architecture: own, vocabulary, columns: 0, classes, steps, entries: 0 },
    ...{ microBatches: batch / MICRO_BATCH_ROWS, threads, floatBytes: 4 },
  }
  const layout = layOut(size)
  const engine = openEngine(name, layout.bytes)
  const network = openNetwork(size, layout, engine, 0)
  network.weights.set(weightsOf(vocabulary))
  const { floats, words } = network.run
  floats.fill(1, layout.shared.classWeights / 4, layout.shared.classWeights / 4 + classes)
  words.set([...Array(batch).keys()], layout.shared.batchRows / 4)
  const y = Uint32Array.from(problem.targets.slice(0, batch))
  return { size, layout, engine, network, x: rowsOf(vocabulary, batch), y }
}

const trainings = new Map()

/** What takes a step of a training that goes on from call to call. */
function trainingOf(vocabulary, batch, threads) {
  const key = [vocabulary, batch, threads].join()
  if (trainings.has(key)) return trainings.get(key)
  const { size, engine, network, x, y } = open(vocabulary, batch, threads, architecture)
  const crew = assembleCrew(network, size, engine, x, y)
  let t = 0
  const step = () => {
    t++
    crew.step({
      ...{ rows: batch, scale: 1 / batch, smoothing: 0, seed: t, microBatches: size.microBatches },
      ...{ rate: 1e-3, decay: 0, correction1: 1 / (1 - BETA1 ** t), correction2: 1 / (1 - BETA2 ** t) },
    })
  }
  trainings.set(key, step)
  return step
}

function gradients(vocabulary, batch) {
  const own = { ...architecture, head: [] }
  const { layout, network, x, y } = open(vocabulary, batch, 1, own)
  network.pack()
  const found = new Float64Array(layout.weightCount)
  let loss = 0
  for (let microBatch = 0; microBatch * MICRO_BATCH_ROWS < batch; microBatch++) {
    const rows = Array.from({ length: MICRO_BATCH_ROWS }, (_, i) => microBatch * MICRO_BATCH_ROWS + i)
    network.learn(x, y, rows, { microBatch, scale: 1 / batch, smoothing: 0, seed: 1 })
    const at = network.run.gradients / 4
    for (let i = 0; i < found.length; i++) found[i] += network.run.floats[at + i]
    for (const each of network.losses(microBatch, MICRO_BATCH_ROWS)) loss += each / batch
  }
  return { loss, gradients: [...found] }
}

const models = new Map()

function modelOf(vocabulary) {
  if (!models.has(vocabulary)) {
    const members = [weightsOf(vocabulary)]
    const learned = { architecture, vocabulary, columns: 0, members, losses: new Float64Array(1) }
    models.set(vocabulary, networkModel('cnn-lstm', classes, learned))
  }
  return models.get(vocabulary)
}

const ours = {
  gradients,
  steps: (vocabulary, batch, threads, count) => timed(count, trainingOf(vocabulary, batch, threads)),
  decisions: (vocabulary, rows) => [...modelOf(vocabulary).decide(rowsOf(vocabulary, rows))],
  decide(vocabulary, rows, count) {
    const x = rowsOf(vocabulary, rows)
    return timed(count, () => modelOf(vocabulary).decide(x))
  },
}

/** The exported model's side, with what it takes of rows laid out before it is timed. */
async function onnxruntime() {
  const { InferenceSession, Tensor } = await import('onnxruntime-node')
  const options = { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 3 }
  const sessions = new Map()
  const sessionOf = async (vocabulary) => {
    if (!sessions.has(vocabulary)) {
      const file = join(folder, `model-${vocabulary}.onnx`)
      sessions.set(vocabulary, await InferenceSession.create(file, options))
    }
    return sessions.get(vocabulary)
  }
  const inputsOf = (vocabulary, rows) => ({
    tokens: new Tensor('int64', BigInt64Array.from(rowsOf(vocabulary, rows).sequences.tokens, BigInt), [
      rows,
      steps,
    ]),
    lengths: new Tensor('int64', new BigInt64Array(rows).fill(BigInt(steps)), [rows]),
  })
  return {
    async decisions(vocabulary, rows) {
      const session = await sessionOf(vocabulary)
      return [...(await session.run(inputsOf(vocabulary, rows))).decisions.data]
    },
    async decide(vocabulary, rows, count) {
      const session = await sessionOf(vocabulary)
      const inputs = inputsOf(vocabulary, rows)
      return timed(count, () => session.run(inputs))
    },
  }
}

const tasks = name === 'onnxruntime' ? await onnxruntime() : ours
for await (const [task, ...rest] of requests()) answer(await tasks[task](...rest))
process.exit()
