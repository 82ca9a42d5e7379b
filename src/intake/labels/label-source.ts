import { wellFormed } from '../../core/index.ts'
import type { EngineLabel } from '../../samples/index.ts'

export type { EngineLabel, LabelState } from '../../samples/index.ts'

/** A sample to be labelled. */
export interface LabelledSample {
  readonly sha256: string
  /** Reports are often named by these. */
  readonly sha1?: string
  readonly md5?: string
  /** File name, for lists that name no hashes. */
  readonly name?: string
  readonly size: number
  /** The bytes; asked for again where an engine has to be tried again. */
  open(): AsyncIterable<Uint8Array>
}

/** Whoever can say what a sample is. */
export interface LabelSource {
  readonly name: string
  /** Version of the engine and its signatures, null where there is none. @throws KnownError where the engine is not there */
  version(signal?: AbortSignal): Promise<string | null>
  /**
   * What it says; empty where it knows nothing of the sample. What is the sample's fault is a label whose state says so.
   * @throws KnownError for what is the engine's fault: it is not there, or silent. Asking again later may help
   * @throws the reason of the signal, what `open` throws
   */
  label(sample: LabelledSample, signal?: AbortSignal): Promise<readonly EngineLabel[]>
}

/** Characters of a detection that are kept; real ones have under a hundred. */
export const MAX_DETECTION = 1000

/** A detection as it may be kept: bounded, and such that UTF-8 can hold it. It stays hostile. */
export function boundedDetection(text: string): string {
  return wellFormed(text.slice(0, MAX_DETECTION))
}
