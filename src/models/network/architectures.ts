import type { KindSetting, OwnSettings } from '../classifier-kind.ts'
import type { Architecture, Layer } from './architecture.ts'

/** A network by its name: settings, and the layers that they make. A new one is one entry in `namedNetworks`. */
export interface NamedNetwork {
  readonly name: string
  /** Settings of its layers, beside those of every network. */
  readonly settings: readonly KindSetting[]
  layers(own: OwnSettings): Architecture
}

const whole = (name: string, otherwise: number, least: number, most: number): KindSetting => {
  return { name, type: 'whole', otherwise, least, most }
}
const flag = (name: string, otherwise: 0 | 1): KindSetting => {
  return { name, type: 'flag', otherwise, least: 0, most: 1 }
}

const maps1 = whole('maps1', 10, 1, 512)
const maps2 = whole('maps2', 20, 1, 512)
const filter = whole('filter', 3, 1, 31)
const pool = whole('pool', 2, 1, 64)
const units = whole('units', 100, 1, 1024)
const directions = whole('directions', 1, 1, 2)
const rectify = flag('rectify', 1)
const dropout: KindSetting = { name: 'dropout', type: 'number', otherwise: 0.5, least: 0, most: 0.95 }
/** How the steps become one row: 0 by their mean, 1 by the largest of each channel, 2 by attention. */
const pooling = whole('pooling', 0, 0, 2)

const poolings = [
  { layer: 'mean-pool' },
  { layer: 'max-over-time' },
  { layer: 'attention-pool' },
] as const satisfies readonly Layer[]

function activation({ rectify }: OwnSettings): Layer {
  return { layer: 'activation', of: rectify === 1 ? 'relu' : 'tanh' }
}

/** Two convolutions, each with its activation and max-pool. */
function convolutions(own: OwnSettings): Layer[] {
  const shrink: Layer[] = own.pool > 1 ? [{ layer: 'max-pool', size: own.pool }] : []
  return [
    { layer: 'embedding-convolution', maps: own.maps1, width: oddOf(own.filter) },
    activation(own),
    ...shrink,
    { layer: 'convolution', maps: own.maps2, width: oddOf(own.filter) },
    activation(own),
    ...shrink,
  ]
}

/** Filters have a middle: an even width stands for the next odd one. */
function oddOf(width: number): number {
  return width % 2 === 1 ? width : width + 1
}

function recurrence(own: OwnSettings): Layer[] {
  return [
    { layer: 'lstm', units: own.units, directions: own.directions === 2 ? 2 : 1 },
    poolings[own.pooling],
  ]
}

/** A dense layer with its activation and dropout, as often as there are sizes. */
function denseLayers(own: OwnSettings, sizes: readonly number[]): Layer[] {
  return sizes.flatMap((size): Layer[] => [
    { layer: 'dense', units: size },
    activation(own),
    { layer: 'dropout', rate: own.dropout },
  ])
}

/**
 * Two convolutions over one-hot calls and an LSTM over what is left of them: Kolosnjaji, Zarras, Webster & Eckert, "Deep
 * Learning for Classification of Malware System Call Sequences", 2016.
 */
const cnnLstm: NamedNetwork = {
  name: 'cnn-lstm',
  settings: [maps1, maps2, filter, pool, units, directions, pooling, rectify, dropout],
  layers: (own) => ({
    sequence: [...convolutions(own), ...recurrence(own)],
    columns: [],
    head: [{ layer: 'dropout', rate: own.dropout }],
  }),
}

/** The convolutions alone. */
const cnn: NamedNetwork = {
  name: 'cnn',
  settings: [maps1, maps2, filter, pool, pooling, rectify, dropout],
  layers: (own) => ({
    sequence: [...convolutions(own), poolings[own.pooling]],
    columns: [],
    head: [{ layer: 'dropout', rate: own.dropout }],
  }),
}

/** An LSTM over embedded calls. */
const lstm: NamedNetwork = {
  name: 'lstm',
  settings: [whole('embedding', 32, 1, 512), units, directions, pooling, dropout],
  layers: (own) => ({
    sequence: [{ layer: 'embedding-convolution', maps: own.embedding, width: 1 }, ...recurrence(own)],
    columns: [],
    head: [{ layer: 'dropout', rate: own.dropout }],
  }),
}

/** Dense layers over the columns, which know no order beyond n-grams. */
const feedforward: NamedNetwork = {
  name: 'feedforward',
  settings: [whole('hidden', 128, 1, 2048), whole('layers', 2, 1, 8), rectify, dropout],
  layers: (own) => ({
    sequence: [],
    columns: denseLayers(own, new Array(own.layers).fill(own.hidden)),
    head: [],
  }),
}

/** Every network that a recipe can name. */
export const namedNetworks: readonly NamedNetwork[] = [cnnLstm, cnn, lstm, feedforward]
