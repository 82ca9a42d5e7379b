import { seededRandom, shuffle, UsageError } from '../core/index.ts'

/**
 * Fold of each row, 0 … folds-1, such that no group stands in two folds and every class is spread as evenly as the groups
 * allow. Groups are taken largest first (equal sizes in an order shuffled by `seed`, from the order of first appearance);
 * each goes to the fold that makes the mean over classes of the standard deviation of the folds' shares of that class
 * smallest, then to the fold with fewest rows, then to the first. The rule is that of scikit-learn's StratifiedGroupKFold;
 * the time is groups × folds × classes in a group. No fold is empty. Names of groups play no part beyond telling them apart.
 * @param y class of each row
 * @throws UsageError for fewer than two folds or fewer groups than folds
 */
export function stratifiedGroupFolds(
  y: Uint32Array,
  groups: readonly string[],
  folds: number,
  seed: number,
): Uint32Array {
  if (groups.length !== y.length) throw new RangeError(`${y.length} rows but ${groups.length} groups`)
  const { members, groupOfRow } = gather(y, groups)
  if (!Number.isInteger(folds) || folds < 2)
    throw new UsageError(`folds: must be a whole number from 2, got ${folds}`)
  if (members.length < folds) {
    throw new UsageError(`folds: ${folds} are asked for but the rows have ${members.length} distinct groups`)
  }
  const order = shuffle(Uint32Array.from(members.keys()), seededRandom(seed))
  order.sort((a, b) => members[b].size - members[a].size)
  const foldOfGroup = placeGroups(members, order, folds, totals(y))
  return groupOfRow.map((group) => foldOfGroup[group])
}

/** Fold of each row, 0 … folds-1, classes spread evenly, groups ignored: rows of one class differ by at most one between folds. */
export function randomFolds(y: Uint32Array, folds: number, seed: number): Uint32Array {
  if (!Number.isInteger(folds) || folds < 2)
    throw new UsageError(`folds: must be a whole number from 2, got ${folds}`)
  if (y.length < folds) throw new UsageError(`folds: ${folds} are asked for but there are ${y.length} rows`)
  const rows = shuffle(Uint32Array.from(y.keys()), seededRandom(seed))
  rows.sort((a, b) => y[a] - y[b])
  const result = new Uint32Array(y.length)
  // Dealt out class after class without starting anew, so that the folds' sizes differ by at most one as well.
  for (let i = 0; i < rows.length; i++) result[rows[i]] = i % folds
  return result
}

/** How many rows of each class a group has; classes ascending, only those it has. */
interface Members {
  readonly classes: Uint32Array
  readonly counts: Uint32Array
  readonly size: number
}

/** The members of each group, groups in the order of first appearance, and the group of each row. */
function gather(y: Uint32Array, groups: readonly string[]): { members: Members[]; groupOfRow: Uint32Array } {
  const numbers = new Map<string, number>()
  const counts: Map<number, number>[] = []
  const groupOfRow = new Uint32Array(y.length)
  for (let row = 0; row < y.length; row++) {
    let group = numbers.get(groups[row])
    if (group === undefined) {
      group = counts.push(new Map()) - 1
      numbers.set(groups[row], group)
    }
    groupOfRow[row] = group
    counts[group].set(y[row], (counts[group].get(y[row]) ?? 0) + 1)
  }
  const members = counts.map((byClass) => {
    const classes = Uint32Array.from(byClass.keys()).sort()
    const sizes = classes.map((each) => byClass.get(each)!)
    return { classes, counts: sizes, size: sizes.reduce((sum, n) => sum + n, 0) }
  })
  return { members, groupOfRow }
}

/** Rows of each class. */
function totals(y: Uint32Array): Float64Array {
  const rows = new Float64Array(y.reduce((top, each) => Math.max(top, each), -1) + 1)
  for (const each of y) rows[each] += 1
  return rows
}

function placeGroups(
  members: readonly Members[],
  order: Uint32Array,
  folds: number,
  rowsOfClass: Float64Array,
): Uint32Array {
  const classes = rowsOfClass.length
  const placed = new Float64Array(folds * classes) // rows by fold and class
  const sums = new Float64Array(classes) // over folds
  const squares = new Float64Array(classes)
  const sizes = new Float64Array(folds)
  const foldOfGroup = new Uint32Array(members.length)
  for (const group of order) {
    const { classes: present, counts, size } = members[group]
    let best = 0
    let bestSpread = Number.POSITIVE_INFINITY
    for (let fold = 0; fold < folds; fold++) {
      // Only classes of this group move, so the other classes' deviations can be left out of the comparison. The squares
      // are kept as whole numbers: equal folds then compare as exactly equal, in whatever order groups came.
      let spread = 0
      for (let i = 0; i < present.length; i++) {
        const n = counts[i]
        const c = present[i]
        const sum = sums[c] + n
        const square = squares[c] + 2 * placed[fold * classes + c] * n + n * n
        spread += Math.sqrt(folds * square - sum * sum) / rowsOfClass[c]
      }
      if (spread < bestSpread || (spread === bestSpread && sizes[fold] < sizes[best])) {
        best = fold
        bestSpread = spread
      }
    }
    foldOfGroup[group] = best
    sizes[best] += size
    for (let i = 0; i < present.length; i++) {
      const at = best * classes + present[i]
      squares[present[i]] += 2 * placed[at] * counts[i] + counts[i] * counts[i]
      sums[present[i]] += counts[i]
      placed[at] += counts[i]
    }
  }
  return foldOfGroup
}
