import { type ReferenceMemory, wordAt } from './memory.ts'

/** Calls back for every step of every sequence: its sequence, its number there, and its row. */
export function eachStep(
  { words }: ReferenceMemory,
  starts: number,
  lengths: number,
  sequences: number,
  visit: (sequence: number, step: number, row: number) => void,
): void {
  for (let s = 0; s < sequences; s++) {
    for (let t = 0; t < words[wordAt(lengths) + s]; t++) visit(s, t, words[wordAt(starts) + s] + t)
  }
}
