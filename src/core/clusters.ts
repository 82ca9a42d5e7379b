/**
 * The cluster of each item: items that share a key belong together, and so does what belongs with them. A cluster is
 * named by the index of its first item. Union-find with path halving (Tarjan & van Leeuwen, "Worst-case analysis of set
 * union algorithms", 1984).
 * @param keys of each item
 */
export function clustersByKey(keys: readonly (readonly string[])[]): Uint32Array {
  const parents = Uint32Array.from(keys.keys())
  const root = (item: number) => {
    let at = item
    while (parents[at] !== at) {
      parents[at] = parents[parents[at]!]!
      at = parents[at]!
    }
    return at
  }
  const first = new Map<string, number>()
  for (const [item, own] of keys.entries()) {
    for (const key of own) {
      const other = first.get(key)
      if (other === undefined) first.set(key, item)
      else parents[Math.max(root(item), root(other))] = Math.min(root(item), root(other))
    }
  }
  return parents.map((_, item) => root(item))
}
