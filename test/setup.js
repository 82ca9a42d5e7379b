// Run before the tests: brings the judges of the oracle tests and the real servers that others run against, where that needs
// no question. Where it does, it says how; those tests are then skipped (under CI they fail). Then has apt learn which
// packages there are, since tests that run at once would stand in each other's way there.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { debianVersion, hasDebianTools } from '../corpora/debian.js'

const PYTHONS = ['python3', '/usr/bin/python3']
const run = (command, ...args) => spawnSync(command, args, { stdio: 'pipe', encoding: 'utf8' })

const TOOLS = [
  {
    name: 'Python with scikit-learn',
    debianPackage: 'python3-sklearn',
    how: 'apt-get install python3-sklearn, or pip install scikit-learn',
    isHere: () =>
      PYTHONS.some((python) => run(python, '-c', 'from sklearn.svm import LinearSVC').status === 0),
  },
  {
    name: 'Python with PyTorch',
    debianPackage: 'python3-torch',
    how: 'apt-get install python3-torch, or pip install torch',
    isHere: () => PYTHONS.some((python) => run(python, '-c', 'import torch').status === 0),
  },
  {
    name: 'GNU objdump',
    debianPackage: 'binutils',
    how: 'apt-get install binutils',
    isHere: () => run('objdump', '--version').stdout?.includes('GNU') ?? false,
  },
  {
    name: 'LLVM objdump',
    debianPackage: 'llvm',
    how: 'apt-get install llvm',
    isHere: () => run('llvm-objdump', '--version').status === 0,
  },
  {
    name: 'osslsigncode',
    debianPackage: 'osslsigncode',
    how: 'apt-get install osslsigncode',
    isHere: () => run('osslsigncode', '--version').error === undefined,
  },
  {
    name: 'openssl',
    debianPackage: 'openssl',
    how: 'apt-get install openssl',
    isHere: () => run('openssl', 'version').status === 0,
  },
  {
    name: 'clamd',
    debianPackage: 'clamav-daemon',
    how: 'apt-get install clamav-daemon',
    isHere: () => run('clamd', '--version').status === 0,
  },
  {
    name: 'clamscan',
    debianPackage: 'clamav',
    how: 'apt-get install clamav',
    isHere: () => run('clamscan', '--version').status === 0,
  },
  {
    name: 'folder of test files for ClamAV',
    debianPackage: 'clamav-testfiles',
    how: 'apt-get install clamav-testfiles',
    isHere: () => existsSync('/usr/share/clamav-testfiles/clam.exe'),
  },
]

const canInstall = process.getuid?.() === 0 && run('apt-get', '--version').status === 0
for (const { name, debianPackage, how, isHere } of TOOLS) {
  if (isHere()) continue
  if (canInstall) {
    console.log(`setup: installing ${debianPackage} for the tests`)
    run('apt-get', 'update')
    run('apt-get', 'install', '-y', '--no-install-recommends', debianPackage)
  }
  if (!isHere()) console.log(`setup: there is no ${name}, its tests are skipped; to have them: ${how}`)
}

const ARCHITECTURES = ['amd64', 'i386']
if (hasDebianTools()) for (const architecture of ARCHITECTURES) debianVersion('coreutils', architecture)
