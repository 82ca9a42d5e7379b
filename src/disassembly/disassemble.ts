import { type Architecture, type Executable, readExecutable } from '../binaries/index.ts'
import { capstoneDecoder } from './capstone.ts'
import { MAX_DECODED, newCollector } from './collector.ts'
import type { Decoder, Processor } from './decoder.ts'
import { DEFAULT_MAX_OPCODES, type DisassembleOptions, type Disassembly } from './disassembly.ts'
import { linearSweep } from './linear-sweep.ts'
import { keptOpcodes } from './opcode-columns.ts'
import { MAX_FOLLOWED_BYTES, recursiveTraversal } from './recursive-traversal.ts'
import { x86Decoder } from './x86.ts'

/** As a rule; where it is fewer, more room is made. */
const BYTES_AN_INSTRUCTION = 4

/** Who decodes for which processor. */
const DECODERS: { readonly [each in Architecture]?: (processor: Processor) => Promise<Decoder> } = {
  x86: () => x86Decoder(32),
  'x86-64': () => x86Decoder(64),
  arm: capstoneDecoder,
  arm64: capstoneDecoder,
  mips: capstoneDecoder,
  mips64: capstoneDecoder,
}

/** The instructions of an executable. Any bytes give a result or an error, in bounded time and memory. @throws UnknownFormatError, MalformedInputError, the reason of the signal */
export async function disassemble(bytes: Uint8Array, options: DisassembleOptions = {}): Promise<Disassembly> {
  const executable = readExecutable(bytes)
  const expected = Math.ceil(codeBytes(executable) / BYTES_AN_INSTRUCTION)
  const collector = newCollector(
    options.maxOpcodes ?? DEFAULT_MAX_OPCODES,
    expected,
    options.padding ?? false,
    options.signal,
  )
  const decoder = await DECODERS[executable.architecture]?.(executable)
  const notes: string[] = []
  if (!decoder) notes.push('its instructions are of a processor that taxon does not know')
  else if (options.method !== 'recursive') await linearSweep(bytes, executable.code, decoder, collector)
  else if (codeBytes(executable) <= MAX_FOLLOWED_BYTES) {
    await recursiveTraversal(bytes, executable, decoder, collector, !options.reachedOnly)
  } else {
    notes.push(`its flow was not followed, since it has more than ${MAX_FOLLOWED_BYTES} bytes of code`)
    await linearSweep(bytes, executable.code, decoder, collector)
  }
  const kept = keptOpcodes(collector.columns, decoder ? [...decoder.names] : [])
  const full = collector.isFull() ? [`only the first ${MAX_DECODED} instructions were decoded`] : []
  return { ...kept, executable, padding: collector.padding, notes: [...notes, ...kept.notes, ...full] }
}

function codeBytes({ code }: Executable): number {
  return code.reduce((sum, { size }) => sum + size, 0)
}
