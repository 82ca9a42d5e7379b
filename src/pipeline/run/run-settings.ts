import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { dirname, extname, isAbsolute, relative, resolve } from 'node:path'
import { parse as parseToml } from 'smol-toml'
import { parse as parseYaml } from 'yaml'
import { type SettingsTable, settingsTable, UnreadableError, UsageError } from '../../core/index.ts'
import { sandboxKinds, UNPACK_LIMITS, type UnpackLimits } from '../../intake/index.ts'
import type { StoreLocation } from '../../store/index.ts'

/** Where `taxon run` takes files from. */
export type IntakeSettings =
  | { readonly type: 'suricata'; readonly eve: string; readonly filestore: string }
  | { readonly type: 'zeek'; readonly log: string; readonly extracted: string }
  | { readonly type: 'folder'; readonly folder: string; readonly recursive: boolean }

/** Who labels. */
export interface LabelSettings {
  /** Address of a clamd, see `parseClamdAddress`. */
  readonly clamd: string | null
  readonly clamscan: boolean
  /** Folder of VirusTotal reports, named by hash. */
  readonly virustotal: string | null
  readonly csv: string | null
  /** Folder of AVClass's files, without which no family is told from detections. */
  readonly avclass: string | null
  readonly atOnce: number
}

/** Which sandbox runs what. */
export interface SandboxSettings {
  readonly type: string
  readonly url: string
  readonly tokenFile: string | null
  /** Types of samples that are run, as `taxon store list` names them. */
  readonly types: readonly string[]
  readonly inFlight: number
  readonly perMinute: number
  readonly timeoutMinutes: number
}

/** How samples are judged. */
export interface ClassifySettings {
  /** Model files; those that come with taxon where there are none. */
  readonly models: readonly string[]
  /** Threads that disassemble and judge; all cores where it is 0. */
  readonly threads: number
  readonly timeoutSeconds: number
}

/** Who is told of verdicts. */
export interface WebhookSettings {
  readonly url: string
  /** Key of the signature; without it calls are not signed. */
  readonly secretFile: string | null
  readonly verdicts: readonly VerdictName[]
}

/** Stands among the models for those that come with taxon. */
export const SHIPPED = 'shipped'

/** What a verdict may be. */
export type VerdictName = 'malicious' | 'unknown' | 'benign'

const VERDICTS: readonly VerdictName[] = ['malicious', 'unknown', 'benign']

/** All that `taxon run` goes by. Paths are absolute. */
export interface RunSettings {
  readonly store: StoreLocation
  readonly intake: readonly IntakeSettings[]
  readonly maxFileBytes: number
  readonly unpack: UnpackLimits
  readonly labels: LabelSettings | null
  readonly sandbox: SandboxSettings | null
  readonly classify: ClassifySettings
  readonly webhooks: readonly WebhookSettings[]
}

const MAX_SETTINGS_BYTES = 1024 * 1024
const MAX_TEXT = 4096
const MIB = 1024 * 1024

const PARSERS: ReadonlyMap<string, (text: string) => unknown> = new Map([
  ['.toml', (text) => parseToml(text)],
  ['.yaml', (text) => parseYaml(text, { maxAliasCount: 0 })],
  ['.yml', (text) => parseYaml(text, { maxAliasCount: 0 })],
])

/** Reads the settings of a run, TOML or YAML by the name. @throws UnreadableError, UsageError that names the setting */
export async function readRunSettings(path: string): Promise<RunSettings> {
  const parser = PARSERS.get(extname(path).toLowerCase())
  if (!parser)
    throw new UsageError(`${path}: a name that ends in ${[...PARSERS.keys()].join(', ')} is wanted`)
  let text: string
  try {
    if ((await stat(path)).size > MAX_SETTINGS_BYTES)
      throw new UsageError(`${path}: larger than ${MAX_SETTINGS_BYTES} bytes`)
    text = await readFile(path, 'utf8')
  } catch (error) {
    throw error instanceof UsageError ? error : new UnreadableError(path, error)
  }
  let read: unknown
  try {
    read = parser(text)
  } catch (error) {
    throw new UsageError(`${path}: ${(error as Error).message.split('\n')[0]}`, { cause: error })
  }
  return runSettings(read, path)
}

