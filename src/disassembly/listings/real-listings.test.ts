import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { debianFiles } from '../../../test/debian-files.ts'
import { disassemble, readListing } from '../index.ts'

/** The listing of a file by a program, or null where there is no such program. */
function listingBy(program: string, options: readonly string[], path: string): Uint8Array | null {
  const { status, stdout } = spawnSync(program, ['-d', ...options, path], { maxBuffer: 2 ** 28 })
  return status === 0 ? stdout : null
}

const PROGRAMS = ['objdump', 'llvm-objdump'].filter((each) => spawnSync(each, ['--version']).status === 0)
if (PROGRAMS.length < 2) console.info(`skipped: of objdump and llvm-objdump there is here only [${PROGRAMS}]`)

let wine: readonly string[] | null = null
beforeAll(async () => {
  wine = await debianFiles(['libwine', 'libwine:i386'])
}, 300_000)

describe('the listing of a real program', () => {
  it.for([
    ['x86_64', 'objdump', ['-M', 'intel']],
    ['x86_64', 'objdump', []],
    ['i386', 'objdump', ['-M', 'intel', '-w']],
    ['i386', 'objdump', ['--no-show-raw-insn']],
    ['x86_64', 'llvm-objdump', []],
    ['i386', 'llvm-objdump', ['--x86-asm-syntax=intel', '--no-show-raw-insn']],
  ] as const)(
    'says of %s what taxon finds itself: %s %j',
    { timeout: 60_000 },
    async ([machine, program, options], { skip }) => {
      if (wine === null || !PROGRAMS.includes(program)) skip()
      const path = wine!.find(
        (file) => file.includes(`/${machine}-windows/`) && basename(file) === 'd3drm.dll',
      )!
      const text = listingBy(program, options, path)!
      const listing = await readListing(whole(text))
      const own = await disassemble(readFileSync(path))
      expect(listing).toMatchObject({
        format: 'objdump',
        architecture: own.executable!.architecture,
        notes: [],
      })
      // What is left: a table at the end of the code, and `fstcw`, which other decoders write as `wait` and `fnstcw`.
      expect(own.length).toBeGreaterThan(10_000)
      expect(agreement(listing, own)).toBeGreaterThan(0.999)
      expect(listing.rejected).toBeLessThan(10)
    },
  )
})

async function* whole(text: Uint8Array): AsyncGenerator<Uint8Array> {
  yield text
}

type Opcodes = Pick<Awaited<ReturnType<typeof disassemble>>, 'addresses' | 'opcodes' | 'names'>

/** Share of instructions that stand at the same address under the same name, of those that either has. */
function agreement(a: Opcodes, b: Opcodes): number {
  const names = new Map(Array.from(a.addresses, (address, i) => [address, a.names[a.opcodes[i]!]]))
  const same = b.addresses.filter((address, i) => names.get(address) === b.names[b.opcodes[i]!]).length
  return same / (a.opcodes.length + b.opcodes.length - same)
}
