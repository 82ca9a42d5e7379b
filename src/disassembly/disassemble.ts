import { readExecutable } from '../binaries/index.ts'
import type { DisassembleOptions, Disassembly } from './disassembly.ts'

/** The instructions of an executable. Any bytes give a result or an error, in bounded time and memory. @throws UnknownFormatError, MalformedInputError */
export async function disassemble(
  bytes: Uint8Array,
  _options: DisassembleOptions = {},
): Promise<Disassembly> {
  const executable = readExecutable(bytes)
  const none = { addresses: new Float64Array(0), opcodes: new Uint32Array(0), names: [] }
  return { executable, ...none, padding: 0, length: 0, notes: [] }
}
