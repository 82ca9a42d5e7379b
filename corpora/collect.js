// What the scripts beside this one share: the executables of named Debian packages, laid into one folder under their
// SHA-256, each content once, with a labels.csv that `taxon corpus import --labels` reads.
import { createHash } from 'node:crypto'
import {
  closeSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join, relative } from 'node:path'
import { debianPackage, debianSource, regularFiles } from './debian.js'

/** Most bytes of one executable; larger ones are left out. */
const MAX_BYTES = 16 * 2 ** 20

export async function collect(folder, packages, labelOf) {
  const files = join(folder, 'files')
  rmSync(files, { recursive: true, force: true })
  mkdirSync(files, { recursive: true })
  const seen = new Set()
  const rows = []
  const counts = []
  for (const each of packages) {
    const [name, architecture = 'amd64'] = each.split(':')
    const root = await debianPackage(name, architecture)
    const source = debianSource(name, architecture)
    const count = { package: each, source, files: 0, repeated: 0, labels: new Map() }
    for (const path of regularFiles(root)) {
      const bytes = executableBytes(path)
      const label = bytes && labelOf(bytes)
      if (!label) continue
      const sha256 = createHash('sha256').update(bytes).digest('hex')
      if (seen.has(sha256)) {
        count.repeated++
        continue
      }
      seen.add(sha256)
      place(path, join(files, sha256))
      count.files++
      count.labels.set(label.label, (count.labels.get(label.label) ?? 0) + 1)
      rows.push([sha256, label.label, source, each, relative(root, path)])
    }
    counts.push(count)
  }
  const quoted = (text) => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
  const lines = [['sha256', 'label', 'family', 'package', 'path'], ...rows]
  writeFileSync(join(folder, 'labels.csv'), lines.map((line) => `${line.map(quoted).join(',')}\n`).join(''))
  printCounts(counts)
  return rows.length
}

/** The bytes of a PE or ELF file; null of anything else, or of what is too large. */
function executableBytes(path) {
  const head = Buffer.alloc(4)
  const file = openSync(path, 'r')
  const read = readSync(file, head)
  closeSync(file)
  const looksExecutable = read === 4 && (head.latin1Slice(0, 2) === 'MZ' || head.latin1Slice() === '\x7fELF')
  if (!looksExecutable) return null
  const bytes = readFileSync(path)
  return bytes.length <= MAX_BYTES ? bytes : null
}

function place(from, to) {
  try {
    linkSync(from, to)
  } catch {
    copyFileSync(from, to) // another file system
  }
}

function printCounts(counts) {
  const shown = (labels) =>
    [...labels].sort(([a], [b]) => (a < b ? -1 : 1)).map(([label, n]) => `${label} ${n}`)
  for (const { package: name, source, files, repeated, labels } of counts) {
    const again = repeated > 0 ? `, ${repeated} repeated` : ''
    console.log(
      `${name.padEnd(34)} ${source.padEnd(26)} ${String(files).padStart(5)}  ${shown(labels).join(', ')}${again}`,
    )
  }
  const total = new Map()
  for (const { labels } of counts)
    for (const [label, n] of labels) total.set(label, (total.get(label) ?? 0) + n)
  console.log(
    `${counts.length} packages, ${counts.reduce((sum, { files }) => sum + files, 0)} files: ${shown(total).join(', ')}`,
  )
}

/** What an ELF header says, or null where it is none of 64 or 32 bits in little-endian order. */
export function elfHeader(bytes) {
  if (bytes.length < 64 || bytes.latin1Slice(0, 4) !== '\x7fELF' || bytes[5] !== 1) return null
  return { bits: bytes[4] === 2 ? 64 : 32, type: bytes.readUInt16LE(16), machine: bytes.readUInt16LE(18) }
}

/** The machine of a PE file and whether it is managed code; null where it is no PE file. */
export function peHeader(bytes) {
  if (bytes.length < 64 || bytes.latin1Slice(0, 2) !== 'MZ') return null
  const at = bytes.readUInt32LE(60)
  if (at + 248 > bytes.length || bytes.latin1Slice(at, at + 4) !== 'PE\0\0') return null
  const wide = bytes.readUInt16LE(at + 24) === 0x20b
  // The 15th data directory is the header of the common language runtime.
  const managed = bytes.readUInt32LE(at + 24 + (wide ? 112 : 96) + 14 * 8) !== 0
  return { machine: bytes.readUInt16LE(at + 4), managed }
}
