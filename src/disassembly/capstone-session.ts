import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Architecture } from '../binaries/index.ts'
import type { Processor } from './decoder.ts'

/** What is used of the module that Emscripten makes of Capstone 5: its C functions, on addresses of its memory. */
interface Capstone {
  _malloc(size: number): number
  _free(pointer: number): void
  _cs_open(architecture: number, mode: number, handle: number): number
  _cs_close(handle: number): number
  _cs_malloc(handle: number): number
  _cs_free(instruction: number, count: number): void
  _cs_disasm_iter(handle: number, code: number, size: number, address: number, instruction: number): number
  _cs_insn_name(handle: number, id: number): number
}

/** The module with its memory, which the package keeps to itself: reading it directly makes decoding thrice as fast. */
export interface Loaded {
  readonly capstone: Capstone
  readonly memory: WebAssembly.Memory
}

/** Numbers of `cs_arch` and `cs_mode` in capstone.h, version 5. */
const ARCHITECTURES: { readonly [each in Architecture]?: readonly [architecture: number, mode: number] } = {
  arm: [0, 0],
  arm64: [1, 0],
  mips: [2, 1 << 2],
  mips64: [2, 1 << 3],
}
const MODE_THUMB = 1 << 4
const MODE_BIG_ENDIAN = 0x8000_0000 | 0

/** Where the fields of `cs_insn` stand, version 5. */
const SIZE = 16
const MNEMONIC = 42
const MNEMONIC_BYTES = 32
const OPERANDS = 74
const OPERANDS_BYTES = 160

/** Code lies in Capstone's memory in pieces of this size; an instruction may lie across two. */
const PIECE_BYTES = 65_536
const LONGEST_INSTRUCTION = 8

/** Names of opcodes that hostile code can bring about are bounded by those that Capstone has; this is far above. */
export const MAX_NAMES = 65_536

let loading: Promise<Loaded> | null = null

/** Capstone, loaded when first needed, and once. */
export function loadCapstone(): Promise<Loaded> {
  loading ??= start()
  return loading
}

async function start(): Promise<Loaded> {
  const require = createRequire(import.meta.url)
  const path = require.resolve('@alexaltea/capstone-js')
  const make = require(path) as (settings: object) => Promise<Capstone>
  const module = new WebAssembly.Module(readFileSync(join(dirname(path), 'capstone.wasm')))
  let memory: WebAssembly.Memory | null = null
  const capstone = await make({
    instantiateWasm(imports: WebAssembly.Imports, receive: (instance: WebAssembly.Instance) => void) {
      const instance = new WebAssembly.Instance(module, imports)
      const exported = Object.values(instance.exports)
      memory = exported.find((each) => each instanceof WebAssembly.Memory) ?? null
      receive(instance)
      return instance.exports
    },
  })
  if (memory === null) throw new Error('capstone: its module has no memory of its own')
  return { capstone, memory }
}

/** Code in Capstone's memory, decoded one instruction after the other. */
export interface Session {
  /** The next instruction to be decoded is the one at `at`. */
  moveTo(at: number): void
  /** Decodes the next instruction, which is at `at`; false when there is none. */
  next(at: number): boolean
  mnemonic(): string
  operands(): string
  /** Bytes of the instruction. */
  size(): number
  close(): void
}

/** Capstone on code of a processor of `ARCHITECTURES`. @param code kept and not changed @param address of its first byte */
export function openSession(
  { capstone, memory }: Loaded,
  { architecture, littleEndian, isThumb }: Processor,
  code: Uint8Array,
  address: number,
): Session {
  const [family, mode] = ARCHITECTURES[architecture]!
  const block = capstone._malloc(PIECE_BYTES + LONGEST_INSTRUCTION + 32)
  const [handleAt, codeAt, sizeAt, addressAt, piece] = [0, 8, 16, 24, 32].map((part) => block + part) as Five
  const flags = mode | (isThumb ? MODE_THUMB : 0) | (littleEndian ? 0 : MODE_BIG_ENDIAN)
  if (capstone._cs_open(family, flags, handleAt) !== 0) {
    capstone._free(block)
    throw new Error(`capstone: cannot decode ${architecture}`)
  }
  let view = viewOf(memory)
  const handle = view.words.getUint32(handleAt, true)
  const instruction = capstone._cs_malloc(handle)
  view = fresh(view, memory)
  let [pieceFrom, pieceTo] = [0, 0]

  function moveTo(at: number): void {
    view = fresh(view, memory)
    if (at < pieceFrom || at + LONGEST_INSTRUCTION > pieceTo) {
      pieceFrom = at
      pieceTo = Math.min(code.length, at + PIECE_BYTES + LONGEST_INSTRUCTION)
      view.bytes.set(code.subarray(pieceFrom, pieceTo), piece)
    }
    view.words.setUint32(codeAt, piece + at - pieceFrom, true)
    view.words.setUint32(sizeAt, pieceTo - at, true)
    view.words.setBigUint64(addressAt, BigInt(address + at), true)
  }

  return {
    moveTo,
    next(at) {
      if (at + LONGEST_INSTRUCTION > pieceTo && pieceTo < code.length) moveTo(at)
      const isOne = capstone._cs_disasm_iter(handle, codeAt, sizeAt, addressAt, instruction) !== 0
      view = fresh(view, memory)
      return isOne
    },
    mnemonic: () => view.text(instruction + MNEMONIC, MNEMONIC_BYTES),
    operands: () => view.text(instruction + OPERANDS, OPERANDS_BYTES),
    size: () => view.words.getUint16(instruction + SIZE, true),
    close() {
      capstone._cs_free(instruction, 1)
      capstone._cs_close(handleAt)
      capstone._free(block)
    },
  }
}

type Five = [number, number, number, number, number]

/** Capstone's memory as it is now; it moves when it grows. */
interface View {
  readonly bytes: Uint8Array
  readonly words: DataView
  /** Text up to its zero byte. */
  text(at: number, most: number): string
}

function viewOf({ buffer }: WebAssembly.Memory): View {
  const bytes = Buffer.from(buffer)
  return {
    bytes,
    words: new DataView(buffer),
    text(at, most) {
      let end = at
      while (end < at + most && bytes[end] !== 0) end++
      return bytes.toString('latin1', at, end)
    },
  }
}

function fresh(view: View, memory: WebAssembly.Memory): View {
  return view.bytes.buffer === memory.buffer ? view : viewOf(memory)
}

/** The names that Capstone has for the instructions of a processor, in lower case, without conditions. */
export async function capstoneMnemonics(architecture: Architecture): Promise<ReadonlySet<string>> {
  const { capstone, memory } = await loadCapstone()
  const [family, mode] = ARCHITECTURES[architecture]!
  const handleAt = capstone._malloc(8)
  const names = new Set<string>()
  if (capstone._cs_open(family, mode, handleAt) === 0) {
    const handle = viewOf(memory).words.getUint32(handleAt, true)
    const view = viewOf(memory)
    for (let id = 1; id < MAX_NAMES; id++) {
      const at = capstone._cs_insn_name(handle, id)
      if (at === 0) break
      names.add(view.text(at, MNEMONIC_BYTES).toLowerCase())
    }
    capstone._cs_close(handleAt)
  }
  capstone._free(handleAt)
  return names
}
