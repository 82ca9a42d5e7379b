import { readFileSync, statSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { debianFiles } from '../../test/debian-files.ts'
import { DATA, madeUpElf, madeUpPe, X86_CODE } from '../../test/made-up-executables.ts'
import { isExecutable } from '../binaries/index.ts'
import { KnownError, type Random, seededRandom } from '../core/index.ts'
import { disassemble } from './disassemble.ts'
import { reportOf } from './report-of.ts'

const INPUTS = 10_000
const SEED = 20_261_124
const MAX_MILLISECONDS = 1000
const MAX_MEMORY_KIB = 300_000
/** Real files are taken up to this size, so that 10,000 of them take no minutes. */
const MAX_BASE_BYTES = 40_000

/** Tables of every kind, one behind the other, that point at each other and at the code. */
function tables(): Uint8Array {
  const table = new DataView(new ArrayBuffer(1024))
  for (let at = 0; at < 1024; at += 4) table.setUint32(at, 0x2000 + ((at * 7) % 1024), true)
  table.setUint32(20, 9, true)
  return new Uint8Array(table.buffer)
}

function madeUpBases(): Uint8Array[] {
  const code = Uint8Array.from(
    { length: 2048 },
    (_, i) => X86_CODE[i % X86_CODE.length]! ^ (i % 97 === 0 ? i : 0),
  )
  const sections = [{ bytes: code }, { name: '.rdata', bytes: tables(), flags: DATA }]
  const directories = new Map([0, 1, 3, 5, 14].map((index) => [index, [0x2000 + 60 * index, 120]] as const))
  return [false, true].flatMap((wide) => [
    madeUpPe({ wide, sections, directories }),
    madeUpPe({ wide, machine: wide ? 0xaa64 : 0x1c4, sections }),
    ...[false, true].flatMap((bigEndian) => [
      madeUpElf({ wide, bigEndian, sections: [{ bytes: code }], functions: [0x8048100, 0x400200] }),
      madeUpElf({
        wide,
        bigEndian,
        sections: [{ bytes: code }],
        machine: wide ? 183 : 40,
        stripped: bigEndian,
      }),
      madeUpElf({ wide, bigEndian, sections: [{ bytes: code }, { bytes: code }], machine: 8, type: 1 }),
    ]),
  ])
}

async function realBases(): Promise<Uint8Array[]> {
  const files = (await debianFiles(['clamav-testfiles', 'libwine', 'coreutils', 'coreutils:i386'])) ?? []
  const small = files.filter((file) => statSync(file).size <= MAX_BASE_BYTES)
  return small.map((file) => readFileSync(file)).filter(isExecutable)
}

/** Numbers that overflow, point to the end, or point nowhere. */
const interesting = (size: number, random: Random) => {
  const values = [
    0,
    1,
    2,
    0xff,
    0xffff,
    0x7fffffff,
    0x80000000,
    0xffffffff,
    size,
    size - 1,
    size + 1,
    0x1000,
    0x2000,
  ]
  return values[random.below(values.length)]!
}

/** Where headers and tables stand: mostly the first kilobyte, its end, and what lies behind the section table of ELF. */
function headerPlace(size: number, random: Random): number {
  const places = [random.below(64), random.below(512), random.below(1024), size - 1 - random.below(1024)]
  return Math.max(0, places[random.below(places.length)]!)
}

function mutate(base: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  let bytes = new Uint8Array(base)
  for (let left = 1 + random.below(6); left > 0; left--) {
    const size = bytes.length
    const at = Math.min(random.below(3) > 0 ? headerPlace(size, random) : random.below(size), size)
    const view = new DataView(bytes.buffer)
    const kind = random.below(10)
    if (kind < 3 && at + 4 <= size) view.setUint32(at - (at % 4), interesting(size, random), true)
    else if (kind < 5 && at + 2 <= size)
      view.setUint16(at - (at % 2), interesting(size, random) & 0xffff, true)
    else if (kind < 7 && at < size) bytes[at] = random.below(256)
    else if (kind === 7) bytes = bytes.slice(0, Math.max(4, at))
    else if (kind === 8) bytes.copyWithin(at, random.below(size), random.below(size))
    else bytes.set(other.subarray(0, Math.max(0, Math.min(other.length, size - at, random.below(2048)))), at)
  }
  // What is no longer PE or ELF at its first bytes tests nothing.
  bytes.set(base.subarray(0, Math.min(4, bytes.length)))
  return bytes
}

describe('disassemble', () => {
  it(`gives a result or a named error on ${INPUTS} mutated executables, each at once, in little memory`, {
    timeout: 240_000,
  }, async () => {
    const bases = [...madeUpBases(), ...(await realBases())]
    const random = seededRandom(SEED)
    const outcomes = { read: 0, refused: 0, partial: 0, decoded: 0 }
    let slowest = 0
    for (let index = 0; index < INPUTS; index++) {
      const drawn = () => bases[random.below(bases.length)]!
      const input = mutate(drawn(), drawn(), random)
      const before = process.cpuUsage()
      try {
        const method = index % 4 === 0 ? 'recursive' : 'linear'
        const read = await disassemble(input, { method, reachedOnly: index % 8 === 0, maxOpcodes: 1000 })
        check(read.executable!.code, input.length)
        const { state, reasons } = reportOf(read, { name: null, sha256: null } as never, 'pe32', 'pe-x86')
        if (state === 'partial' && reasons.length === 0) throw new Error('partial without a reason')
        outcomes.read++
        if (state === 'partial') outcomes.partial++
        outcomes.decoded += read.length
      } catch (error) {
        if (!(error instanceof KnownError))
          throw new Error(`input ${index} of seed ${SEED}`, { cause: error })
        outcomes.refused++
      }
      // Of the processor's time: on a busy machine the clock says little.
      const { user, system } = process.cpuUsage(before)
      slowest = Math.max(slowest, (user + system) / 1000)
    }
    const memory = process.resourceUsage().maxRSS
    console.info(
      `${JSON.stringify(outcomes)}, slowest ${slowest.toFixed(0)} ms, ${(memory / 1000).toFixed(0)} MB at most`,
    )
    // All must happen often, or the inputs test nothing.
    expect(Math.min(outcomes.read, outcomes.refused, outcomes.partial)).toBeGreaterThan(INPUTS / 50)
    expect(outcomes.decoded).toBeGreaterThan(100 * INPUTS)
    expect(slowest).toBeLessThan(MAX_MILLISECONDS)
    expect(memory).toBeLessThan(MAX_MEMORY_KIB)
  })
})

function check(code: readonly { address: number; offset: number; size: number }[], fileSize: number) {
  let end = Number.NEGATIVE_INFINITY
  for (const { address, offset, size } of code) {
    if (address < end || size <= 0 || offset < 0 || offset + size > fileSize)
      throw new Error('a range is wrong')
    end = address + size
  }
}
