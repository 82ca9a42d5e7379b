import { UnknownFormatError } from '../core/index.ts'
import type { Container } from '../samples/index.ts'
import { elfCutOff, readElf } from './elf.ts'
import type { Executable } from './executable.ts'
import { peCutOff, readPe } from './pe.ts'

/** Whether bytes begin like a PE or ELF file; 64 bytes are enough to tell. */
export function isExecutable(head: Uint8Array): boolean {
  return isMz(head) || isElf(head)
}

function isMz([a, b]: Uint8Array): boolean {
  return a === 0x4d && b === 0x5a
}

function isElf([a, b, c, d]: Uint8Array): boolean {
  return a === 0x7f && b === 0x45 && c === 0x4c && d === 0x46
}

/** What the headers of a PE or ELF file say. Any bytes give a result or an error. @throws UnknownFormatError, MalformedInputError */
export function readExecutable(bytes: Uint8Array): Executable {
  if (isMz(bytes)) return readPe(bytes)
  if (isElf(bytes)) return readElf(bytes)
  throw new UnknownFormatError('executable', 'neither MZ nor ELF at its beginning')
}

/** What an executable is laid out as. */
export function containerOf({ format }: Executable): Container {
  return format === 'pe32' || format === 'pe64' ? 'pe' : 'elf'
}

/**
 * How it is seen that a PE or ELF file ends before its time, from its headers alone; null where it is not seen, and for
 * anything else. What is appended to a file that is whole without it may be missing unseen.
 */
export function executableCutOff(bytes: Uint8Array): string | null {
  if (isMz(bytes)) return peCutOff(bytes)
  return isElf(bytes) ? elfCutOff(bytes) : null
}
