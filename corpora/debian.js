// Real benign files, from Debian's packages: fetched and unpacked to a cache folder, nothing of them installed and none
// of it run. What tests, benchmarks and the scripts beside this one build on. Needs apt-get and dpkg-deb.
import { execFile, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const CACHE = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'taxon', 'debian')
const run = promisify(execFile)

export function hasDebianTools() {
  return ['apt-get', 'dpkg-deb'].every((tool) => spawnSync(tool, ['--version']).status === 0)
}

/** Options that keep apt's own state untouched, whoever runs it and whatever architecture is asked for. */
function aptOptions(architecture) {
  const state = join(CACHE, 'apt', architecture)
  for (const folder of ['lists/partial', 'cache/archives/partial']) {
    mkdirSync(join(state, folder), { recursive: true })
  }
  const options = {
    'Dir::State::lists': join(state, 'lists'),
    'Dir::Cache': join(state, 'cache'),
    'APT::Architecture': architecture,
    'APT::Architectures': architecture,
    'APT::Sandbox::User': process.getuid?.() === 0 ? 'root' : '',
  }
  return Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`])
}

const DAY_MS = 86_400_000
const updated = new Set()

/** Has apt learn which packages there are; once a day is enough, and once for many processes. */
function updateLists(architecture, maxAgeMs) {
  const stamp = join(CACHE, 'apt', architecture, 'updated')
  const age = Date.now() - (statSync(stamp, { throwIfNoEntry: false })?.mtimeMs ?? 0)
  if (updated.has(architecture) || age < maxAgeMs) return
  updated.add(architecture)
  // Indices of other components may be missing; what matters is whether the packages are found afterwards.
  spawnSync('apt-get', [...aptOptions(architecture), 'update'], { stdio: 'pipe' })
  writeFileSync(stamp, '')
}

/** What apt says of a package, as the text of its control fields. */
function control(name, architecture) {
  for (const maxAgeMs of [DAY_MS, 0]) {
    updateLists(architecture, maxAgeMs)
    const show = [...aptOptions(architecture), 'show', '--no-all-versions', name]
    const { stdout } = spawnSync('apt-cache', show, { encoding: 'utf8' })
    if (stdout) return stdout
  }
  return ''
}

export function debianVersion(name, architecture = 'amd64') {
  return /^Version: (.+)$/m.exec(control(name, architecture))?.[1] ?? null
}

export function debianSource(name, architecture = 'amd64') {
  return /^Source: (\S+)/m.exec(control(name, architecture))?.[1] ?? name
}

export async function debianPackage(name, architecture = 'amd64') {
  const version = debianVersion(name, architecture)
  if (version === null) throw new Error(`debian: apt knows no package ${name} for ${architecture}`)
  const folder = join(CACHE, `${name}_${version.replaceAll(':', '%3a')}_${architecture}`)
  if (existsSync(folder)) return folder
  // Unpacked beside its place and moved there whole, so that a run cut short leaves nothing that looks complete.
  const work = `${folder}.${process.pid}.tmp`
  mkdirSync(join(work, 'files'), { recursive: true })
  try {
    await run('apt-get', [...aptOptions(architecture), 'download', `${name}:${architecture}`], { cwd: work })
    const [deb] = readdirSync(work).filter((file) => file.endsWith('.deb'))
    await run('dpkg-deb', ['-x', join(work, deb), join(work, 'files')])
    try {
      renameSync(join(work, 'files'), folder)
    } catch (error) {
      if (!existsSync(folder)) throw error // another process was first
    }
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
  return folder
}

export function regularFiles(folder) {
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true })
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
  return files.sort((a, b) => (a < b ? -1 : 1))
}

if (process.argv[1] === import.meta.filename) {
  for (const name of process.argv.slice(2)) {
    const [bare, architecture] = name.split(':')
    console.log(await debianPackage(bare, architecture))
  }
  if (process.argv.length < 3) console.error('usage: node corpora/debian.js PACKAGE[:ARCHITECTURE]…')
}
