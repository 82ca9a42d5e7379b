/** A whole number for people, thousands apart: `1,234`. */
export function wholeText(value: number): string {
  return value.toLocaleString('en-US')
}
