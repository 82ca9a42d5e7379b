export { plainSighting, type Sighting } from '../store/index.ts'

/** Characters of a name, host or address that are kept. */
export const MAX_TEXT = 4096
/** Characters of a sighting's details; longer ones are left out but for a word that they were. */
export const MAX_DETAILS = 16_384

/** Details as JSON text; null where there are none. */
export function detailsText(details: ReadonlyMap<string, unknown>): string | null {
  const told = [...details].filter(([, value]) => value !== undefined && value !== null)
  if (told.length === 0) return null
  const text = jsonOr(Object.fromEntries(told))
  if (text !== null && text.length <= MAX_DETAILS) return text
  // The large ones are what strangers wrote; the numbers and flags beside them still say something.
  const short = told.filter(([, value]) => typeof value !== 'object' && String(value).length <= 64)
  return JSON.stringify(Object.fromEntries([...short, ['leftOut', 'details over the limit']]))
}

/** Null for what is nested too deeply to be written, though it could be read. */
function jsonOr(value: object): string | null {
  try {
    return JSON.stringify(value)
  } catch {
    return null
  }
}