/** Settings of a value as it was parsed. @param path whose folder relative paths start from */
export function runSettings(read: unknown, path: string): RunSettings {
  const at = fromFolder(dirname(resolve(path)))
  const top = settingsTable(read, path)
  const folder = top.text('store', '', MAX_TEXT)
  if (folder === '') throw top.wrong('store', 'the folder of a store')
  const database = top.text('database', '', MAX_TEXT)
  if (database !== '' && !/^postgres(?:ql)?:\/\//.test(database))
    throw top.wrong('database', 'postgres://USER@HOST/NAME')
  const settings: RunSettings = {
    store: { folder: at.path(folder), ...(database === '' ? {} : { database }) },
    intake: tables(top, 'intake', path).map((each) => intakeSettings(each, at)),
    maxFileBytes: Math.ceil(top.number('maxFileMb', 256, 0.001, 4096) * MIB),
    unpack: unpackSettings(settingsTable(top.take('unpack') ?? {}, `${path}: unpack`)),
    labels: optional(top, 'labels', path, (each) => labelSettings(each, at)),
    sandbox: optional(top, 'sandbox', path, (each) => sandboxSettings(each, at)),
    classify: classifySettings(settingsTable(top.take('classify') ?? {}, `${path}: classify`), at),
    webhooks: tables(top, 'webhooks', path).map((each) => webhookSettings(each, at)),
  }
  top.end()
  checkApart(settings, path)
  const targets = settings.webhooks.map(({ url }) => url)
  const twice = targets.find((url, i) => targets.indexOf(url) < i)
  if (twice !== undefined)
    throw new UsageError(`${path}: two webhooks have the url ${new URL(twice).origin}…`)
  return settings
}

/** A store in a folder that is watched would take in its own files, for ever. @throws UsageError */
function checkApart({ store, intake }: RunSettings, path: string): void {
  for (const each of intake) {
    if (each.type !== 'folder') continue
    const [way, back] = [relative(each.folder, store.folder), relative(store.folder, each.folder)]
    if ([way, back].some((text) => !text.startsWith('..') && !isAbsolute(text)))
      throw new UsageError(`${path}: the store and the folder that is watched lie within each other`)
  }
}

interface FromFolder {
  path(text: string): string
  /** The path that a setting names; null where it names none. */
  optional(table: SettingsTable, key: string): string | null
  required(table: SettingsTable, key: string): string
}

function fromFolder(folder: string): FromFolder {
  const path = (text: string) => resolve(folder, text)
  const optional = (table: SettingsTable, key: string) => {
    const text = table.text(key, '', MAX_TEXT)
    return text === '' ? null : path(text)
  }
  return {
    path,
    optional,
    required(table, key) {
      const found = optional(table, key)
      if (found === null) throw table.wrong(key, 'a path')
      return found
    },
  }
}

function tables(top: SettingsTable, key: string, path: string): SettingsTable[] {
  const list = top.take(key) ?? []
  if (!Array.isArray(list) || list.length > 100) throw top.wrong(key, 'a list of at most 100 tables')
  return list.map((each, i) => settingsTable(each, `${path}: ${key} ${i + 1}`))
}

function optional<T>(
  top: SettingsTable,
  key: string,
  path: string,
  read: (from: SettingsTable) => T,
): T | null {
  const value = top.take(key)
  return value === undefined ? null : read(settingsTable(value, `${path}: ${key}`))
}

const INTAKES: Readonly<
  Record<IntakeSettings['type'], (from: SettingsTable, at: FromFolder) => IntakeSettings>
> = {
  suricata: (from, at) => ({
    type: 'suricata',
    eve: at.required(from, 'eve'),
    filestore: at.required(from, 'filestore'),
  }),
  zeek: (from, at) => ({
    type: 'zeek',
    log: at.required(from, 'log'),
    extracted: at.required(from, 'extracted'),
  }),
  folder: (from, at) => ({
    type: 'folder',
    folder: at.required(from, 'folder'),
    recursive: from.flag('recursive', true),
  }),
}

function intakeSettings(from: SettingsTable, at: FromFolder): IntakeSettings {
  const types = Object.keys(INTAKES) as IntakeSettings['type'][]
  const settings = INTAKES[from.oneOf('type', types, 'folder')](from, at)
  from.end()
  return settings
}

function unpackSettings(from: SettingsTable): UnpackLimits {
  const settings = {
    depth: whole(from, 'depth', UNPACK_LIMITS.depth, 0, 16),
    members: whole(from, 'members', UNPACK_LIMITS.members, 0, 1_000_000),
    memberBytes: from.number('memberMb', UNPACK_LIMITS.memberBytes / MIB, 0.001, 4096) * MIB,
    totalBytes: from.number('totalMb', UNPACK_LIMITS.totalBytes / MIB, 0.001, 1_000_000) * MIB,
    ratio: from.number('ratio', UNPACK_LIMITS.ratio, 1, 100_000),
  }
  from.end()
  return settings
}

function labelSettings(from: SettingsTable, at: FromFolder): LabelSettings {
  const clamd = from.text('clamd', '', MAX_TEXT)
  // A socket's path starts from the settings as any other; `host:3310` and `auto` are none.
  const socket = clamd.includes('/') && !clamd.includes(':') ? at.path(clamd) : clamd
  const settings = {
    clamd: clamd === '' ? null : socket,
    clamscan: from.flag('clamscan', false),
    virustotal: at.optional(from, 'virustotal'),
    csv: at.optional(from, 'csv'),
    avclass: at.optional(from, 'avclass'),
    atOnce: whole(from, 'atOnce', 4, 1, 64),
  }
  from.end()
  return settings
}

function sandboxSettings(from: SettingsTable, at: FromFolder): SandboxSettings {
  const types = sandboxKinds.map(({ name }) => name)
  const settings = {
    type: from.oneOf('type', types, types[0]!),
    url: from.text('url', '', MAX_TEXT),
    tokenFile: at.optional(from, 'tokenFile'),
    types: from.texts('types', ['pe']),
    inFlight: whole(from, 'inFlight', 8, 1, 1000),
    perMinute: from.number('perMinute', 60, 0.01, 6000),
    timeoutMinutes: from.number('timeoutMinutes', 120, 0.001, 10_000),
  }
  if (!/^https?:\/\//.test(settings.url)) throw from.wrong('url', 'the http address of a sandbox')
  from.end()
  return settings
}

function classifySettings(from: SettingsTable, at: FromFolder): ClassifySettings {
  const settings = {
    models: from.texts('models', []).map((path) => (path === SHIPPED ? path : at.path(path))),
    threads: whole(from, 'threads', 0, 0, 256),
    timeoutSeconds: from.number('timeoutSeconds', 600, 1, 86_400),
  }
  from.end()
  return settings
}

/** Whether a text is an address that can be called; one with a password in it would show it. */
function isAddress(text: string): boolean {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) return false
  const { username, password } = new URL(text)
  return username === '' && password === ''
}

/** A whole number between two. */
function whole(from: SettingsTable, key: string, otherwise: number, least: number, most: number): number {
  const value = from.number(key, otherwise, least, most)
  if (!Number.isInteger(value)) throw from.wrong(key, `a whole number from ${least} to ${most}`)
  return value
}

function webhookSettings(from: SettingsTable, at: FromFolder): WebhookSettings {
  const settings = {
    url: from.text('url', '', 500),
    secretFile: at.optional(from, 'secretFile'),
    verdicts: from.someOf('verdicts', VERDICTS, ['malicious']),
  }
  if (!isAddress(settings.url)) throw from.wrong('url', 'an http address without a password')
  from.end()
  return settings
}

/** A short name for some settings, by which steps know that they are to be done anew. */
export function versionOf(...parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16)
}
