import { type EngineName, FIRST_ADDRESS, openEngine, PANEL_COLUMNS } from '../src/kernels/network/engine.ts'
import type { Operations } from '../src/kernels/network/operations.ts'

/** Where an operation wrote. */
export interface Output {
  readonly at: number
  readonly count: number
  readonly of: 'floats' | 'words' | 'bytes'
}

/** An engine's memory, into which inputs are put one behind the other; all else in it is NaN. */
export interface EngineMemory {
  readonly operations: Operations
  readonly floatBytes: 4 | 8
  /** Addresses of what is put there; floats are rounded to float32. */
  floats(values: ArrayLike<number>): number
  words(values: ArrayLike<number>): number
  bytes(values: ArrayLike<number>): number
  /** Address of NaN, for what is to be written. */
  room(count: number, of?: Output['of']): Output
  /** The address of a float, counted from another. */
  plus(address: number, floats: number): number
  /** A copy. */
  read(output: Output): Float32Array | Float64Array | Uint32Array | Uint8Array
  /** Forgets all. */
  clear(): void
}

const BYTES = 1 << 20
const SIZES = { words: 4, bytes: 1 }

/** Memory of an engine. @param absolute puts the absolute values of floats there, for bounds of rounding errors */
export function engineMemory(engine: EngineName, absolute = false): EngineMemory {
  const { operations, buffer, floatBytes } = openEngine(engine, FIRST_ADDRESS + BYTES)
  const all = {
    floats: floatBytes === 8 ? new Float64Array(buffer) : new Float32Array(buffer),
    words: new Uint32Array(buffer),
    bytes: new Uint8Array(buffer),
  }
  all.bytes.fill(0xff, FIRST_ADDRESS)
  let end = FIRST_ADDRESS
  const sizeOf = (of: Output['of']) => (of === 'floats' ? floatBytes : SIZES[of])
  const room = (count: number, of: Output['of'] = 'floats'): Output => {
    const at = end
    end = Math.ceil((end + count * sizeOf(of)) / 64) * 64
    if (end > FIRST_ADDRESS + BYTES - PANEL_COLUMNS * floatBytes) throw new RangeError('too many numbers')
    return { at, count, of }
  }
  const put = (values: ArrayLike<number>, of: Output['of']) => {
    const { at } = room(values.length, of)
    all[of].set(values, at / sizeOf(of))
    return at
  }
  return {
    operations,
    floatBytes,
    floats: (values) =>
      put(
        Array.from(values, (value) => Math.fround(absolute ? Math.abs(value) : value)),
        'floats',
      ),
    words: (values) => put(values, 'words'),
    bytes: (values) => put(values, 'bytes'),
    room,
    plus: (address, floats) => address + floats * floatBytes,
    clear() {
      all.bytes.fill(0xff, FIRST_ADDRESS, end + PANEL_COLUMNS * floatBytes)
      end = FIRST_ADDRESS
    },
    read: ({ at, count, of }) => all[of].slice(at / sizeOf(of), at / sizeOf(of) + count),
  }
}
