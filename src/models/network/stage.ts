import type { Operations } from '../../kernels/network/operations.ts'

/** A learned array of a layer, and how it begins. */
export interface Parameter {
  /** Such as `sequence.0.kernel`. */
  readonly name: string
  readonly shape: readonly number[]
  /** Uniform in ± this at first; 0 for zeros. */
  readonly spread: number
  /** Of an LSTM's bias: these units of it begin at 1, so that cells remember (Jozefowicz et al., 2015). */
  readonly ones?: readonly [from: number, to: number]
  /** First number among all weights. */
  readonly at: number
}

/** Where the steps of a micro-batch stand, at one resolution of time. Addresses of words. */
export interface Level {
  readonly starts: number
  readonly lengths: number
}

/** The same as numbers, of the micro-batch under way. */
export interface LevelNumbers {
  readonly starts: Uint32Array
  readonly lengths: Uint32Array
  /** Rows of the matrix, guards included. */
  total: number
}

/** Numbers of every step [steps, channels] with their gradients; addresses. */
export interface Steps {
  readonly values: number
  readonly gradient: number
  readonly channels: number
  /** Number of its level. */
  readonly level: number
}

/** Numbers of every row of a micro-batch [rows, width] with their gradients; addresses. */
export interface Rows {
  readonly values: number
  readonly gradient: number
  readonly width: number
}

/** What a stage works on and with. */
export interface Run {
  readonly operations: Operations
  /** Address of the first weight. */
  readonly weights: number
  /** Address of the first gradient of the micro-batch. */
  readonly gradients: number
  readonly floatBytes: number
  readonly floats: Float32Array | Float64Array
  readonly words: Uint32Array
  /** Sequences, or rows, of the micro-batch. */
  readonly rows: number
  readonly levels: readonly LevelNumbers[]
  /** Whether dropout drops. */
  readonly training: boolean
  /** Changes with every epoch. */
  readonly seed: number
}

/** One layer put into place: its memory is planned, and it can run any number of times. */
export interface Stage {
  /** Packs weights for the products; after every change of the weights, before anything runs. */
  pack?(run: Run): void
  forward(run: Run): void
  /** From the gradient of its output to those of its input and weights. */
  backward(run: Run): void
}

/** What of memory is handed out. Addresses are multiples of 64. */
export interface Allocator {
  floats(count: number): number
  words(count: number): number
  bytes(count: number): number
}

/** What a layer is put into place with. */
export interface Place {
  /** For packed weights, which all threads share. */
  readonly shared: Allocator
  /** For what each thread has of its own. */
  readonly own: Allocator
  /** Most rows of a micro-batch. */
  readonly rows: number
  /** Most rows of the matrix of steps at a level, guards included. */
  capacity(level: number): number
  /** Most steps of a sequence at a level. */
  steps(level: number): number
  readonly levels: readonly Level[]
  /** Of tokens and columns. */
  readonly vocabulary: number
  readonly columns: number
  /** Addresses of the micro-batch's own input. */
  readonly input: MicroBatchInput
  /** Declares a weight; its place among all weights. */
  parameter(
    name: string,
    shape: readonly number[],
    spread: number,
    ones?: readonly [number, number],
  ): Parameter
  /** A number that tells this layer's dropout from others'. */
  readonly salt: number
}

/** Addresses of what a micro-batch is given. */
export interface MicroBatchInput {
  readonly tokens: number
  /** Where each sequence's tokens begin, [rows]. */
  readonly tokenStarts: number
  /** Number of each row in the training matrix: names it to dropout. */
  readonly rowNames: number
  readonly targets: number
  /** The sparse rows, [rows + 1] and their entries. */
  readonly entryStarts: number
  readonly entryColumns: number
  readonly entryValues: number
}

/** Address of a parameter's numbers in some array of all weights. */
export function addressOf(run: Run, base: number, parameter: Parameter): number {
  return base + parameter.at * run.floatBytes
}

/** Numbers that packed weights of some terms and columns take, whatever the engine. */
export function packedSize(terms: number, columns: number, panelColumns: number): number {
  return terms * Math.ceil(columns / panelColumns) * panelColumns
}
