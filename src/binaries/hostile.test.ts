import { describe, expect, it } from 'vitest'
import { CODE, DATA, madeUpElf, madeUpPe, X86_CODE } from '../../test/made-up-executables.ts'
import { readExecutable } from './read-executable.ts'

const MEGABYTE = 2 ** 20
const HANG_MILLISECONDS = 1000

/** Twenty megabytes whose sections all claim all of it. */
function overlapping(): Uint8Array {
  const big = madeUpPe({ sections: [{ bytes: new Uint8Array(20 * MEGABYTE) }, ...many(255)] })
  const view = new DataView(big.buffer)
  for (let i = 0; i < 256; i++) {
    const at = 88 + 96 + 128 + 40 * i
    view.setUint32(at + 8, 20 * MEGABYTE, true)
    view.setUint32(at + 16, 20 * MEGABYTE, true)
    view.setUint32(at + 20, 512 * (i + 1), true)
  }
  return big
}

const many = (length: number) =>
  Array.from({ length }, (_, i) => ({
    bytes: X86_CODE,
    flags: i % 2 ? CODE : DATA,
    address: 0x100000 + 0x2000000 * (i % 100),
  }))

/** A directory that fills ten megabytes with `word` again and again. */
function filled(directory: number, word: number): Uint8Array {
  const table = new Uint32Array((10 * MEGABYTE) / 4).fill(word)
  const sections = [{ bytes: X86_CODE }, { bytes: new Uint8Array(table.buffer), flags: DATA }, ...many(254)]
  return madeUpPe({ wide: true, sections, directories: new Map([[directory, [0x2000, 0xffffffff]]]) })
}

/** An ELF file of `sections` tables of symbols, each of all its ten megabytes. */
function symbolTables(): Uint8Array {
  const elf = madeUpElf({
    wide: true,
    sections: [
      { bytes: new Uint8Array(10 * MEGABYTE).fill(0x12) },
      ...many(300).map(({ bytes }) => ({ bytes })),
    ],
  })
  const view = new DataView(elf.buffer)
  const table = Number(view.getBigUint64(40, true))
  for (let at = table + 64; at + 64 <= elf.length; at += 64) {
    view.setUint32(at + 4, 11, true)
    view.setBigUint64(at + 24, 0n, true)
    view.setBigUint64(at + 32, BigInt(10 * MEGABYTE), true)
  }
  return elf
}

describe('readExecutable', () => {
  it.each([
    ['sections that overlap', overlapping],
    ['exports', () => filled(0, 0x2000)],
    ['libraries to import from', () => filled(1, 0x2000)],
    ['exceptions', () => filled(3, 0x1001)],
    ['relocations of one block', () => filled(5, 0xa000a000)],
    ['blocks of relocations', () => filled(5, 10)],
    ['symbols', symbolTables],
  ])('does not hang on a file full of %s', (_, make) => {
    const bytes = make()
    const before = process.cpuUsage()
    const { code, starts, notes } = readExecutable(bytes)
    // Of the processor's time: on a busy machine the clock says little.
    const { user, system } = process.cpuUsage(before)
    expect((user + system) / 1000).toBeLessThan(HANG_MILLISECONDS)
    expect(code.reduce((sum, { size }) => sum + size, 0)).toBeLessThanOrEqual(bytes.length)
    expect(starts.length).toBeLessThanOrEqual(2_100_000)
    expect(notes.every((note) => note.length < 200)).toBe(true)
  })

  it('tells the caps that it hit', () => {
    expect(readExecutable(filled(0, 0x2000)).notes).toEqual([])
    expect(readExecutable(filled(3, 0x1001)).notes.join()).toBe('')
    expect(readExecutable(filled(5, 0xa000a000)).notes.join()).toMatch(/^relocations: only \d+ were read$/)
  })
})
