/** A memory whose floats are float64, as the reference operations see it: addresses are in bytes, all multiples of 8. */
export interface ReferenceMemory {
  readonly floats: Float64Array
  readonly words: Uint32Array
  readonly bytes: Uint8Array
}

/** Views of a buffer. */
export function referenceMemory(buffer: SharedArrayBuffer): ReferenceMemory {
  return { floats: new Float64Array(buffer), words: new Uint32Array(buffer), bytes: new Uint8Array(buffer) }
}

/** Where the float at an address stands among the floats. */
export const floatAt = (address: number): number => address / 8

/** Where the word at an address stands among the words. */
export const wordAt = (address: number): number => address / 4
