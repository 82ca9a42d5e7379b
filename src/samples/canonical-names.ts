import { canonicalCall } from './api-names.ts'
import { canonicalOpcode } from './opcode-names.ts'
import type { View } from './trace.ts'

/** The canonical forms of token names in a view. The names of calls are brought to `canonicalCall`, those of opcodes to `canonicalOpcode`. */
export function canonicalNames(view: View, names: readonly string[]): string[] {
  return names.map(view === 'calls' ? canonicalCall : canonicalOpcode)
}
