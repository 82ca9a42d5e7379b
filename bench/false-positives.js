// How often a model speaks ill of benign files, for each source package:
//   npm run build && node bench/false-positives.js MODEL FOLDER [PATH…]
// FOLDER is what a script of corpora/ wrote: labels.csv, which names the packages, and files/. PATH… are read in place of
// files/, such as a traces file of the same samples. Exits with 1 where more than one file in a hundred is called malicious.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { csvRecords } from '../dist/core/index.js'
import { classify } from '../dist/pipeline/index.js'

const MOST = 0.01

const [model, folder, ...given] = process.argv.slice(2)
if (folder === undefined) throw new Error('usage: node bench/false-positives.js MODEL FOLDER [PATH…]')
const [header, ...records] = [...csvRecords(readFileSync(join(folder, 'labels.csv'), 'utf8'))]
const column = (name) => header.fields.indexOf(name)
const packageOf = new Map(records.map(({ fields }) => [fields[column('sha256')], fields[column('family')]]))

const counts = new Map()
const reasons = new Map()
const add = (map, key, by = 1) => map.set(key, (map.get(key) ?? 0) + by)

const paths = given.length > 0 ? given : [join(folder, 'files')]
for await (const outcome of classify(paths, { models: [model], recursive: true })) {
  const { sample } = outcome
  const source = packageOf.get(sample.sha256) ?? packageOf.get(sample.name) ?? 'not in labels.csv'
  const of = counts.get(source) ?? new Map()
  counts.set(source, of)
  add(of, 'files')
  add(of, 'error' in outcome ? 'failed' : outcome.verdict)
  if (outcome.family) add(of, 'named')
  for (const reason of outcome.reasons ?? []) add(reasons, reason.replace(/\d+(\.\d+)?/g, 'N').slice(0, 100))
}

const COLUMNS = ['files', 'malicious', 'benign', 'unknown', 'failed', 'named']
const cells = (of) => COLUMNS.map((name) => String(of.get(name) ?? 0).padStart(10)).join('')
console.log(`${'source package'.padEnd(24)}${COLUMNS.map((name) => name.padStart(10)).join('')}`)
const all = new Map()
for (const [source, of] of [...counts].sort(([a], [b]) => (a < b ? -1 : 1))) {
  console.log(`${source.padEnd(24)}${cells(of)}`)
  for (const [name, n] of of) add(all, name, n)
}
console.log(`${'all'.padEnd(24)}${cells(all)}`)
const share = (name) => (all.get(name) ?? 0) / (all.get('files') ?? 1)
const percent = (name) => `${(100 * share(name)).toFixed(2)} %`
console.log(
  `\ncalled malicious ${percent('malicious')}, benign ${percent('benign')}, given a family ${percent('named')}`,
)
for (const [reason, n] of [...reasons].sort(([, a], [, b]) => b - a).slice(0, 5))
  console.log(`${n} × ${reason}`)
if (share('malicious') > MOST) process.exitCode = 1
