import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { describe, expect, it } from 'vitest'
import { debianFiles } from '../../test/debian-files.ts'
import { DATA, madeUpPe, WRITABLE_CODE, X86_CODE } from '../../test/made-up-executables.ts'
import { MalformedInputError, UnknownFormatError } from '../core/index.ts'
import { isExecutable, readExecutable } from './read-executable.ts'

describe('readExecutable of a PE file', () => {
  it.each([
    [false, 'pe32', 'x86', 0x400000],
    [true, 'pe64', 'x86-64', 0x140000000],
  ] as const)('reads a whole one (wide: %s)', (wide, format, architecture, base) => {
    const bytes = madeUpPe({
      wide,
      sections: [{ bytes: X86_CODE }, { name: '.data', bytes: new Uint8Array(9), flags: DATA }],
    })
    expect(isExecutable(bytes.subarray(0, 64))).toBe(true)
    const read = readExecutable(bytes)
    expect(read).toMatchObject({
      format,
      architecture,
      entry: base + 0x1000,
      packed: [],
      cutOff: null,
      notes: [],
    })
    expect(
      read.sections.map(({ name, address, size, isExecutable }) => [name, address, size, isExecutable]),
    ).toEqual([
      ['.text', base + 0x1000, 512, true],
      ['.data', base + 0x2000, 512, false],
    ])
    expect(read.code).toEqual([{ address: base + 0x1000, offset: 512, size: X86_CODE.length }])
    expect([...read.starts]).toEqual([base + 0x1000])
    expect(read.imports).toBe(0)
  })

  it.each([
    [0x1c4, 'arm', true],
    [0x1c0, 'arm', false],
    [0xaa64, 'arm64', false],
    [0x166, 'mips', false],
    [0x200, 'other', false],
  ] as const)('names the processor of machine 0x%i', (machine, architecture, isThumb) => {
    expect(readExecutable(madeUpPe({ machine }))).toMatchObject({ architecture, isThumb })
  })

  it('takes as code what is executable, marked as code, or holds the entry point', () => {
    const bytes = X86_CODE
    const sections = [
      { bytes, flags: 0x20000000 },
      { bytes, flags: 0x20 },
      { bytes, flags: DATA },
      { bytes, flags: DATA },
    ]
    const { code } = readExecutable(madeUpPe({ sections, entry: 0x4000 }))
    expect(code.map(({ address }) => address - 0x400000)).toEqual([0x1000, 0x2000, 0x4000])
  })

  it('rounds where a section begins in the file down to 512, as Windows does', () => {
    const bytes = madeUpPe()
    new DataView(bytes.buffer).setUint32(88 + 96 + 128 + 20, 513, true)
    expect(readExecutable(bytes).code[0]).toMatchObject({ offset: 512 })
  })

  it('reads the code of a program that begins in its headers', () => {
    const bytes = madeUpPe({ sections: [], entry: 0x60 })
    expect(readExecutable(bytes).code).toEqual([{ address: 0x400060, offset: 0x60, size: 512 - 0x60 }])
  })

  it('finds the starts that exports, exceptions and relocations name', () => {
    const text = new Uint8Array(256)
    const data = new DataView(new ArrayBuffer(256))
    const table = 0x2000
    data.setUint32(20, 2, true) // two exports: one function, one forwarder
    data.setUint32(28, table + 40, true)
    data.setUint32(40, 0x1010, true)
    data.setUint32(44, table + 48, true)
    data.setUint32(60, 0x1020, true) // .pdata
    data.setBigUint64(80, 0x140001030n, true) // a pointer, and the relocation that moves it
    data.setUint32(96, table, true)
    data.setUint32(100, 10, true)
    data.setUint16(104, (10 << 12) | 80, true)
    const directories = new Map([
      [0, [table, 40]],
      [3, [table + 60, 12]],
      [5, [table + 96, 10]],
    ] as const)
    const sections = [{ bytes: text }, { bytes: new Uint8Array(data.buffer), flags: DATA }]
    const { starts } = readExecutable(madeUpPe({ wide: true, sections, directories }))
    expect([...starts].map((start) => start - 0x140000000)).toEqual([0x1000, 0x1010, 0x1020, 0x1030])
  })

  it.each([
    [false, 4],
    [true, 8],
  ])('counts the functions that it imports (wide: %s)', (wide, width) => {
    const data = new DataView(new ArrayBuffer(256))
    // Two libraries: one with a table of names, one with that of addresses only. Three functions and two.
    for (const [at, names, addresses] of [
      [0, 0x2050, 0x2090],
      [20, 0, 0x2090],
    ] as const) {
      data.setUint32(at, names, true)
      data.setUint32(at + 12, 0x2048, true)
      data.setUint32(at + 16, addresses, true)
    }
    for (const at of [0x50, 0x50 + width, 0x50 + 2 * width, 0x90, 0x90 + width])
      data.setUint32(at, 0x20f0, true)
    const sections = [{ bytes: X86_CODE }, { bytes: new Uint8Array(data.buffer), flags: DATA }]
    const at = (address: number) => madeUpPe({ wide, sections, directories: new Map([[1, [address, 60]]]) })
    expect(readExecutable(at(0x2000)).imports).toBe(5)
    expect(readExecutable(at(0x9000)).imports).toBeNull()
  })

  it('says that the file is cut off where a section ends beyond it', () => {
    const whole = madeUpPe({
      sections: [{ bytes: X86_CODE }, { name: '.rsrc', bytes: new Uint8Array(600), flags: DATA }],
    })
    expect(readExecutable(whole.subarray(0, -1)).cutOff).toMatch(
      'section ".rsrc" ends at byte 2048, the file at 2047',
    )
  })

  it('says that the file is cut off where its certificates end beyond it', () => {
    const bytes = madeUpPe({ directories: new Map([[4, [1024, 8]]]) })
    expect(bytes.length).toBe(1024)
    expect(readExecutable(bytes).cutOff).toMatch('certificates end at byte 1032')
  })

  it('says that the code is .NET bytecode', () => {
    const clr = new Uint8Array(72)
    clr[16] = 1
    const sections = [{ bytes: X86_CODE }, { bytes: clr, flags: DATA }]
    const { notes } = readExecutable(madeUpPe({ sections, directories: new Map([[14, [0x2000, 72]]]) }))
    expect(notes).toEqual(['the code is .NET bytecode, of which opcodes of the processor say little'])
  })

  it('tells a cap that was hit', () => {
    const sections = Array.from({ length: 300 }, () => ({ bytes: X86_CODE }))
    const read = readExecutable(madeUpPe({ sections }))
    expect(read.sections.length).toBe(256)
    expect(read.notes).toEqual(['sections: only 256 of 300 were read'])
  })

  it.each([
    ['a DOS program', Buffer.concat([Buffer.from('MZ'), Buffer.alloc(100)]), /a DOS program/],
    ['a program of 16-bit Windows', oldProgram('NE'), /16-bit Windows program/],
    ['nothing but two letters', Buffer.from('MZ'), /a DOS program/],
    ['text', Buffer.from('hello'), /neither MZ nor ELF/],
    ['nothing', Buffer.alloc(0), /neither MZ nor ELF/],
  ])('refuses %s with its name', (_, bytes, message) => {
    expect(() => readExecutable(bytes)).toThrow(UnknownFormatError)
    expect(() => readExecutable(bytes)).toThrow(message)
  })

  it('refuses an optional header of no known kind', () => {
    const bytes = madeUpPe()
    bytes[88] = 7
    expect(() => readExecutable(bytes)).toThrow(MalformedInputError)
  })
})

