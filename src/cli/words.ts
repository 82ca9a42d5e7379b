import { UsageError } from '../core/index.ts'
import type { Target } from '../models/index.ts'
import type { View } from '../samples/index.ts'

/** What `--view` takes. */
export const VIEWS: readonly View[] = ['opcodes', 'calls']

/** What `--target` takes. */
export const TARGETS: readonly Target[] = ['auto', 'malicious', 'family', 'category']

/** One of a few words given as an option, null where it was not given. @throws UsageError for any other */
export function oneOf<Word extends string>(
  option: string,
  text: string | undefined,
  words: readonly Word[],
): Word | null {
  if (text === undefined) return null
  const found = words.find((word) => word === text)
  if (found !== undefined) return found
  throw new UsageError(`--${option}: ${words.join(' or ')} is wanted, got ${JSON.stringify(text)}`)
}
