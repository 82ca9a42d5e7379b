import { KnownError } from '../core/index.ts'
import type { Trained } from './trained.ts'

/** A model file that is damaged, of another version, or no model file at all. */
export class ModelFileError extends KnownError {
  readonly code = 'bad-model'
}

/** The model as one safetensors file; equal models give equal bytes. */
export function saveModel(trained: Trained): Uint8Array {
  throw new Error(`not yet: ${trained}`)
}

/** A model from its file. @throws ModelFileError for any bytes that `saveModel` did not write */
export function loadModel(bytes: Uint8Array): Trained {
  throw new Error(`not yet: ${bytes}`)
}
