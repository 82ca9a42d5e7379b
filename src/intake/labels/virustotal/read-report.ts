import { boundedDetection, type EngineLabel, type LabelState } from '../label-source.ts'

/*
 * VirusTotal's reports of files.
 *   v2  `{ sha256, sha1, md5, scan_date, first_seen?, scans: { <engine>: { detected, result, version, update } } }`
 *   v3  `{ data: { attributes: { sha256, …, last_analysis_date, first_submission_date,
 *          last_analysis_results: { <engine>: { category, result, engine_version, engine_update } } } } }`,
 *       the same without `data`, and with a list of such objects in `data`
 */

/** A report of one sample. */
export interface VirusTotalReport {
  /** Lower-case hashes of the sample, those that the report has, SHA-256 first; at least one. */
  readonly hashes: readonly string[]
  readonly sha256: string | null
  /** When the sample was scanned, milliseconds since 1970; 0 where it does not say. */
  readonly at: number
  readonly labels: readonly EngineLabel[]
}

/** Engines of one report that are taken; VirusTotal has about 75. */
const MAX_ENGINES = 500
const MAX_NAME = 100

type Fields = ReadonlyMap<string, unknown>

/** The reports that an object holds; empty where it is none of VirusTotal's, or has no result. */
export function reportsOf(value: unknown): VirusTotalReport[] {
  const fields = fieldsOf(value)
  const data = fields.get('data')
  if (Array.isArray(data)) return data.flatMap(reportOf)
  return reportOf(data ?? value)
}

function reportOf(value: unknown): VirusTotalReport[] {
  const outer = fieldsOf(value)
  const fields = outer.has('attributes') ? fieldsOf(outer.get('attributes')) : outer
  const results = fields.get('last_analysis_results') ?? fields.get('scans')
  const sha256 = hashOf(fields.get('sha256') ?? outer.get('id'), 64)
  const hashes = [sha256, hashOf(fields.get('sha1'), 40), hashOf(fields.get('md5'), 32)].filter(
    (hash) => hash !== null,
  )
  if (typeof results !== 'object' || results === null || hashes.length === 0) return []
  const at = timeOf(fields.get('last_analysis_date') ?? fields.get('scan_date')) ?? 0
  const firstSeen = dayOf(timeOf(fields.get('first_submission_date') ?? fields.get('first_seen')))
  const labels = Object.entries(results)
    .slice(0, MAX_ENGINES)
    .map(([engine, result]) => labelOf(engine.slice(0, MAX_NAME), fieldsOf(result), at, firstSeen))
  return [{ hashes, sha256, at, labels }]
}

function labelOf(engine: string, result: Fields, at: number, firstSeen: string | null): EngineLabel {
  const said = textOf(result.get('result'))
  const { malicious, state, problem } = meaningOf(result, said)
  const versions = [
    result.get('engine_version') ?? result.get('version'),
    result.get('engine_update') ?? result.get('update'),
  ]
  const version = versions
    .map((each) => textOf(each)?.slice(0, MAX_NAME))
    .filter((each) => each !== undefined)
  return {
    ...{ malicious, family: null, category: null, firstSeen, by: `virustotal: ${engine}` },
    ...{ source: 'virustotal', engine, detection: said === null ? null : boundedDetection(said) },
    ...{ version: version.length === 0 ? null : version.join(' '), at, state, problem },
  }
}

type Meaning = Pick<EngineLabel, 'malicious' | 'state' | 'problem'>

const MEANINGS: ReadonlyMap<string, Meaning> = new Map(
  (
    [
      ['malicious', 1, 'found'],
      // The engine itself is not sure.
      ['suspicious', null, 'found'],
      ['undetected', 0, 'clean'],
      ['harmless', 0, 'clean'],
      ['type-unsupported', null, 'unsupported'],
      ['timeout', null, 'failed'],
      ['confirmed-timeout', null, 'failed'],
      ['failure', null, 'failed'],
    ] as const
  ).map(([category, malicious, state]) => [
    category,
    { malicious, state, problem: problemOf(state, category) },
  ]),
)

function problemOf(state: LabelState, category: string): string | null {
  return state === 'found' || state === 'clean' ? null : `the engine reported ${category}`
}

/** Version 3 names what came out; version 2 says whether something was found. */
function meaningOf(result: Fields, said: string | null): Meaning {
  const category = result.get('category')
  if (typeof category === 'string') {
    const known = MEANINGS.get(category)
    return known ?? { malicious: null, state: 'failed', problem: 'the engine reported something unknown' }
  }
  const detected = result.get('detected')
  if (detected === true) return { malicious: 1, state: 'found', problem: null }
  if (detected === false && said === null) return { malicious: 0, state: 'clean', problem: null }
  return { malicious: null, state: 'failed', problem: 'the report does not say what came out' }
}

/** Members by name; keys from outside are no properties of ours. */
function fieldsOf(value: unknown): Fields {
  return new Map(typeof value === 'object' && value !== null ? Object.entries(value) : [])
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

function hashOf(value: unknown, digits: number): string | null {
  return typeof value === 'string' && value.length === digits && /^[0-9a-f]+$/i.test(value)
    ? value.toLowerCase()
    : null
}

/** The year 10000: later days have another form. */
const MAX_TIME = 253_402_300_800_000

/** Version 3 has seconds since 1970, version 2 `2015-09-28 01:01:14` in UTC. */
function timeOf(value: unknown): number | null {
  const time =
    typeof value === 'number'
      ? value * 1000
      : typeof value === 'string' && /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(value)
        ? Date.parse(`${value.replace(' ', 'T')}Z`)
        : Number.NaN
  return time >= 0 && time < MAX_TIME ? Math.floor(time) : null
}

function dayOf(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString().slice(0, 10)
}
