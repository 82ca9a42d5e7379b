import { UsageError } from '../core/index.ts'
import type { Target } from '../models/index.ts'
import type { Label } from '../samples/index.ts'
import { countNumbers, numberGroups } from './numbering.ts'

/** What is to be told apart, once `auto` is decided. */
export type ChosenTarget = Exclude<Target, 'auto'>

/** Labelled rows to learn from, or to be tested on, with what was left out of them and why. */
export interface Task {
  readonly target: ChosenTarget
  readonly classes: readonly string[]
  /** Numbers of the rows among those of the view, ascending. */
  readonly rows: Uint32Array
  /** Class of each. */
  readonly y: Uint32Array
  /** Group of each, 0 … groups-1. */
  readonly groups: Uint32Array
  readonly leftOut: LeftOut
}

/** Rows that take no part. */
export interface LeftOut {
  /** Rows without a label for the target. */
  readonly unlabelled: number
  /** Labelled rows without a single token: nothing can be said of them, and `classify` says nothing. */
  readonly empty: number
  /** Classes with too few distinct inputs to stand in every fold, and their rows. */
  readonly rare: readonly { readonly name: string; readonly rows: number }[]
  /** Rows that look the same as one that is kept; only where one row of each group is wanted. */
  readonly repeated: number
  /** Groups whose rows' labels clash with no majority, and their rows; only where one row of each group is wanted. */
  readonly tiedGroups: number
  readonly tiedRows: number
}

/** Rows to choose from, one view of a corpus. */
export interface Labelled {
  readonly labels: readonly Label[]
  /** 1 for each row without a single token. */
  readonly empty: Uint8Array
}

/** How a task is made. */
export interface TaskOptions {
  readonly target: Target
  /** Keep one row of each group: the first, with the label of the group's majority. */
  readonly distinct: boolean
  /** Fewest distinct inputs of a class. */
  readonly minGroups: number
}

/** The name of a row's class, or null where nobody said. */
export function className(label: Label, target: ChosenTarget): string | null {
  if (target !== 'malicious') return label[target]
  return label.malicious === null ? null : MALICIOUS_CLASSES[label.malicious]
}

const MALICIOUS_CLASSES = ['benign', 'malicious'] as const

/**
 * Decides what `auto` means: malicious where both benign and malicious rows occur, else the family, else the category.
 * @throws UsageError where no label tells two classes apart
 */
export function chooseTarget(labels: readonly Label[], target: Target): ChosenTarget {
  const candidates: readonly ChosenTarget[] =
    target === 'auto' ? ['malicious', 'family', 'category'] : [target]
  for (const candidate of candidates) {
    const names = new Set(labels.map((label) => className(label, candidate)))
    names.delete(null)
    if (names.size >= 2) return candidate
  }
  const wanted = target === 'auto' ? 'malicious or benign, families or categories' : target
  throw new UsageError(`corpus: its labels do not tell two classes apart (${wanted})`)
}

/**
 * The rows of a view that take part in learning, with their classes.
 * @param groups of every row of the view
 * @throws UsageError where fewer than two classes are left, or benign or malicious rows are too few
 */
export function makeTask(view: Labelled, groups: readonly string[], options: TaskOptions): Task {
  const target = chooseTarget(view.labels, options.target)
  const { labelled, unlabelled, empty } = labelRows(view, target)
  const kept = options.distinct ? onePerGroup(labelled, groups) : keepAll(labelled)
  const { few, enough } = splitClasses(kept.rows, groups, options.minGroups)
  if (target === 'malicious' && few.length > 0) {
    throw new UsageError(
      `corpus: too few distinct ${few[0].name} inputs, ${options.minGroups} are needed and there are ${few[0].groups}`,
    )
  }
  if (enough.length < 2) {
    throw new UsageError(
      `corpus: fewer than two classes of ${target} have ${options.minGroups} distinct inputs or more`,
    )
  }
  return {
    ...numbered(kept.rows, groups, enough),
    target,
    leftOut: {
      unlabelled,
      empty,
      rare: few.map(({ name, rows }) => ({ name, rows })),
      repeated: kept.repeated,
      tiedGroups: kept.tiedGroups,
      tiedRows: kept.tiedRows,
    },
  }
}

