/** The part of a kernel's exports that all kernels share: where the memory after its own data begins. */
export interface KernelExports {
  readonly __heap_base: WebAssembly.Global
}

/** An instance of a wasm kernel with its own memory, which the caller lays out from `base` on. */
export interface Kernel<Exports> {
  readonly exports: Exports
  readonly memory: WebAssembly.Memory
  /** First free byte, a multiple of 16. */
  readonly base: number
  /** Grows the memory, if need be, until it holds `bytes` bytes in all. Views made before are then detached. */
  reserve(bytes: number): void
}

const PAGE = 65_536
const compiled = new Map<string, WebAssembly.Module>()

/** A fresh instance of a kernel built by `npm run build:wasm`; the module itself is compiled once. */
export function instantiate<Exports>(base64: string): Kernel<Exports> {
  let module = compiled.get(base64)
  if (!module) {
    module = new WebAssembly.Module(Buffer.from(base64, 'base64'))
    compiled.set(base64, module)
  }
  const memory = new WebAssembly.Memory({ initial: 4, maximum: 65_536 })
  const exports = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown
  const { __heap_base: heap } = exports as KernelExports
  return {
    exports: exports as Exports,
    memory,
    base: Math.ceil(heap.value / 16) * 16,
    reserve(bytes) {
      const missing = Math.ceil((bytes - memory.buffer.byteLength) / PAGE)
      if (missing > 0) memory.grow(missing)
    },
  }
}

/** Where the buffers of a kernel stand in its memory, one behind the other. */
export interface MemoryPlan {
  /** The address of the next buffer, a multiple of 16. */
  place(bytes: number): number
  /** First byte behind all that was placed, for `reserve`. */
  readonly end: number
}

/** An empty plan. @param base where the first buffer stands, a multiple of 16 */
export function memoryPlan(base: number): MemoryPlan {
  let end = base
  return {
    place(bytes) {
      const at = end
      end = Math.ceil((end + bytes) / 16) * 16
      return at
    },
    get end() {
      return end
    },
  }
}
