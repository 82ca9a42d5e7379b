import { CHECKS, type Check, HTTP_SERVER, isYes } from './suricata-checks.ts'
import { readSuricataYaml, type Setting } from './suricata-yaml.ts'

/** A setting by which files are lost or cut. */
export interface CheckedSetting {
  /** `outputs.file-store.stream-depth`: lists of one-name mappings are written as if they were mappings. */
  readonly name: string
  /** As the file has it; null where it says nothing, and Suricata's own default counts. */
  readonly found: string | null
  readonly wanted: string
  readonly why: string
}

/** What is wrong with the settings of a Suricata. */
export interface SuricataCheck {
  readonly wrong: readonly CheckedSetting[]
  /** What could not be looked at, and what is no error but worth knowing. */
  readonly notes: readonly string[]
}

/**
 * Each setting of a `suricata.yaml` (Suricata 7) that would have files not stored, or cut.
 * @throws UnreadableError, MalformedInputError, LimitExceededError
 */
export async function checkSuricata(path: string): Promise<SuricataCheck> {
  const { settings: all, notes } = await readSuricataYaml(path)
  const settings = withOneEveLog(all)
  const wrong = CHECKS.flatMap((check) => wrongWith(check, valueAt(settings, check.name.split('.'))))
  for (const [name, server] of serversOf(settings)) {
    for (const check of HTTP_SERVER) {
      const value = valueAt(server, [check.name])
      // A server takes what it does not say from the default.
      if (value !== undefined) wrong.push(...wrongWith({ ...check, name: `${name}.${check.name}` }, value))
    }
  }
  return { wrong, notes: [...notes, ...runmodeNotes(settings)] }
}

function wrongWith({ name, wanted, isRight, why }: Check, value: Setting | undefined): CheckedSetting[] {
  const text = value === undefined || value === null || value === '' ? null : shown(value)
  return isRight(text, value) ? [] : [{ name, found: text, wanted, why }]
}

function runmodeNotes(settings: ReadonlyMap<string, Setting>): string[] {
  const runmode = valueAt(settings, ['runmode'])
  if (runmode === 'workers' || runmode === 'single') return []
  return [
    'runmode: with autofp, the default for files and some interfaces, files over FTP may be lost; workers and single keep them',
  ]
}

/** There may be several `eve-log`; what matters is one that is written and tells of files. */
function withOneEveLog(settings: ReadonlyMap<string, Setting>): ReadonlyMap<string, Setting> {
  const outputs = settings.get('outputs')
  if (!Array.isArray(outputs)) return settings
  const isEve = (each: Setting) => each instanceof Map && each.has('eve-log')
  const tellsOfFiles = (each: Setting) =>
    isYes(textOf(valueAt(each, ['eve-log', 'enabled']))) &&
    valueAt(each, ['eve-log', 'types', 'files']) !== undefined
  const eve = outputs.find((each: Setting) => isEve(each) && tellsOfFiles(each)) ?? outputs.find(isEve)
  const others = outputs.filter((each: Setting) => !isEve(each))
  return new Map<string, Setting>([...settings, ['outputs', eve === undefined ? others : [eve, ...others]]])
}

function textOf(setting: Setting | undefined): string | null {
  return typeof setting === 'string' ? setting : null
}

/** What stands at a path of names. Suricata keeps outputs and servers as lists of mappings with one name each. */
function valueAt(setting: Setting | undefined, names: readonly string[]): Setting | undefined {
  let here = setting
  for (const name of names) here = child(here, name)
  return here
}

function child(setting: Setting | undefined, name: string): Setting | undefined {
  if (setting instanceof Map) return setting.get(name)
  if (!Array.isArray(setting)) return undefined
  // The last one counts, and the bare name is one that says nothing more.
  for (const each of [...setting].reverse()) {
    if (each === name) return null
    if (each instanceof Map && each.has(name)) return each.get(name)
  }
  return undefined
}

function serversOf(settings: ReadonlyMap<string, Setting>): [string, Setting][] {
  const path = 'app-layer.protocols.http.libhtp.server-config'
  const servers = valueAt(settings, path.split('.'))
  if (!Array.isArray(servers)) return []
  return servers.flatMap((each: Setting) =>
    each instanceof Map
      ? [...each].map(([name, server]): [string, Setting] => [`${path}.${name}`, server])
      : [],
  )
}

/** Characters of a value that are shown. */
const MAX_SHOWN = 100

function shown(value: Setting): string {
  const text = typeof value === 'string' ? value : Array.isArray(value) ? 'a list' : 'a mapping'
  return text.slice(0, MAX_SHOWN)
}
