import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { debianFiles } from '../../test/debian-files.ts'
import { capstoneDecoder } from './capstone.ts'
import { FLOW, newBatch, type Processor } from './decoder.ts'
import { disassemble } from './disassemble.ts'

const ARM64: Processor = { architecture: 'arm64', littleEndian: true, isThumb: false }
const ARM: Processor = { architecture: 'arm', littleEndian: true, isThumb: false }
const THUMB: Processor = { architecture: 'arm', littleEndian: true, isThumb: true }
const MIPSEL: Processor = { architecture: 'mips', littleEndian: true, isThumb: false }
const MIPS: Processor = { architecture: 'mips', littleEndian: false, isThumb: false }
const MIPS64: Processor = { architecture: 'mips64', littleEndian: true, isThumb: false }

/** Each instruction as `offset name`, decoded in batches of a size. */
async function decoded(processor: Processor, code: Uint8Array, size = 4096): Promise<string[]> {
  const decoder = await capstoneDecoder(processor)
  const reader = decoder.open(code, 0x10000)
  const batch = newBatch(size, false)
  const told: string[] = []
  for (let at = 0; at < code.length; at = batch.end) {
    const count = reader.decode(at, code.length, batch)
    for (let i = 0; i < count; i++) told.push(`${batch.offsets[i]} ${decoder.names[batch.opcodes[i]!]}`)
  }
  reader.close()
  return told
}

describe('Capstone', () => {
  // The bytes are those of the manuals' own encodings: ARM DDI 0406C and 0487, MIPS MD00087.
  it.each([
    ['AArch64', ARM64, 'fd7bbea9 21000054 c0035fd6 1f2003d5', '0 stp,4 b.ne,8 ret,12 nop'],
    ['ARM', ARM, '00482de9 0100a0e3 0000a001 1eff2fe1', '0 push,4 mov,8 moveq,12 bx'],
    ['Thumb', THUMB, '80b5 0120 00f000f8 80bd 00bf', '0 push,2 movs,4 bl,8 pop,10 nop'],
    ['MIPS, low byte first', MIPSEL, 'e0ffbd27 0800e003 00000000', '0 addiu,4 jr,8 nop'],
    ['MIPS, high byte first', MIPS, '27bdffe0 03e00008 00000000', '0 addiu,4 jr,8 nop'],
    ['MIPS of 64 bits', MIPS64, 'e0ffbd67 0800e003 00000000', '0 daddiu,4 jr,8 nop'],
    ['AArch64 that is none', ARM64, 'ffffffff c0035fd6 c003', '0 invalid,4 ret,8 invalid'],
    ['Thumb that is none', THUMB, 'ffffffff 00bf 00', '0 invalid,2 invalid,4 nop,6 invalid'],
  ])('decodes %s', async (_what, processor, hex, want) => {
    const code = Buffer.from(hex.replaceAll(' ', ''), 'hex')
    expect((await decoded(processor, code)).join()).toBe(want)
  })

  it.each([
    [
      'AArch64',
      ARM64,
      '02000094 02000014 40000054 c0035fd6 1f2003d5',
      ['call 10008', 'jump 1000c', 'branch 10010', 'end', 'idle'],
    ],
    [
      'ARM',
      ARM,
      '000000eb 000000ea 0000000a 1eff2fe1 0080bde8 f08fbde8',
      ['call 10008', 'jump 1000c', 'branch 10010', 'jump', 'end', 'end'],
    ],
    // What is behind a jump of MIPS is done before the jump is; it stands for the jump.
    [
      'MIPS',
      MIPS,
      '0c004004 00000000 1000fffd 24020001 03e00008 00000000 00000000',
      ['next', 'call 10010', 'next', 'jump 10000', 'next', 'end', 'idle'],
    ],
  ])('tells where instructions of %s go', async (_what, processor, hex, want) => {
    const code = Buffer.from(hex.replaceAll(' ', ''), 'hex')
    const decoder = await capstoneDecoder(processor)
    const reader = decoder.open(code, 0x10000)
    for (const size of [64, 1]) {
      const batch = newBatch(size, true)
      const told: string[] = []
      for (let at = 0; at < code.length; at = batch.end) {
        const count = reader.decode(at, code.length, batch)
        for (let i = 0; i < count; i++) {
          const flow = Object.entries(FLOW).find(([, number]) => number === batch.flows[i])![0]
          const target = batch.targets![i]!
          told.push(Number.isNaN(target) ? flow : `${flow} ${target.toString(16)}`)
        }
      }
      expect(told).toEqual(want)
    }
    reader.close()
  })

  it('always comes to the end, whatever the bytes, the same in batches of any size', {
    timeout: 20_000,
  }, async () => {
    const processors = fc.constantFrom(ARM64, ARM, THUMB, MIPSEL, MIPS, MIPS64)
    await fc.assert(
      fc.asyncProperty(
        processors,
        fc.uint8Array({ maxLength: 300 }),
        fc.integer({ min: 1, max: 9 }),
        async (processor, code, size) => {
          const told = await decoded(processor, code)
          expect(told.length).toBeLessThanOrEqual(Math.ceil(code.length / 2))
          expect(await decoded(processor, code, size)).toEqual(told)
        },
      ),
      { numRuns: 200 },
    )
  })

  it('decodes code of many pieces as if it were one', async () => {
    // Thumb instructions of four bytes, moved by two so that they lie across the pieces.
    const code = Buffer.concat([
      Buffer.from('00bf', 'hex'),
      Buffer.alloc(300_000, Buffer.from('00f000f8', 'hex')),
    ])
    const told = await decoded(THUMB, code)
    expect(told).toHaveLength(75_001)
    expect(new Set(told.slice(1).map((each) => each.split(' ')[1]))).toEqual(new Set(['bl']))
  })
})

