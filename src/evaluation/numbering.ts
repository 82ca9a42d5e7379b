/** Numbers equal values alike, 0, 1, … in the order of first appearance. */
export function numberGroups(groups: readonly (string | number)[]): Uint32Array {
  const numbers = new Map<string | number, number>()
  return Uint32Array.from(groups, (group) => {
    const known = numbers.get(group)
    if (known !== undefined) return known
    numbers.set(group, numbers.size)
    return numbers.size - 1
  })
}

/** How many clusters or classes a numbering has. */
export function countNumbers(numbers: Uint32Array): number {
  let top = -1
  for (const number of numbers) top = Math.max(top, number)
  return top + 1
}
