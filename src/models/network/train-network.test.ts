import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { randomSequences } from '../../../test/made-up-sequences.ts'
import { seededRandom } from '../../core/index.ts'
import type { SparseMatrix } from '../../features/index.ts'
import type { Architecture } from './architecture.ts'
import { type TrainingResources, type TrainingSettings, trainNetwork } from './train-network.ts'

const ARCHITECTURE: Architecture = {
  sequence: [
    { layer: 'embedding-convolution', maps: 6, width: 3 },
    { layer: 'activation', of: 'relu' },
    { layer: 'max-pool', size: 2 },
    { layer: 'lstm', units: 5, directions: 2 },
    { layer: 'mean-pool' },
  ],
  columns: [{ layer: 'dense', units: 4 }],
  head: [{ layer: 'dropout', rate: 0.3 }],
}

const SETTINGS: TrainingSettings = {
  ...{ seed: 3, batch: 48, rate: 0.02, lastRate: 0.1, horizon: 8 },
  ...{ decay: 0.01, smoothing: 0.05, balanced: true },
}

/** Rows whose class is the token that most of their sequence is made of. */
function learnable(rows: number) {
  const random = seededRandom(11)
  const lengths = Array.from({ length: rows }, () => random.below(20))
  const x = randomSequences(random, lengths, 4, 5)
  const y = Uint32Array.from({ length: rows }, () => random.below(3))
  const { starts, tokens } = x.sequences!
  y.forEach((own, row) => {
    for (let at = starts[row]; at < starts[row + 1]; at++) if (random.below(3) > 0) tokens[at] = own + 1
  })
  return { x, y }
}

/** The weights after so many epochs, and the losses on the way. */
function trained(
  { x, y }: { x: SparseMatrix; y: Uint32Array },
  epochs: number,
  resources: TrainingResources = {},
  settings = SETTINGS,
) {
  for (const { epoch, losses, network } of trainNetwork(ARCHITECTURE, x, y, 3, settings, resources)) {
    if (epoch >= epochs)
      return { weights: Float32Array.from(network.weights), losses: losses.slice(0, epochs) }
  }
  throw new Error('a training never ends by itself')
}

describe('the training of a network', () => {
  const data = learnable(130)
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'taxon-checkpoints-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  it('learns', () => {
    const { losses } = trained(data, 12)
    expect(losses).toHaveLength(12)
    expect(losses[11]).toBeLessThan(losses[0] / 2)
  })

  it('gives the same bytes on one, two and three threads, and another seed gives others', () => {
    const first = trained(data, 3)
    for (const threads of [1, 2, 3]) expect(trained(data, 3, { threads })).toEqual(first)
    expect(trained(data, 3, {}, { ...SETTINGS, seed: 4 })).not.toEqual(first)
  })

  it('goes on from a checkpoint to the bytes of a training that nobody stopped', () => {
    const whole = trained(data, 6)
    for (const stop of [1, 2, 5]) {
      const checkpoints = join(folder, String(stop))
      trained(data, stop, { checkpoints })
      expect(readdirSync(checkpoints)).toHaveLength(1)
      expect(trained(data, 6, { checkpoints, threads: 2 })).toEqual(whole)
    }
  })

  it('takes up no checkpoint of other data or settings, and none that is damaged', () => {
    trained(data, 2, { checkpoints: folder })
    const other = learnable(129)
    expect(trained(other, 3, { checkpoints: folder })).toEqual(trained(other, 3))
    const settings = { ...SETTINGS, rate: 0.01 }
    expect(trained(data, 3, { checkpoints: folder }, settings)).toEqual(trained(data, 3, {}, settings))
    for (const name of readdirSync(folder)) {
      const file = join(folder, name)
      const bytes = readFileSync(file)
      bytes[bytes.length >> 1] ^= 1
      writeFileSync(file, bytes)
    }
    expect(trained(data, 3, { checkpoints: folder })).toEqual(trained(data, 3))
  })

  it('counts the epochs it has done, those of a checkpoint too', () => {
    let counted = 0
    const onEpochs = (epochs: number) => {
      counted += epochs
    }
    const resources = { checkpoints: folder, onEpochs }
    trained(data, 2, resources)
    expect(counted).toBe(2)
    trained(data, 5, resources)
    expect(counted).toBe(2 + 2 + 3)
  })

  it('takes no rows, and rows of nothing', () => {
    const nothing = randomSequences(seededRandom(1), [], 4, 5)
    expect(trained({ x: nothing, y: new Uint32Array(0) }, 1).losses).toEqual([0])
    const empty = randomSequences(seededRandom(1), [0, 0, 0], 4, 0)
    expect(trained({ x: empty, y: Uint32Array.of(0, 1, 2) }, 2).weights.every(Number.isFinite)).toBe(true)
  })
})
