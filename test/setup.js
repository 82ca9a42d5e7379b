// Run before the tests: brings scikit-learn, the judge of the oracle tests, where that needs no question. Where it does,
// it says how; those tests are then skipped (under CI they fail).
import { spawnSync } from 'node:child_process'

const PYTHONS = ['python3', '/usr/bin/python3']
const run = (command, ...args) => spawnSync(command, args, { stdio: 'pipe', encoding: 'utf8' })
const hasSklearn = () =>
  PYTHONS.some((python) => run(python, '-c', 'from sklearn.svm import LinearSVC').status === 0)
const HOW = 'apt-get install python3-sklearn, or pip install scikit-learn'

if (!hasSklearn()) {
  const isRoot = process.getuid?.() === 0
  if (isRoot && run('apt-get', '--version').status === 0) {
    console.log('setup: installing python3-sklearn for the oracle tests')
    run('apt-get', 'update')
    run('apt-get', 'install', '-y', '--no-install-recommends', 'python3-sklearn')
  }
  if (!hasSklearn())
    console.log(`setup: no Python with scikit-learn, its tests are skipped; to have them: ${HOW}`)
}
