// Runs every bench/*.bench.js in turn, or those whose names are given. `--write` puts what they print into their parts of
// results.md, with the machine and the commit. A bench that finds its claim broken exits with 1, and so does this.
import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))
const names = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
const options = process.argv
  .slice(2)
  .filter((argument) => argument.startsWith('--') && argument !== '--write')
const benches = readdirSync(here)
  .filter((file) => file.endsWith('.bench.js'))
  .map((file) => file.slice(0, -'.bench.js'.length))
  .filter((name) => names.length === 0 || names.includes(name))
  .sort()

const git = (...args) => execFileSync('git', args, { cwd: here, encoding: 'utf8' }).trim()
const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`
const machine = `${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, ${memory}; Node ${process.versions.node}`
const about = `On ${machine}; commit ${git('rev-parse', '--short', 'HEAD')}.`

/** The parts of results.md by the names of their benches. */
const results = join(here, 'results.md')
const parts = new Map(
  readFileSync(results, 'utf8')
    .split(/^## /m)
    .slice(1)
    .map((part) => [part.slice(0, part.indexOf('\n')), part.slice(part.indexOf('\n')).trim()]),
)

for (const name of benches) {
  console.log(`\n## ${name}\n`)
  const { stdout, status } = spawnSync(process.execPath, [join(here, `${name}.bench.js`), ...options], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  console.log(stdout)
  parts.set(name, `${about}\n\n${stdout.trim()}`)
  if (status !== 0) process.exitCode = 1
}
if (process.argv.includes('--write')) {
  const text = [...parts].sort().map(([name, part]) => `\n## ${name}\n\n${part}\n`)
  writeFileSync(
    results,
    `# Benchmarks\n\nWhat \`npm run bench -- NAME --write\` printed last.\n${text.join('')}`,
  )
}
