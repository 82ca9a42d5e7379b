import { cuckoo1Fields, cuckooFields, cuckooSigns } from './cuckoo.ts'
import type { Format } from './format.ts'

/** CAPE 1.3 to 2.4 `report.json`: Cuckoo 1's shape with payloads, statistics and `parentcaller`. */
export const cape: Format = {
  name: 'cape',
  fields: { ...cuckooFields, ...cuckoo1Fields, malscore: 'score' },
  signs: { ...cuckooSigns, 'behavior.processes[].process_id': 2, CAPE: 4, 'statistics.processing': 2 },
  versions: { pattern: /-CAPE$/, weight: 8 },
}
