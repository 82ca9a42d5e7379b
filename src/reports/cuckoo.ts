import type { Format } from './format.ts'

/** What every Cuckoo since 0.4 has in common, and CAPE with it. */
export const cuckooFields: Format['fields'] = {
  'info.version': 'version',
  'info.score': 'score',
  'target.file.sha256': 'sha256',
  'target.file.sha1': 'sha1',
  'target.file.md5': 'md5',
  'target.file.name': 'name',
  'target.file.size': 'size',
  'behavior.processes[]': 'process',
  'behavior.processes[].process_name': 'process.name',
  'behavior.processes[].calls[]': 'call',
  'behavior.processes[].calls[].api': 'call.name',
  'behavior.processes[].calls[].category': 'call.category',
  'behavior.processes[].calls[].status': 'call.success',
  'behavior.processes[].calls[].repeated': 'call.repeated',
}

/** Names of the older monitor. */
export const cuckoo1Fields: Format['fields'] = {
  'behavior.processes[].process_id': 'process.pid',
  'behavior.processes[].parent_id': 'process.parent',
  'behavior.processes[].calls[].timestamp': 'call.time',
  'behavior.processes[].calls[].thread_id': 'call.thread',
}

/** Paths that any Cuckoo writes; a report may have no behaviour at all. */
export const cuckooSigns: Format['signs'] = {
  'info.duration': 1,
  'info.ended': 1,
  'info.machine': 1,
  'info.package': 1,
  'behavior.processes': 1,
  'behavior.processtree': 1,
  'behavior.summary': 1,
}

/** Cuckoo 0.6 to 1.2 `report.json`: arguments are lists, equal calls in a row may be one call with `repeated`. */
export const cuckoo1: Format = {
  name: 'cuckoo-1',
  fields: { ...cuckooFields, ...cuckoo1Fields },
  signs: { ...cuckooSigns, 'behavior.processes[].process_id': 2, 'behavior.enhanced': 1 },
  versions: { pattern: /^[01]\./, weight: 1 },
}

/** Cuckoo 2.0 `report.json`, and the 1.0-dev and 2.0-dev forks that have its monitor: `pid`, `tid`, `apistats`. */
export const cuckoo2: Format = {
  name: 'cuckoo-2',
  fields: {
    ...cuckooFields,
    'behavior.processes[].pid': 'process.pid',
    'behavior.processes[].ppid': 'process.parent',
    'behavior.processes[].calls[].time': 'call.time',
    'behavior.processes[].calls[].tid': 'call.thread',
    'behavior.apistats.*': 'tally',
    'behavior.apistats.*.*': 'tally.count',
  },
  signs: { ...cuckooSigns, 'behavior.processes[].pid': 2, 'behavior.apistats': 2, 'behavior.generic': 2 },
  versions: { pattern: /^2\./, weight: 1 },
}
