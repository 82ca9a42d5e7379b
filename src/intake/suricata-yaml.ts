import { dirname, resolve } from 'node:path'
import { isMap, isNode, parseDocument } from 'yaml'
import { LimitExceededError, MalformedInputError, readChunks } from '../core/index.ts'

/** Bytes of one settings file; the one that comes with Suricata has 90 KB. */
const MAX_BYTES = 1024 ** 2
/** Files that one settings file may include, with those that they include. */
const MAX_FILES = 32
/** Aliases that may be followed: they multiply. */
const MAX_ALIASES = 100

/** A value of a settings file: all scalars are text, as Suricata takes them. */
export type Setting = string | null | readonly Setting[] | ReadonlyMap<string, Setting>

/** The settings of a file and of those it includes. */
export interface SuricataYaml {
  readonly settings: ReadonlyMap<string, Setting>
  /** What could not be looked at. */
  readonly notes: readonly string[]
}

/**
 * Reads a settings file as Suricata does: what is said again later counts, files that are included stand where they are named
 * (`include: file`, or a list of them, at the top).
 * @throws UnreadableError, MalformedInputError, LimitExceededError
 */
export async function readSuricataYaml(path: string): Promise<SuricataYaml> {
  const settings = new Map<string, Setting>()
  const notes: string[] = []
  let files = 0
  const read = async (file: string) => {
    if (++files > MAX_FILES) throw new LimitExceededError('included settings files', MAX_FILES)
    for (const [name, value] of parse(await textOf(file), (problem) => notes.push(`${file}: ${problem}`))) {
      if (name !== 'include') {
        settings.set(name, value)
        continue
      }
      for (const included of Array.isArray(value) ? value : [value]) {
        if (typeof included !== 'string') continue
        const where = resolve(dirname(path), included)
        await read(where).catch((error: Error) => {
          if (error instanceof LimitExceededError) throw error
          notes.push(`not looked at: ${error.message}`)
        })
      }
    }
  }
  await read(path)
  return { settings, notes }
}

async function textOf(path: string): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of readChunks(path)) {
    size += chunk.length
    if (size > MAX_BYTES) throw new LimitExceededError(`${path}: bytes`, MAX_BYTES)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

/** The top of a file, name by name, repeated ones and all; what is wrong with the rest of it is told. */
function parse(text: string, note: (problem: string) => void): [string, Setting][] {
  try {
    const options = { schema: 'failsafe', uniqueKeys: false, strict: false, logLevel: 'silent' } as const
    const document = parseDocument(text, options)
    const [error] = document.errors
    if (error) note(firstLine(error.message))
    if (document.contents === null) return []
    if (!isMap(document.contents)) throw new MalformedInputError('yaml', 'no mapping at its top', 0)
    return document.contents.items.map(({ key, value }) => [
      String(isNode(key) ? key.toJS(document) : key),
      isNode(value) ? settingOf(value.toJS(document, { mapAsMap: true, maxAliasCount: MAX_ALIASES })) : null,
    ])
  } catch (error) {
    if (error instanceof MalformedInputError) throw error
    throw new MalformedInputError('yaml', firstLine((error as Error).message), 0)
  }
}

function settingOf(value: unknown): Setting {
  if (typeof value === 'string' || value === null) return value
  if (Array.isArray(value)) return value.map(settingOf)
  if (value instanceof Map) return new Map([...value].map(([name, each]) => [String(name), settingOf(each)]))
  return value === undefined ? null : String(value)
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? ''
}