function oldProgram(letters: string): Buffer {
  const bytes = Buffer.alloc(128)
  bytes.write('MZ', 0)
  bytes.writeUInt32LE(64, 0x3c)
  bytes.write(letters, 64)
  return bytes
}

describe('packing', () => {
  const noise = Uint8Array.from({ length: 8192 }, (_, i) => (Math.imul(i, 2654435761) >>> 13) & 255)

  it.each([
    [
      'a packer names its sections',
      { sections: [{ name: 'UPX0', bytes: X86_CODE }] },
      'a section is named as by UPX',
    ],
    [
      'the code has the entropy of noise',
      { sections: [{ bytes: noise }] },
      'its code looks compressed or encrypted',
    ],
    [
      'code is made at run time',
      { sections: [{ bytes: X86_CODE }, { bytes: new Uint8Array(0), memorySize: 65536 }] },
      'holds code only once it runs',
    ],
    ['it begins outside of its sections', { entry: 0x9000 }, 'its entry point is in no section'],
    ['it begins in data', { sections: [{ bytes: X86_CODE, flags: DATA }] }, 'which is not executable'],
    ['two weak signs meet', { sections: [{ bytes: X86_CODE, flags: WRITABLE_CODE }] }, 'which is writable'],
  ])('is seen where %s', (_, options, sign) => {
    expect(readExecutable(madeUpPe(options)).packed.join('\n')).toContain(sign)
  })

  it('is not said for one weak sign', () => {
    expect(readExecutable(madeUpPe()).imports).toBe(0)
    expect(readExecutable(madeUpPe()).packed).toEqual([])
  })

  it('is seen in files that packers wrote', async () => {
    const files = await debianFiles(['clamav-testfiles'])
    if (files === null) return
    const packers = ['aspack', 'mew', 'pespin', 'petite', 'upack', 'upx', 'wwpack', 'yc']
    const packed = files.filter((file) => packers.some((name) => basename(file) === `clam-${name}.exe`))
    expect(packed.length).toBe(packers.length)
    for (const file of packed) expect(readExecutable(readFileSync(file)).packed, file).not.toEqual([])
    const plain = files.filter((file) => /clam_IS.*\.exe$/.test(file))
    expect(plain.length).toBe(4)
    for (const file of plain) expect(readExecutable(readFileSync(file)).packed, file).toEqual([])
  })

  it('is never seen in ordinary files', async () => {
    const files = await debianFiles(['libwine', 'libwine:i386'])
    if (files === null) return
    let seen = 0
    for (const file of files) {
      const bytes = readFileSync(file)
      if (!isExecutable(bytes)) continue
      const { packed, cutOff, notes } = readExecutable(bytes)
      expect({ packed, cutOff, notes }, file).toEqual({ packed: [], cutOff: null, notes: [] })
      seen++
    }
    expect(seen).toBeGreaterThan(1300)
  })
})
