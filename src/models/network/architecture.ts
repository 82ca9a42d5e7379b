/** One layer of a network, as data. `layers/` holds what each kind does. */
export type Layer =
  /** Convolution of one-hot tokens, odd `width`, zeros beyond the ends ("same"); only the first layer of `sequence`. */
  | { readonly layer: 'embedding-convolution'; readonly maps: number; readonly width: number }
  /** Convolution over steps, odd `width`, zeros beyond the ends ("same"). */
  | { readonly layer: 'convolution'; readonly maps: number; readonly width: number }
  | { readonly layer: 'activation'; readonly of: 'relu' | 'tanh' }
  /** The largest of each `size` steps; the last window may be shorter. */
  | { readonly layer: 'max-pool'; readonly size: number }
  /** `units` a direction; the second reads each sequence backwards within its own length. */
  | { readonly layer: 'lstm'; readonly units: number; readonly directions: 1 | 2 }
  /** One row of all of a sequence's own steps: their mean, the largest of each channel, or a mean by learned attention. */
  | { readonly layer: 'mean-pool' }
  | { readonly layer: 'max-over-time' }
  | { readonly layer: 'attention-pool' }
  /** In training, zeros this share of the numbers, 0 … 1. */
  | { readonly layer: 'dropout'; readonly rate: number }
  | { readonly layer: 'dense'; readonly units: number }

/** Names of the kinds of layers. */
export type LayerName = Layer['layer']

/**
 * A network: what it makes of a row's sequence and of its columns, side by side, goes through `head` to one number a
 * class, whose softmax are the probabilities. Either branch may be empty.
 */
export interface Architecture {
  /** From tokens to one row of numbers: begins with an embedding-convolution and pools over time once. */
  readonly sequence: readonly Layer[]
  /** From the row of columns, weighted as they are: begins with a dense layer. */
  readonly columns: readonly Layer[]
  readonly head: readonly Layer[]
}
