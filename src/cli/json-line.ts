/**
 * A value as a line of JSON that is safe on a terminal as well: what JSON leaves as it is of control characters, and
 * direction overrides, become escapes, which read back to the same.
 */
export function jsonLine(value: unknown): string {
  const safe = JSON.stringify(value).replace(/[\x7f-\x9f\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    [...Array(character.length).keys()]
      .map((i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`)
      .join(''),
  )
  return `${safe}\n`
}
