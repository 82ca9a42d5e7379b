import type { View } from '../samples/index.ts'

/** Token names in canonical form; for now as the source spells them. */
export function canonicalNames(_view: View, names: readonly string[]): readonly string[] {
  return names
}
