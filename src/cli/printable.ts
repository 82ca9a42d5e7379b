const MAX_SHOWN = 200

/**
 * Outside text made safe for a terminal: control characters, line breaks and direction overrides become visible
 * escapes, and a long text is cut. Names in reports are written by malware.
 */
export function printable(text: string, limit = MAX_SHOWN): string {
  const cut = text.length > limit ? `${text.slice(0, limit - 1)}…` : text
  return cut.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (character) => {
    const point = character.codePointAt(0)!.toString(16)
    return point.length <= 2 ? `\\x${point.padStart(2, '0')}` : `\\u{${point}}`
  })
}
