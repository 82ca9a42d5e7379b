/** The text with each lone surrogate, which UTF-8 cannot hold, as U+FFFD. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\ufffd')
}

/** Orders text by code points, as UTF-8 bytes and databases do; JavaScript's own order puts U+FFFF after U+10000. */
export function byCodePoint(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)]
    if (x !== y) return isSurrogate(x) === isSurrogate(y) ? x - y : isSurrogate(x) ? 1 : -1
  }
  return a.length - b.length
}

/** Whether a unit is half of a code point from U+10000; only units from U+E000 compare differently with it. */
function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xe000
}
