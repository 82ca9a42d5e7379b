import { DISASSEMBLERS, type ReadInputSettings } from '../pipeline/index.ts'
import type { Options, Values } from './command.ts'
import { oneOf, wholeNumber } from './option-values.ts'

/** Options of every command that reads executables, listings and reports. */
export const readingOptions = {
  disassembler: {
    type: 'string',
    value: 'D',
    help: 'taxon (by default), or ida: IDA Pro, where it is there',
  },
  method: { type: 'string', value: 'M', help: 'linear (by default) or recursive disassembly' },
  padding: { type: 'boolean', help: 'keep the padding between functions' },
  'max-calls': {
    type: 'string',
    value: 'N',
    help: 'calls or opcodes kept in order (default 250,000 calls, 2,000,000 opcodes)',
  },
  'max-bytes': {
    type: 'string',
    value: 'N',
    help: 'bytes read of one file, unpacked; the rest is left and told',
  },
  password: { type: 'string', value: 'WORD', help: 'of encrypted zip members (infected by custom)' },
} as const satisfies Options

/** Those options as the pipeline takes them. @throws UsageError */
export function readingSettings(values: Values<typeof readingOptions>): ReadInputSettings {
  const { 'max-calls': maxCalls, 'max-bytes': maxBytes, padding } = values
  const disassembler = oneOf('disassembler', values.disassembler, DISASSEMBLERS)
  const method = oneOf('method', values.method, ['linear', 'recursive'])
  return {
    padding,
    ...(disassembler && { disassembler }),
    ...(method && { method }),
    ...(maxCalls !== undefined && { maxTokens: wholeNumber('max-calls', maxCalls, 1, 100_000_000) }),
    ...(maxBytes !== undefined && { maxBytes: wholeNumber('max-bytes', maxBytes, 1) }),
  }
}
