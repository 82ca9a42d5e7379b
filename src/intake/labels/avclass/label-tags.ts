import type { AvclassData } from './avclass-data.ts'

/*
 * From a detection's name to tags, as AVClass 2 does it: what vendors put behind the name is cut off, the rest is split at
 * all but letters and digits, digits at a token's end go, tokens that say nothing go, and the tagging rules say what those
 * that are left mean.
 */

/** Vendors whose last part, behind the last dot, tells variants apart and not families. */
const VARIANT_BEHIND_DOT: ReadonlySet<string> = new Set([
  'Avast',
  'Avira',
  'Comodo',
  'ESET-NOD32',
  'Fortinet',
  'GData',
  'Jiangmin',
  'Kaspersky',
  'Microsoft',
  'NANO-Antivirus',
  'Norman',
  'Sophos',
  'TrendMicro',
  'TrendMicro-HouseCall',
])

/** Shorter tokens that no rule knows are chance: `gen`, `vb`, `a`. */
const MIN_UNKNOWN_TOKEN = 4

/** A detection without the variant that this engine puts at its end. */
export function withoutVariant(engine: string, detection: string): string {
  if (VARIANT_BEHIND_DOT.has(engine)) return beforeLast(detection, '.')
  if (engine === 'AVG' && /\.[A-Z0-9]+$/.test(detection)) return beforeLast(detection, '.')
  if (engine === 'Agnitum') return beforeLast(detection, '!')
  return detection
}

function beforeLast(text: string, mark: string): string {
  const at = text.lastIndexOf(mark)
  return at < 0 ? text : text.slice(0, at)
}

/**
 * The tags that a detection's name holds, each once.
 * @param hashes of the sample in lower case: engines put beginnings of them into their names
 */
export function labelTags(detection: string, hashes: readonly string[], data: AvclassData): Set<string> {
  const tags = new Set<string>()
  const isGeneric = (name: string) => data.taxonomy.get(name)?.kind === 'GEN'
  for (const word of detection.split(/[^0-9a-zA-Z]/)) {
    const token = withoutLastDigits(word.toLowerCase())
    if (token === '' || hashes.some((hash) => hash.startsWith(token)) || isGeneric(token)) continue
    const targets = data.tagging.get(token)
    if (targets) {
      for (const target of targets) if (!isGeneric(target)) tags.add(target)
    } else if (token.length >= MIN_UNKNOWN_TOKEN) tags.add(token)
  }
  return tags
}

/** No pattern: `\d+$` takes quadratic time for digits that end in a letter. */
function withoutLastDigits(word: string): string {
  let end = word.length
  while (end > 0 && word[end - 1]! >= '0' && word[end - 1]! <= '9') end--
  return word.slice(0, end)
}

/** The tags with what the expansion rules and their own paths imply. */
export function expandedTags(tags: ReadonlySet<string>, data: AvclassData): Set<string> {
  const all = new Set(tags)
  for (const tag of tags) {
    for (const implied of data.expansion.get(tag) ?? []) all.add(implied)
    for (const above of data.taxonomy.get(tag)?.above ?? []) if (data.taxonomy.has(above)) all.add(above)
  }
  return all
}
