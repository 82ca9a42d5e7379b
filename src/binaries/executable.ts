import type { Signer } from './signer.ts'

/** Processors that taxon tells apart; `other` is any that it cannot disassemble. */
export type Architecture = 'x86' | 'x86-64' | 'arm' | 'arm64' | 'mips' | 'mips64' | 'other'

/** A part of the file that is loaded to memory, or would be if the file were whole. */
export interface Section {
  /** As the file spells it, control characters and all. */
  readonly name: string
  /** Virtual address, the image base included; where a file fixes none (an object file), its offset in the file. */
  readonly address: number
  /** Bytes in memory. */
  readonly memorySize: number
  /** Where its bytes stand in the file, and how many of them the file really has. */
  readonly offset: number
  readonly size: number
  readonly isExecutable: boolean
  /** Shannon entropy of its bytes, 0 … 8 bits a byte; of a large one, of 64 KiB evenly taken. */
  readonly entropy: number
}

/** Bytes that are to be read as instructions; inside the file. */
export interface CodeRange {
  readonly address: number
  readonly offset: number
  readonly size: number
}

/** What the headers of an executable say, every offset held to the file. Of 64-bit addresses the low 53 bits are kept. */
export interface Executable {
  readonly format: 'pe32' | 'pe64' | 'elf32' | 'elf64'
  readonly architecture: Architecture
  readonly littleEndian: boolean
  /** ARM only: its code is in Thumb state where nothing says otherwise. */
  readonly isThumb: boolean
  /** Virtual address of the first instruction; null where the file names none. */
  readonly entry: number | null
  readonly sections: readonly Section[]
  /** Ascending by address, without overlap. */
  readonly code: readonly CodeRange[]
  /** Addresses inside `code` where functions are said to begin: entry, exports, symbols, `.pdata`, relocations; ascending. */
  readonly starts: Float64Array
  /** Functions that it takes from others; null where that cannot be read. */
  readonly imports: number | null
  /** Each sign that what it does is hidden in packed or encrypted bytes, as a short sentence; none when it looks plain. */
  readonly packed: readonly string[]
  /** How it is seen that the file ends before its time, or null. */
  readonly cutOff: string | null
  /** Who signed a PE file, and whether the signature holds; null where nobody did. */
  readonly signer: Signer | null
  /** Caps that were hit and other things worth saying, each a short sentence. */
  readonly notes: readonly string[]
}
