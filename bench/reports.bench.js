// Claim: a sandbox report is read to calls at least 10 times as fast as Python's json.load reads it to objects, and in
// memory that does not grow with the report. Both sides get a fresh process for each round, turn by turn, and are timed
// without their start-up; the file lies in the page cache. The claim is for large reports: on small ones our reader is
// still being compiled, and the row that shows it carries no claim. `--quick` leaves out the memory of large reports.
import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { callsFor, reportChunks } from './generate-report.js'
import { median, spread } from './peers.js'

const ROUNDS = 5
const TIMED_BYTES = 1e9
const SMALL_BYTES = 0.1e9
const MEASURED_BYTES = process.argv.includes('--quick') ? [0.1e9] : [0.1e9, 1e9, 5e9]
const MIN_RATIO = 10
const MAX_PEAK_BYTES = 200e6

const here = fileURLToPath(new URL('.', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'taxon-bench-'))
const run = (program, script, file) =>
  JSON.parse(execFileSync(program, [join(here, script), file], { encoding: 'utf8' }))
function generate(name, bytes, indent) {
  const file = join(folder, name)
  const calls = callsFor(bytes, indent)
  const out = openSync(file, 'w')
  let size = 0
  for (const chunk of reportChunks(calls, indent)) size += writeSync(out, chunk)
  closeSync(out)
  return { file, calls, size }
}

function assertCalls(found, wanted) {
  if (found !== wanted) throw new Error(`counted ${found} calls of ${wanted}`)
}

function compare(layout, indent, bytes) {
  const { file, calls, size } = generate('timed.json', bytes, indent)
  assertCalls(run('python3', 'read-report.py', file).calls, calls)
  assertCalls(run(process.execPath, 'read-report.js', file).calls, calls)
  const [ours, theirs, ratios] = [[], [], []]
  for (let round = 0; round < ROUNDS; round++) {
    const python = run('python3', 'read-report.py', file).seconds
    const taxon = run(process.execPath, 'read-report.js', file).seconds
    ours.push(size / taxon / 1e6)
    theirs.push(size / python / 1e6)
    ratios.push(python / taxon)
  }
  rmSync(file)
  console.log(
    `| ${layout}, ${bytes / 1e9} GB | ${spread(ours, 0)} | ${spread(theirs, 0)} | ${spread(ratios, 1)} |`,
  )
  return median(ratios)
}

function measure(bytes) {
  const { file, calls, size } = generate('measured.json', bytes, 4)
  const found = run(process.execPath, 'read-report.js', file)
  rmSync(file)
  assertCalls(found.calls, calls)
  const speed = (size / found.seconds / 1e6).toFixed(0)
  console.log(`| ${(size / 1e9).toFixed(2)} | ${calls} | ${(found.peakBytes / 1e6).toFixed(0)} | ${speed} |`)
  return found.peakBytes
}

try {
  const python = execFileSync('python3', ['--version'], { encoding: 'utf8' }).trim()
  console.log(`Report to calls against json.load of ${python}, ${ROUNDS} rounds, median (least … most)\n`)
  console.log('| layout | taxon MB/s | json.load MB/s | ratio |\n|---|---|---|---|')
  const ratios = [compare('indented by 4', 4, TIMED_BYTES), compare('compact', 0, TIMED_BYTES)]
  compare('indented by 4', 4, SMALL_BYTES)
  console.log('\n| report GB | calls | peak resident MB | MB/s |\n|---|---|---|---|')
  const peaks = MEASURED_BYTES.map(measure)
  const kept = Math.min(...ratios) >= MIN_RATIO && Math.max(...peaks) <= MAX_PEAK_BYTES
  console.log(
    `\nAt least ${MIN_RATIO} times as fast on ${TIMED_BYTES / 1e9} GB, within ${MAX_PEAK_BYTES / 1e6} MB: ${kept ? 'yes' : 'NO'}`,
  )
  process.exitCode = kept ? 0 : 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
