import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { isExecutable } from '../src/binaries/index.ts'
import { type Random, seededRandom } from '../src/core/index.ts'
import { disassemble } from '../src/disassembly/index.ts'
import { debianFiles } from './debian-files.ts'
import { agreement, hasObjdump, objdumpOpcodes } from './objdump.ts'

const SEED = 20_261_123
/** Code that is compared of each file, from an instruction on that is drawn from all: whole files would take minutes. */
const WINDOW_BYTES = 32_768
/** An instruction that begins so near to the end is not compared, since objdump may see a part of it only. */
const LONGEST_INSTRUCTION = 16
const WINE = ['libwine', 'libwine:i386']
const ELF = ['coreutils', 'libc6', 'libssl3', 'openssh-client', 'util-linux', 'coreutils:i386', 'libc6:i386']

const has = hasObjdump()

/** Compares a window of every nth file of packages; files that hold no x86 code are passed over. */
async function compare(files: readonly string[], every: number, formats: readonly string[], random: Random) {
  const total = {
    files: 0,
    instructions: 0,
    sameStarts: 0,
    sameNames: 0,
    differences: new Map<string, number>(),
  }
  for (const [index, file] of files.entries()) {
    const bytes = index % every === 0 ? readFileSync(file) : Buffer.alloc(0)
    if (!isExecutable(bytes)) continue
    const ours = await disassemble(bytes, { padding: true, maxOpcodes: 1e8 })
    const { format, architecture } = ours.executable!
    if (ours.length === 0 || !architecture.startsWith('x86') || !formats.includes(format)) continue
    const start = ours.addresses[random.below(ours.length)]!
    const stop = start + WINDOW_BYTES
    const range = [`--start-address=${start}`, `--stop-address=${stop}`]
    const theirs = await objdumpOpcodes(file, range)
    for (const address of theirs.keys()) if (address >= stop - LONGEST_INSTRUCTION) theirs.delete(address)
    const same = agreement(theirs, ours)
    total.files++
    total.instructions += same.instructions
    total.sameStarts += same.sameStarts
    total.sameNames += same.sameNames
    for (const [pair, times] of same.differences) {
      total.differences.set(pair, (total.differences.get(pair) ?? 0) + times)
    }
  }
  const shares = [total.sameStarts, total.sameNames].map((n) => ((100 * n) / total.instructions).toFixed(4))
  console.info(
    `${formats}: ${total.files} files, ${total.instructions} instructions, same starts and names: ${shares} %`,
  )
  console.info([...total.differences].sort(([, a], [, b]) => b - a).slice(0, 10))
  return total
}

describe.skipIf(!has)(
  `opcodes agree with objdump, address by address (seed ${SEED})`,
  { timeout: 240_000 },
  () => {
    it('on at least 400 PE files, before padding is left out', async () => {
      const files = await debianFiles(WINE)
      if (files === null) return
      const {
        files: read,
        instructions,
        sameNames,
      } = await compare(files, 3, ['pe32', 'pe64'], seededRandom(SEED))
      expect(read).toBeGreaterThanOrEqual(400)
      expect(sameNames / instructions).toBeGreaterThanOrEqual(0.999)
    })

    it('on at least 100 ELF files, whose code may hold data', async () => {
      const files = await debianFiles(ELF)
      if (files === null) return
      const {
        files: read,
        instructions,
        sameNames,
      } = await compare(files, 5, ['elf32', 'elf64'], seededRandom(SEED))
      expect(read).toBeGreaterThanOrEqual(100)
      expect(sameNames / instructions).toBeGreaterThanOrEqual(0.99)
    })
  },
)
