import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { contentHash, KnownError, LimitExceededError, UnreadableError } from '../../../core/index.ts'

/*
 * The three files of AVClass 2 (Sebastián & Caballero, "AVClass2: Massive Malware Tag Extraction from AV Labels", ACSAC
 * 2020), text, `#` begins a comment line:
 *   taxonomy   a path a line, `FAM:zeroaccess`, `CLASS:grayware:adware`, `GEN:trojan`
 *   tagging    `<token> <tag>…`: what a token of a detection means
 *   expansion  `<tag> <tag>…`: what a tag implies
 */

/** Names of the files in their folder. */
export const AVCLASS_FILES = ['default.taxonomy', 'default.tagging', 'default.expansion'] as const

/** A word that AVClass knows. */
export interface Tag {
  readonly name: string
  /** `FAM` family, `CLASS` category, `BEH` behaviour, `FILE` property, `GEN` says nothing, `UNC` without one. */
  readonly kind: string
  /** The whole path, e.g. `CLASS:grayware:adware`. */
  readonly path: string
  /** What stands between kind and name in the path. */
  readonly above: readonly string[]
}

/** AVClass's knowledge, read from the user's disk. */
export interface AvclassData {
  /** Tags by name; the first of a name counts. */
  readonly taxonomy: ReadonlyMap<string, Tag>
  readonly tagging: ReadonlyMap<string, ReadonlySet<string>>
  readonly expansion: ReadonlyMap<string, ReadonlySet<string>>
  /** Hash of the three files. */
  readonly version: string
}

/** Files that are none of AVClass's. */
export class AvclassDataError extends KnownError {
  readonly code = 'avclass-data'

  constructor(path: string, problem: string) {
    super(`${path}: ${problem}`)
  }
}

/** Most bytes of one of the files; the largest has 57 kB. */
const MAX_FILE_BYTES = 16 * 1024 * 1024

/** Reads the three files of a folder. @throws UnreadableError, AvclassDataError, LimitExceededError */
export async function readAvclass(folder: string): Promise<AvclassData> {
  const [taxonomy, tagging, expansion] = await Promise.all(
    AVCLASS_FILES.map((name) => textOf(join(folder, name))),
  )
  const data = parseAvclass(taxonomy!, tagging!, expansion!)
  const families = [...data.taxonomy.values()].filter(({ kind }) => kind === 'FAM').length
  if (families === 0) throw new AvclassDataError(join(folder, AVCLASS_FILES[0]), 'names no family (FAM:…)')
  if (data.tagging.size === 0) throw new AvclassDataError(join(folder, AVCLASS_FILES[1]), 'holds no rule')
  return data
}

async function textOf(path: string): Promise<string> {
  try {
    const { size } = await stat(path)
    if (size > MAX_FILE_BYTES) throw new LimitExceededError(`${path}: bytes`, MAX_FILE_BYTES)
    return await readFile(path, 'utf8')
  } catch (error) {
    throw error instanceof LimitExceededError ? error : new UnreadableError(path, error)
  }
}

/** The knowledge that three texts hold; lines that make no sense are passed over. */
export function parseAvclass(taxonomy: string, tagging: string, expansion: string): AvclassData {
  const tags = new Map<string, Tag>()
  for (const line of meaningful(taxonomy)) {
    const tag = parseTag(line)
    if (!tags.has(tag.name)) tags.set(tag.name, tag)
  }
  return {
    taxonomy: tags,
    tagging: parseRules(tagging),
    expansion: parseRules(expansion),
    version: `avclass-data ${contentHash(taxonomy, tagging, expansion)}`,
  }
}

function meaningful(text: string): string[] {
  const lines = text.split('\n').map((line) => line.trim())
  return lines.filter((line) => line !== '' && !line.startsWith('#'))
}

function parseTag(text: string): Tag {
  const words = text.split(':')
  const name = words.at(-1)!.toLowerCase()
  if (words.length === 1) return { name, kind: 'UNC', path: name, above: [] }
  const kind = words[0]!.toUpperCase()
  const above = words.slice(1, -1).map((word) => word.toLowerCase())
  return { name, kind, path: [kind, ...above, name].join(':'), above }
}

/** Rules of several lines for one word add up; both sides may be given as whole paths. */
function parseRules(text: string): Map<string, Set<string>> {
  const rules = new Map<string, Set<string>>()
  for (const line of meaningful(text)) {
    const [from, ...to] = line.split(/\s+/)
    const targets = to.filter((word) => word !== from).map((word) => parseTag(word).name)
    if (targets.length === 0) continue
    const { name } = parseTag(from!)
    rules.set(name, new Set([...(rules.get(name) ?? []), ...targets]))
  }
  return rules
}