/** A held-out corpus as a task for the classes learned elsewhere. `leftOut.rare` are the classes never learned. */
export function makeTestTask(
  view: Labelled,
  groups: readonly string[],
  learned: Task,
  distinct: boolean,
): Task {
  const { labelled, unlabelled, empty } = labelRows(view, learned.target)
  const kept = distinct ? onePerGroup(labelled, groups) : keepAll(labelled)
  const { enough } = splitClasses(kept.rows, groups, 1)
  const strange = enough.filter((name) => !learned.classes.includes(name))
  const task = numbered(kept.rows, groups, learned.classes)
  if (task.rows.length === 0) throw new UsageError('held-out corpus: no row has a class that was learned')
  const rowsOf = (name: string) => kept.rows.filter((row) => row.name === name).length
  return {
    ...task,
    target: learned.target,
    leftOut: {
      unlabelled,
      empty,
      rare: strange.map((name) => ({ name, rows: rowsOf(name) })),
      repeated: kept.repeated,
      tiedGroups: kept.tiedGroups,
      tiedRows: kept.tiedRows,
    },
  }
}

interface NamedRow {
  readonly row: number
  readonly name: string
}

function labelRows({ labels, empty }: Labelled, target: ChosenTarget) {
  const labelled: NamedRow[] = []
  let [unlabelled, emptyRows] = [0, 0]
  labels.forEach((label, row) => {
    const name = className(label, target)
    if (name === null) unlabelled++
    else if (empty[row] === 1) emptyRows++
    else labelled.push({ row, name })
  })
  return { labelled, unlabelled, empty: emptyRows }
}

interface Kept {
  readonly rows: readonly NamedRow[]
  readonly repeated: number
  readonly tiedGroups: number
  readonly tiedRows: number
}

function keepAll(rows: readonly NamedRow[]): Kept {
  return { rows, repeated: 0, tiedGroups: 0, tiedRows: 0 }
}

function onePerGroup(rows: readonly NamedRow[], groups: readonly string[]): Kept {
  const votes = new Map<string, { first: number; rows: number; names: Map<string, number> }>()
  for (const { row, name } of rows) {
    let group = votes.get(groups[row])
    if (!group) {
      group = { first: row, rows: 0, names: new Map() }
      votes.set(groups[row], group)
    }
    group.rows++
    group.names.set(name, (group.names.get(name) ?? 0) + 1)
  }
  const kept: NamedRow[] = []
  let [tiedGroups, tiedRows] = [0, 0]
  for (const { first, rows: size, names } of votes.values()) {
    const [[name, most], second] = [...names].sort(([, a], [, b]) => b - a)
    if (second && second[1] === most) {
      tiedGroups++
      tiedRows += size
    } else kept.push({ row: first, name })
  }
  return { rows: kept, repeated: rows.length - kept.length - tiedRows, tiedGroups, tiedRows }
}

/** Classes with at least `minGroups` distinct inputs, and those with fewer; both sorted by name. */
function splitClasses(rows: readonly NamedRow[], groups: readonly string[], minGroups: number) {
  const found = new Map<string, { rows: number; groups: Set<string> }>()
  for (const { row, name } of rows) {
    const known = found.get(name) ?? { rows: 0, groups: new Set() }
    found.set(name, known)
    known.rows++
    known.groups.add(groups[row])
  }
  const sorted = [...found].sort(([a], [b]) => (a < b ? -1 : 1))
  return {
    enough: sorted.filter(([, each]) => each.groups.size >= minGroups).map(([name]) => name),
    few: sorted
      .filter(([, each]) => each.groups.size < minGroups)
      .map(([name, each]) => ({ name, rows: each.rows, groups: each.groups.size })),
  }
}

function numbered(rows: readonly NamedRow[], groups: readonly string[], classes: readonly string[]) {
  const numbers = new Map(classes.map((name, i) => [name, i]))
  const known = rows.filter(({ name }) => numbers.has(name))
  return {
    classes,
    rows: Uint32Array.from(known, ({ row }) => row),
    y: Uint32Array.from(known, ({ name }) => numbers.get(name)!),
    groups: numberGroups(known.map(({ row }) => groups[row])),
  }
}

/** Groups of a task that hold rows of more than one class. */
export function clashingGroups({ y, groups }: Task): number {
  const first = new Int32Array(countNumbers(groups)).fill(-1)
  const clashes = new Set<number>()
  for (let i = 0; i < y.length; i++) {
    if (first[groups[i]] < 0) first[groups[i]] = y[i]
    else if (first[groups[i]] !== y[i]) clashes.add(groups[i])
  }
  return clashes.size
}