const hasObjdump = spawnSync('llvm-objdump', ['--version']).status === 0
if (!hasObjdump && process.env.CI) throw new Error('there is no llvm-objdump here, and CI must have it')
if (!hasObjdump) console.info('skipped: there is no llvm-objdump here, so Capstone is not held to LLVM')

describe.skipIf(!hasObjdump)('real programs of other processors', () => {
  it.for([
    ['arm64', ['--mattr=+v8.5a'], 0.9999],
    // Of what LLVM knows, `udiv` and vectors are not in the processor that it takes a stripped file to be for.
    ['armhf', ['--triple=thumbv7-linux-gnueabihf', '--mattr=+neon,+hwdiv'], 0.999],
    ['mipsel', [], 0.999],
  ] as const)(
    'agree with LLVM in their opcodes, address by address: %s',
    { timeout: 120_000 },
    async ([machine, options, share], { skip }) => {
      const files = await debianFiles([`coreutils:${machine}`])
      if (files === null) skip()
      let [same, both, own] = [0, 0, 0]
      for (const name of ['/bin/ls', '/usr/bin/sort', '/usr/bin/factor']) {
        const path = files!.find((file) => file.endsWith(name))!
        const { addresses, opcodes, names, length } = await disassemble(readFileSync(path), { padding: true })
        const told = objdump(path, options)
        own += length
        for (const [i, address] of addresses.entries()) {
          const theirs = told.get(address)
          if (theirs === undefined) continue
          both++
          if (theirs === names[opcodes[i]!]) same++
        }
      }
      expect(both / own).toBeGreaterThan(0.95)
      expect(same / both).toBeGreaterThan(share)
    },
  )
})

/** Opcodes by address as LLVM has them. */
function objdump(path: string, options: readonly string[]): Map<number, string> {
  const args = ['-d', '--no-show-raw-insn', ...options, path]
  const { stdout } = spawnSync('llvm-objdump', args, { encoding: 'latin1', maxBuffer: 2 ** 28 })
  const lines = stdout.matchAll(/^ *([0-9a-f]+): +\t(\S+)/gm)
  return new Map(
    Array.from(lines, ([, address, name]) => [
      Number.parseInt(address!, 16),
      name === '<unknown>' ? 'invalid' : name!,
    ]),
  )
}
