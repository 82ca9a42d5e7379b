/** A member of a JSON object as it is written: the text of its key, quotes included, and of its value. */
export interface Member {
  readonly key: string
  readonly value: string
}

/**
 * The members of the text of one JSON object, in order and unchanged: numbers keep their digits, keys may repeat.
 * @param text valid JSON of an object
 */
export function jsonMembers(text: string): Member[] {
  const members: Member[] = []
  let at = text.indexOf('{') + 1
  for (;;) {
    const opening = text.indexOf('"', at)
    if (opening === -1) return members
    const colon = text.indexOf(':', endOfString(text, opening))
    const end = endOfValue(text, colon + 1)
    members.push({
      key: text.slice(opening, endOfString(text, opening)),
      value: text.slice(colon + 1, end).trim(),
    })
    at = end + 1
    if (text[end] !== ',') return members
  }
}

/** Where the string that opens at `from` has ended. */
function endOfString(text: string, from: number): number {
  let at = from + 1
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at + 1
}

/** Where the comma or brace after a value stands. */
function endOfValue(text: string, from: number): number {
  let depth = 0
  let at = from
  while (at < text.length) {
    const character = text[at]
    if (character === '"') {
      at = endOfString(text, at)
      continue
    }
    if (character === '{' || character === '[') depth++
    else if (depth === 0 && (character === ',' || character === '}')) return at
    else if (character === '}' || character === ']') depth--
    at++
  }
  return at
}
