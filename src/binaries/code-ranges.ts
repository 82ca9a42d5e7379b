import type { CodeRange } from './executable.ts'

/**
 * The ranges that are left of `candidates` when none overlaps an earlier one: ascending by address, empty ones gone.
 * Together they hold no more bytes than the file, whatever its headers claim, so that reading them is bounded by its size.
 */
export function codeRanges(candidates: readonly CodeRange[], fileSize: number): CodeRange[] {
  const ranges: CodeRange[] = []
  let end = Number.NEGATIVE_INFINITY
  let left = fileSize
  for (const { address, offset, size } of [...candidates].sort((a, b) => a.address - b.address)) {
    const skipped = Math.max(0, end - address)
    const kept = Math.min(size - skipped, left)
    if (kept <= 0) continue
    ranges.push({ address: address + skipped, offset: offset + skipped, size: kept })
    end = address + skipped + kept
    left -= kept
  }
  return ranges
}

/** Index of the range that holds an address, or -1. @param ranges ascending, without overlap */
export function rangeAt(ranges: readonly CodeRange[], address: number): number {
  let low = 0
  let high = ranges.length - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    const { address: start, size } = ranges[middle]!
    if (address < start) high = middle - 1
    else if (address >= start + size) low = middle + 1
    else return middle
  }
  return -1
}

/** The addresses that lie inside the ranges, ascending, each once. */
export function startsWithin(ranges: readonly CodeRange[], addresses: Iterable<number>): Float64Array {
  const inside = new Set<number>()
  for (const address of addresses) if (rangeAt(ranges, address) >= 0) inside.add(address)
  return Float64Array.from(inside).sort()
}
