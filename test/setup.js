// Run before the tests: brings the judges of the oracle tests and the real servers that others run against, where that needs
// no question. Where it does, it says how; those tests are then skipped (under CI they fail). Then has apt learn which
// packages there are, since tests that run at once would stand in each other's way there.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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
    isHere: () => run('objdump', '--version').stdout?.includes('GNU') ?? false,
  },
  { name: 'LLVM objdump', debianPackage: 'llvm', isHere: () => runs('llvm-objdump', '--version') },
  {
    name: 'osslsigncode',
    debianPackage: 'osslsigncode',
    isHere: () => run('osslsigncode', '--version').error === undefined,
  },
  { name: 'openssl', debianPackage: 'openssl', isHere: () => runs('openssl', 'version') },
  { name: 'clamd', debianPackage: 'clamav-daemon', isHere: () => runs('clamd', '--version') },
  { name: 'clamscan', debianPackage: 'clamav', isHere: () => runs('clamscan', '--version') },
  {
    name: 'folder of test files for ClamAV',
    debianPackage: 'clamav-testfiles',
    isHere: () => existsSync('/usr/share/clamav-testfiles/clam.exe'),
  },
  {
    name: 'Suricata 7',
    debianPackage: 'suricata',
    // Debian 12 itself has Suricata 6.
    fromBackports: true,
    how: 'apt-get install -t bookworm-backports suricata',
    isHere: () => / version ([7-9]|\d\d)\./.test(run('suricata', '-V').stdout ?? ''),
  },
  {
    name: 'PostgreSQL server',
    debianPackage: 'postgresql',
    isHere: () => existsSync('/usr/lib/postgresql'),
  },
  { name: '7-Zip', debianPackage: 'p7zip-full', isHere: () => runs('7z', 'i') },
]

function runs(command, ...args) {
  return run(command, ...args).status === 0
}

/** Debian's newer packages, from whatever mirror this machine's own sources name: options for apt that add them. */
function withBackports(use) {
  const format = '$(ORIGIN) $(LABEL) $(CODENAME) $(REPO_URI)'
  const targets = run('apt-get', 'indextargets', '--format', format, 'Created-By: Packages').stdout ?? ''
  const lines = targets.split('\n').map((line) => line.split(' '))
  const own = lines.find((line) => line[0] === 'Debian' && line[1] === 'Debian' && !line[2].includes('-'))
  if (!own) return
  const suite = `${own[2]}-backports`
  const key = '/usr/share/keyrings/debian-archive-keyring.gpg'
  const before = existsSync('/etc/apt/sources.list') ? readFileSync('/etc/apt/sources.list', 'utf8') : ''
  const folder = mkdtempSync(join(tmpdir(), 'taxon-setup-'))
  try {
    const list = join(folder, 'sources.list')
    const options = existsSync(key) ? `[signed-by=${key}] ` : ''
    writeFileSync(list, `${before}\ndeb ${options}${own[3]} ${suite} main\n`)
    use('-o', `Dir::Etc::SourceList=${list}`, '-t', suite)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function install(packages, ...options) {
  if (packages.length === 0) return
  console.log(`setup: installing ${packages.join(', ')} for the tests`)
  run('apt-get', ...options, 'update')
  run('apt-get', ...options, 'install', '-y', '--no-install-recommends', ...packages)
}

const missing = TOOLS.filter(({ isHere }) => !isHere())
if (missing.length > 0 && process.getuid?.() === 0 && runs('apt-get', '--version')) {
  const packages = (newer) =>
    missing.filter(({ fromBackports = false }) => fromBackports === newer).map((tool) => tool.debianPackage)
  install(packages(false))
  if (packages(true).length > 0) withBackports((...options) => install(packages(true), ...options))
}
for (const { name, debianPackage, how = `apt-get install ${debianPackage}`, isHere } of missing) {
  if (!isHere()) console.log(`setup: there is no ${name}, its tests are skipped; to have them: ${how}`)
}

const ARCHITECTURES = ['amd64', 'i386']
if (hasDebianTools()) for (const architecture of ARCHITECTURES) debianVersion('coreutils', architecture)
