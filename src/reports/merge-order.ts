/**
 * The order that sorts `keys` ascending, equal keys as they stand: indices 0 … keys.length-1. A merge sort of the runs
 * that are there already, so calls that a few processes made in order cost a few passes. No key may be NaN.
 */
export function mergeOrder(keys: Float64Array): Uint32Array {
  let from = new Uint32Array(keys.length)
  for (let index = 0; index < from.length; index++) from[index] = index
  let runs = findRuns(keys)
  if (runs.length <= 2) return from
  let to = new Uint32Array(keys.length)
  while (runs.length > 2) {
    const merged = [0]
    for (let run = 0; run + 1 < runs.length; run += 2) {
      const end = runs[run + 2] ?? runs[run + 1]!
      merge(keys, from, to, runs[run]!, runs[run + 1]!, end)
      merged.push(end)
    }
    ;[from, to] = [to, from]
    runs = merged
  }
  return from
}

/** Where each ascending run starts, and the end of the last. */
function findRuns(keys: Float64Array): number[] {
  const starts = [0]
  for (let index = 1; index < keys.length; index++) if (keys[index]! < keys[index - 1]!) starts.push(index)
  starts.push(keys.length)
  return starts
}

function merge(
  keys: Float64Array,
  from: Uint32Array,
  to: Uint32Array,
  start: number,
  middle: number,
  end: number,
): void {
  let [left, right] = [start, middle]
  for (let at = start; at < end; at++) {
    const takeLeft = left < middle && (right >= end || keys[from[left]!]! <= keys[from[right]!]!)
    to[at] = takeLeft ? from[left++]! : from[right++]!
  }
}
