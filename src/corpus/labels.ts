import { csvRecords, UsageError } from '../core/index.ts'
import type { Label } from '../samples/index.ts'

/** The labels of a labels file, by sample. */
export interface Labels {
  /** Samples that have a label. */
  readonly size: number
  /** Names that stand in several records which say different things, in the order of the file, at most MAX_CONFLICTS. */
  readonly conflicts: readonly string[]
  /** The label of the first of these names (hashes in any case, ids, file names) that has one, or null. */
  find(names: Iterable<string | null>): Label | null
}

const NAME_COLUMNS: readonly string[] = [
  'sha256',
  'sha1',
  'md5',
  'id',
  'name',
  'file',
  'filename',
  'file_name',
]

/**
 * Reads a labels file: CSV with a header row, in it at least one of `sha256 sha1 md5 id name file filename file_name`, and
 * any of `label` (1, 0, malicious, benign), `family`, `category`, `first_seen` (YYYY-MM-DD, a time after it is dropped).
 * Other columns are ignored, empty fields say nothing. Of two records of one name the first counts.
 * @param by who says so, kept in the labels
 * @throws UsageError that names the line, MalformedInputError for broken CSV
 */
export function parseLabels(text: string, by: string): Labels {
  const records = csvRecords(text)
  const header = records.next()
  if (header.done) throw new UsageError(`${by}: no header line`)
  const columns = header.value.fields.map((name) => name.trim().toLowerCase())
  const nameColumns = NAME_COLUMNS.map((name) => columns.indexOf(name)).filter((column) => column >= 0)
  if (nameColumns.length === 0) {
    throw new UsageError(`${by}: no column named ${NAME_COLUMNS.join(', ')}, got ${columns.join(', ')}`)
  }
  const labels = new Map<string, Label>()
  const conflicts = new Set<string>()
  let size = 0
  for (const { line, fields } of records) {
    const field = (column: string) => fields[columns.indexOf(column)]?.trim() || null
    const label = {
      malicious: parseVerdict(field('label') ?? field('malicious'), `${by}: line ${line}`),
      family: field('family'),
      category: field('category'),
      firstSeen: parseDay(field('first_seen'), `${by}: line ${line}`),
      by,
    }
    size++
    for (const column of nameColumns) {
      const name = lookupName(fields[column]?.trim() ?? '')
      if (!name) continue
      const before = labels.get(name)
      if (!before) labels.set(name, label)
      else if (conflicts.size < MAX_CONFLICTS && !saysTheSame(before, label)) conflicts.add(name)
    }
  }
  return {
    size,
    conflicts: [...conflicts],
    find(names) {
      for (const name of names) {
        const label = name && labels.get(lookupName(name))
        if (label) return label
      }
      return null
    },
  }
}

/** Names with conflicting labels that are told. */
export const MAX_CONFLICTS = 100

function saysTheSame(a: Label, b: Label): boolean {
  return (
    a.malicious === b.malicious &&
    a.family === b.family &&
    a.category === b.category &&
    a.firstSeen === b.firstSeen
  )
}

/** Hashes are written in either case; other names as they are. */
function lookupName(name: string): string {
  return /^[0-9a-f]+$/i.test(name) ? name.toLowerCase() : name
}

const VERDICTS: ReadonlyMap<string, 0 | 1> = new Map([
  ['1', 1],
  ['malicious', 1],
  ['0', 0],
  ['benign', 0],
])

function parseVerdict(text: string | null, where: string): 0 | 1 | null {
  if (text === null) return null
  const verdict = VERDICTS.get(text.toLowerCase())
  if (verdict === undefined) {
    throw new UsageError(`${where}: a label is 1, 0, malicious or benign, got ${JSON.stringify(text)}`)
  }
  return verdict
}

function parseDay(text: string | null, where: string): string | null {
  if (text === null) return null
  const day = /^(\d{4}-\d{2}-\d{2})(?:$|[ T])/.exec(text)?.[1]
  if (!day) throw new UsageError(`${where}: a day is YYYY-MM-DD, got ${JSON.stringify(text)}`)
  return day
}
