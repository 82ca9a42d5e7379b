// Runs every bench/*.bench.js in turn, or those whose names are given. `--write` puts what they print into results.md,
// with the machine and the commit. A bench that finds its claim broken exits with 1, and so does this.
import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync, writeFileSync } from 'node:fs'
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
let text = `# Benchmarks\n\n\`npm run bench -- --write\` on ${machine}; commit ${git('rev-parse', '--short', 'HEAD')}.\n`

for (const name of benches) {
  console.log(`\n## ${name}\n`)
  const { stdout, status } = spawnSync(process.execPath, [join(here, `${name}.bench.js`), ...options], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  console.log(stdout)
  text += `\n## ${name}\n\n${stdout.trim()}\n`
  if (status !== 0) process.exitCode = 1
}
if (process.argv.includes('--write')) writeFileSync(join(here, 'results.md'), text)
