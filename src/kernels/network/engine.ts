import { UsageError } from '../../core/index.ts'
import { type NativeAddon, searchAddon } from './native-addon.ts'
import { wasm } from './network.wasm.ts'
import type { Operations } from './operations.ts'
import { referenceOperations } from './reference/index.ts'

/** Which build of the operations: `reference` and `wasm` are always there, the others where the addon is. */
export type EngineName = 'reference' | 'wasm' | 'baseline' | 'avx2' | 'avx512' | 'avx2_fast' | 'avx512_fast'

/** Memory that threads share, as it can be sent to them. */
export type SharedMemory = WebAssembly.Memory | SharedArrayBuffer

/** Operations with the memory that they work on. */
export interface Engine {
  readonly name: EngineName
  readonly operations: Operations
  /** All memory; its size does not change. */
  readonly buffer: SharedArrayBuffer
  /** What another thread opens the same memory from. */
  readonly shared: SharedMemory
  /** Bytes of one number: 8 of the reference, whose numbers are float64, else 4. */
  readonly floatBytes: 4 | 8
}

/** Widest panel of packed weights of any engine is 32; a whole number of each engine's panels fits into this many columns. */
export const PANEL_COLUMNS = 96

/** Most threads that one memory can have. */
export const MAX_THREADS = 48

/** The first address that callers may use: below lie the data and the threads' stacks of WebAssembly. */
export const FIRST_ADDRESS = 1 << 22

const PAGE = 65_536
const MAX_PAGES = 65_536
const STACKS_AT = 1 << 19

let looked: { readonly addon: NativeAddon | null } | null = null

function nativeAddon(): NativeAddon | null {
  looked ??= searchAddon()
  return looked.addon
}

/** Engines that this machine can run, the best last; the reference is not among them. */
export function availableEngines(): readonly EngineName[] {
  return ['wasm', ...((nativeAddon()?.builds ?? []) as EngineName[])]
}

/**
 * The engine to use: the best one whose bytes are those of all others, or with `fast` the best that fuses
 * multiplications with additions, where there is one. TAXON_ENGINE may name another.
 * @throws UsageError where TAXON_ENGINE names one that is not here
 */
export function chooseEngine({ fast = false } = {}): EngineName {
  const engines = availableEngines()
  const asked = process.env.TAXON_ENGINE
  if (asked) {
    const known = [...engines, 'reference']
    if (known.includes(asked)) return asked as EngineName
    throw new UsageError(
      `TAXON_ENGINE: no engine is called ${JSON.stringify(asked)}; here are ${known.join(', ')}`,
    )
  }
  const isFast = (name: string) => name.endsWith('_fast')
  const exact = engines.findLast((name) => !isFast(name))!
  return fast ? (engines.findLast(isFast) ?? exact) : exact
}

/** Bytes of one number in an engine's memory. */
export function floatBytesOf(name: EngineName): 4 | 8 {
  return name === 'reference' ? 8 : 4
}

/** An engine with a memory of its own, all zeros. @param bytes in all, FIRST_ADDRESS included */
export function openEngine(name: EngineName, bytes: number): Engine {
  const pages = Math.ceil(bytes / PAGE)
  if (pages > MAX_PAGES)
    throw new UsageError(`network: needs ${Math.ceil(bytes / 2 ** 20)} MiB at once, 4096 are the most`)
  const shared =
    name === 'wasm'
      ? new WebAssembly.Memory({ initial: pages, maximum: MAX_PAGES, shared: true })
      : new SharedArrayBuffer(pages * PAGE)
  return attachEngine(name, shared, 0)
}

/** The same engine on another thread. @param thread its number, 0 for the one that opened it, below MAX_THREADS */
export function attachEngine(name: EngineName, shared: SharedMemory, thread: number): Engine {
  const buffer = (shared instanceof WebAssembly.Memory ? shared.buffer : shared) as SharedArrayBuffer
  return {
    name,
    operations: operationsOf(name, shared, buffer, thread),
    buffer,
    shared,
    floatBytes: floatBytesOf(name),
  }
}

function operationsOf(
  name: EngineName,
  shared: SharedMemory,
  buffer: SharedArrayBuffer,
  thread: number,
): Operations {
  if (name === 'reference') return referenceOperations(buffer)
  if (name === 'wasm') return wasmOperations(shared as WebAssembly.Memory, thread)
  const addon = nativeAddon()
  if (!addon?.builds.includes(name))
    throw new UsageError(`network: the engine ${name} is not on this machine`)
  return addon.bind(name, new Uint8Array(buffer))
}

let compiled: WebAssembly.Module | null = null

function wasmOperations(memory: WebAssembly.Memory, thread: number): Operations {
  compiled ??= new WebAssembly.Module(Buffer.from(wasm, 'base64'))
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory } })
  if (thread > 0) (exports.__stack_pointer as WebAssembly.Global).value = STACKS_AT + (thread + 1) * PAGE
  return exports as unknown as Operations
}
