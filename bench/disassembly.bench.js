// From the bytes of executables to their opcodes, beside `objdump -d`, on libraries of Debian's wine and openssl. Both sides
// must first find the same instructions at the same addresses. Ours runs in a process of its own, warm, and reads each file
// again; objdump is started for each file, and what it takes on a file with hardly any code is subtracted, so that neither
// side pays for its start. Its text goes to /dev/null unread: to take opcodes from it would cost more. By turns, file by
// file; processor time of all threads on both sides. `node bench/disassembly.bench.js [rounds]`, after `npm run build`.
import { spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { debianPackage, hasDebianTools, regularFiles } from '../corpora/debian.js'
import { disassemble, readListing } from '../dist/disassembly/index.js'
import { answer, median, requests, roundsAsked, side, spread } from './peers.js'

/** How many times as fast as objdump it is claimed to be. */
const CLAIM = 2
/** Readings of a file before it is timed: the engine optimizes the decoder meanwhile, on threads that are counted. */
const WARM_UP = 20
/** Share of instructions that must be the same; libcrypto holds data between its functions. */
const SAME = 0.99
const LIBRARIES = [
  ['libwine', 'amd64', 'mshtml.dll'],
  ['libwine', 'amd64', 'ole32.dll'],
  ['libwine', 'i386', 'mshtml.dll'],
  ['libwine', 'i386', 'user32.dll'],
  ['libssl3', 'amd64', 'libcrypto.so.3'],
]
/** A library of wine with a few hundred bytes of code: what objdump takes for it is its start. */
const HARDLY_ANY = ['libwine', 'amd64', 'vga.dll']
const OBJDUMP = ['-d', '-z', '-w', '-M', 'intel', '--no-show-raw-insn']

async function fileOf([name, architecture, file]) {
  const files = regularFiles(await debianPackage(name, architecture))
  return files.find((each) => basename(each) === file && !each.includes('unix'))
}

/** Our side, in a process of its own: a path comes in, the milliseconds and what was found go out. */
async function serveOurs() {
  for await (const [path] of requests()) {
    const before = process.cpuUsage()
    const { executable, length } = await disassemble(readFileSync(path))
    const { user, system } = process.cpuUsage(before)
    const ms = (user + system) / 1000
    const bytes = executable.code.reduce((sum, { size }) => sum + size, 0)
    answer({ ms, length, bytes })
  }
}

function timeObjdump(path) {
  const script = 'objdump "$@" > /dev/null && times'
  const { stdout, status } = spawnSync('bash', ['-c', script, 'bash', ...OBJDUMP, path], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`objdump ended with ${status} on ${path}`)
  // The second line is of the shell's children: `0m0.245s 0m0.012s`.
  const times = [...stdout.split('\n')[1].matchAll(/(\d+)m([\d.]+)s/g)]
  return times.reduce((sum, [, minutes, seconds]) => sum + 60_000 * minutes + 1000 * seconds, 0)
}

/** The share of objdump's instructions that we find as well, with their name. */
async function agreement(path) {
  const child = spawn('objdump', [...OBJDUMP, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  const all = { padding: true, maxOpcodes: 100_000_000 }
  const theirs = await readListing(child.stdout, { maxOpcodes: all.maxOpcodes })
  const mine = await disassemble(readFileSync(path), all)
  const nameAt = new Map(Array.from(mine.addresses, (address, i) => [address, mine.names[mine.opcodes[i]]]))
  let same = 0
  for (const [i, address] of theirs.addresses.entries()) {
    if (nameAt.get(address) === theirs.names[theirs.opcodes[i]]) same++
  }
  return same / theirs.addresses.length
}

async function main() {
  const rounds = roundsAsked(9)
  const version = spawnSync('objdump', ['--version'], { encoding: 'utf8' }).stdout?.split('\n')[0]
  if (!version || !hasDebianTools()) {
    return console.log('disassembly: no objdump or no apt-get here, nothing to compare with')
  }
  console.log(
    `disassembly: Node ${process.version}, ${version}, ${cpus()[0].model}; median (least … most) of ${rounds}\n`,
  )
  console.log('| file | code MB | opcodes | same as objdump | ours ms | objdump ms | ours ms/MB | ratio |')
  console.log('|---|---|---|---|---|---|---|---|')
  const start = await fileOf(HARDLY_ANY)
  const server = side(process.execPath, [fileURLToPath(import.meta.url), '--serve'])
  const total = { ours: 0, objdump: 0 }
  let first
  try {
    for (const library of LIBRARIES) {
      const path = await fileOf(library)
      const same = await agreement(path)
      if (same < SAME) throw new Error(`${path}: only ${same} of the instructions are the same`)
      const cold = await server.ask(path)
      first ??= cold
      for (let i = 0; i < WARM_UP; i++) await server.ask(path)
      const times = { ours: [], objdump: [], ratio: [] }
      let read
      for (let round = 0; round < rounds; round++) {
        read = await server.ask(path)
        const theirs = timeObjdump(path) - timeObjdump(start)
        times.ours.push(read.ms)
        times.objdump.push(theirs)
        times.ratio.push(theirs / read.ms)
      }
      const megabytes = read.bytes / 1e6
      total.ours += median(times.ours)
      total.objdump += median(times.objdump)
      const columns = [
        `${library[2]} ${library[1]}`,
        megabytes.toFixed(2),
        read.length,
        `${(100 * same).toFixed(3)} %`,
        spread(times.ours),
        spread(times.objdump),
        (median(times.ours) / megabytes).toFixed(0),
        spread(times.ratio, 1),
      ]
      console.log(`| ${columns.join(' | ')} |`)
    }
  } finally {
    server.close()
  }
  console.log(
    `\nThe very first file of the process, its decoder loaded and not yet optimized: ${first.ms.toFixed(0)} ms`,
  )
  const ratio = total.objdump / total.ours
  if (ratio < CLAIM) process.exitCode = 1
  console.log(`All files: ${ratio.toFixed(1)} times as fast as objdump, claimed ${CLAIM}`)
}

if (process.argv[2] === '--serve') await serveOurs()
else await main()
