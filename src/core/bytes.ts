/** The bytes of a typed array, in place and little-endian as on every platform that Node runs on; none for null. */
export function bytesOf(array: Numbers | null): Uint8Array {
  return array === null
    ? new Uint8Array(0)
    : new Uint8Array(array.buffer as ArrayBuffer, array.byteOffset, array.byteLength)
}

/** Arrays of numbers that are written to files or hashed. */
type Numbers = Uint16Array | Uint32Array | Float32Array | Float64Array
