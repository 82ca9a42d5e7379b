import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { debianFiles } from '../../test/debian-files.ts'
import { madeUpElf, X86_CODE } from '../../test/made-up-executables.ts'
import { MalformedInputError } from '../core/index.ts'
import { isExecutable, readExecutable } from './read-executable.ts'

const ORDERS = [
  [false, false],
  [false, true],
  [true, false],
  [true, true],
] as const

describe('readExecutable of an ELF file', () => {
  it.each(ORDERS)('reads a whole one (64 bits: %s, big-endian: %s)', (wide, bigEndian) => {
    const base = wide ? 0x400000 : 0x8048000
    const start = base + (wide ? 128 : 96)
    const bytes = madeUpElf({ wide, bigEndian, functions: [start + 10] })
    const read = readExecutable(bytes)
    expect(read).toMatchObject({
      format: wide ? 'elf64' : 'elf32',
      architecture: wide ? 'x86-64' : 'x86',
      littleEndian: !bigEndian,
      entry: start,
      packed: [],
      cutOff: null,
      notes: [],
    })
    expect(read.sections.map(({ name }) => name)).toEqual(['.text', '.symtab', '.shstrtab'])
    expect(read.code).toEqual([{ address: start, offset: start - base, size: X86_CODE.length }])
    expect([...read.starts]).toEqual([start, start + 10])
  })

  it.each(ORDERS)('reads one without a table of sections by its segments (%s, %s)', (wide, bigEndian) => {
    const { code, sections, entry, imports } = readExecutable(madeUpElf({ wide, bigEndian, stripped: true }))
    expect(code.length).toBe(1)
    expect(entry).toBeGreaterThan(code[0]!.address)
    expect(sections.map(({ name, isExecutable }) => [name, isExecutable])).toEqual([['segment 0', true]])
    expect(imports).toBeNull()
  })

  it.each([
    [40, false, 'arm'],
    [183, true, 'arm64'],
    [8, false, 'mips'],
    [8, true, 'mips64'],
    [21, true, 'other'],
  ] as const)('names the processor of machine %i', (machine, wide, architecture) => {
    expect(readExecutable(madeUpElf({ machine, wide }))).toMatchObject({ architecture, isThumb: false })
  })

  it('knows Thumb code by the odd address of its beginning', () => {
    const read = readExecutable(madeUpElf({ machine: 40, entry: 97 }))
    expect(read).toMatchObject({ isThumb: true, entry: 0x8048000 + 96 })
    expect([...read.starts]).toEqual([0x8048000 + 96])
  })

  it('gives the sections of an object file, which has no addresses, those of the file', () => {
    const read = readExecutable(
      madeUpElf({ type: 1, wide: true, sections: [{ bytes: X86_CODE }, { bytes: X86_CODE }] }),
    )
    expect(read.code.map(({ address }) => address)).toEqual(read.code.map(({ offset }) => offset))
    expect(read.code.length).toBe(2)
    expect(read.packed).toEqual([])
  })

  it('falls back to segments where the entry point is in no section', () => {
    const read = readExecutable(madeUpElf({ entry: 0x20 }))
    expect(read.code).toEqual([{ address: 0x8048000, offset: 0, size: 96 + X86_CODE.length }])
    expect(read.packed).toEqual(['its entry point is in no section'])
  })

  it('says that the file is cut off', () => {
    const bytes = madeUpElf({ wide: true })
    expect(readExecutable(bytes.subarray(0, -1)).cutOff).toMatch('its table of sections ends at byte')
    expect(readExecutable(bytes.subarray(0, 130)).cutOff).toMatch('a segment ends at byte')
  })

  it('finds the mark of UPX', () => {
    const bytes = madeUpElf({ stripped: true, sections: [{ bytes: Buffer.from('UPX!') }] })
    expect(readExecutable(bytes).packed).toEqual(['it bears the mark of UPX'])
  })

  it('sees nothing packed or cut off in ordinary files', async () => {
    const files = await debianFiles(['coreutils', 'coreutils:i386', 'libc6', 'openssh-client', 'util-linux'])
    if (files === null) return
    let seen = 0
    for (const file of files) {
      const bytes = readFileSync(file)
      if (!isExecutable(bytes)) continue
      const { packed, cutOff, notes, imports } = readExecutable(bytes)
      expect({ packed, cutOff, notes }, file).toEqual({ packed: [], cutOff: null, notes: [] })
      if (/bin\/(?:cat|ssh|mount)$/.test(file)) expect(imports).toBeGreaterThan(20)
      seen++
    }
    expect(seen).toBeGreaterThan(400)
  })

  it.each([
    ['class', 4, 3],
    ['byte order', 5, 0],
  ])('refuses a %s that does not exist', (what, at, value) => {
    const bytes = madeUpElf()
    bytes[at] = value
    expect(() => readExecutable(bytes)).toThrow(MalformedInputError)
    expect(() => readExecutable(bytes)).toThrow(what)
  })

  it('refuses a header that is cut off', () => {
    expect(() => readExecutable(madeUpElf().subarray(0, 30))).toThrow(MalformedInputError)
  })
})
