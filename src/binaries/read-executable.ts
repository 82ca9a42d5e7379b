import { UnknownFormatError } from '../core/index.ts'
import type { Executable } from './executable.ts'

/** Whether bytes begin like a PE or ELF file; 64 bytes are enough to tell. */
export function isExecutable(head: Uint8Array): boolean {
  const [a, b, c, d] = head
  return (a === 0x4d && b === 0x5a) || (a === 0x7f && b === 0x45 && c === 0x4c && d === 0x46)
}

/** What the headers of a PE or ELF file say. Any bytes give a result or an error. @throws UnknownFormatError, MalformedInputError */
export function readExecutable(_bytes: Uint8Array): Executable {
  throw new UnknownFormatError('executable', 'not built yet')
}
