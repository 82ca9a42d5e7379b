import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { madeUpElf, madeUpPe, X86_CODE } from '../../test/made-up-executables.ts'
import { namesOf } from '../../test/read-text.ts'
import type { Report } from '../samples/index.ts'
import { findSources } from '../sources/index.ts'
import { isInput, type ReadInputOptions, readInput } from './read-input.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'taxon-input-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** What is read of a file of that name and content. */
async function read(name: string, content: Uint8Array | string, options: ReadInputOptions = {}) {
  const path = join(folder, name)
  writeFileSync(path, content)
  const reports: Report[] = []
  for await (const source of findSources([path], { recursive: false, accepts: isInput })) {
    for await (const report of readInput(source, options)) reports.push(report)
  }
  return reports
}

const pe = madeUpPe()
const OPCODES = ['push', 'mov', 'call', 'pop', 'ret', 'ret']
const OBJDUMP = `
a.exe:     file format pei-i386


Disassembly of section .text:

00401000 <.text>:
  401000:	55                   	push   ebp
  401001:	89 e5                	mov    ebp,esp
  401003:	c3                   	ret
`

describe('readInput', () => {
  it.each([
    ['a PE file', pe, 'pe32', 'pe-x86'],
    ['a wide PE file', madeUpPe({ wide: true }), 'pe64', 'pe-x86-64'],
    ['an ELF file', madeUpElf(), 'elf32', 'elf-x86'],
    ['a wide ELF file', madeUpElf({ wide: true }), 'elf64', 'elf-x86-64'],
    ['a packed one', gzipSync(pe), 'pe32', 'pe-x86'],
  ])('reads the opcodes of %s', async (_, bytes, format, dialect) => {
    const [report] = await read('a.bin', bytes)
    expect(report).toMatchObject({ format, trace: { view: 'opcodes', kind: 'sequence', dialect } })
    expect(namesOf(report!).slice(0, 5)).toEqual(OPCODES.slice(0, 5))
    const architecture = dialect.slice(dialect.indexOf('-') + 1)
    expect(report!.executable).toMatchObject({ architecture, cutOff: null })
  })

  it('names a sample by its hashes, its size and its own name', async () => {
    const [{ sample }] = (await read('suspicious.exe', pe)) as [Report]
    const hash = (algorithm: string) => createHash(algorithm).update(pe).digest('hex')
    const hashes = { sha256: hash('sha256'), sha1: hash('sha1'), md5: hash('md5') }
    expect(sample).toEqual({ ...hashes, size: pe.length, name: 'suspicious.exe' })
  })

  it('gives the address of each opcode', async () => {
    const [report] = await read('a.exe', pe)
    expect([...report!.trace.places!.address!].slice(0, 4)).toEqual([0x401000, 0x401001, 0x401003, 0x401008])
  })

  it('keeps padding, and fewer opcodes, when asked to', async () => {
    const [report] = await read('a.exe', pe, { padding: true })
    expect(namesOf(report!)).toContain('int3')
    const [short] = await read('a.exe', pe, { maxTokens: 2 })
    expect(namesOf(short!)).toEqual(['push', 'mov'])
    expect(short).toMatchObject({ state: 'partial', trace: { length: report!.trace.length - 4 } })
  })

  it('takes what there is of a compressed sample that is cut off, and claims no hash', async () => {
    const long = madeUpPe({ sections: [{ bytes: Buffer.concat(Array(2000).fill(X86_CODE)) }] })
    const noise = Uint8Array.from({ length: 50_000 }, (_, i) => (i * i * 31 + (i >> 3)) & 255)
    const packed = gzipSync(Buffer.concat([long, noise]))
    const [report] = await read('a.exe.gz', packed.subarray(0, packed.length - 100))
    expect(report).toMatchObject({ state: 'partial', sample: { sha256: null, size: null } })
    expect(report!.reasons[0]).toMatch(/^gzip: the data is cut off/)
    expect(report!.trace.length).toBeGreaterThan(1000)
  })

  it('reads no more than asked for, and says so', async () => {
    const [report] = await read('a.exe', pe, { maxBytes: 600 })
    expect(report!.state).toBe('partial')
    expect(report!.reasons).toContain('decoded bytes: over the limit of 600')
    expect(report!.trace.length).toBeGreaterThan(0)
  })

  it('reads a listing', async () => {
    const [report] = await read('a.txt', OBJDUMP)
    expect(report).toMatchObject({
      format: 'objdump',
      executable: null,
      sample: { name: 'a.txt', sha256: null },
    })
    expect(namesOf(report!)).toEqual(['push', 'mov', 'ret'])
    expect([...report!.trace.places!.address!]).toEqual([0x401000, 0x401001, 0x401003])
  })

  it('reads each line of a traces file, even where one is broken', async () => {
    const told: string[] = []
    const lines = '{"id": "a", "calls": ["x"]}\n{oops\n{"id": "b", "opcodes": "mov add"}\n'
    const reports = await read('a', lines, { onSkipped: ({ message }) => told.push(message) })
    expect(reports.map(({ id, trace }) => [id, trace.view])).toEqual([
      ['a', 'calls'],
      ['b', 'opcodes'],
    ])
    expect(told).toHaveLength(1)
  })

  it.each([
    ['a.pdf', '%PDF-1.7', /a\.pdf: not a format taxon reads, found a PDF document/],
    ['a.exe', 'MZ', /./],
    ['a.com', `MZ${'\0'.repeat(200)}`, /DOS/],
    ['a.elf', '\x7fELF', /./],
    ['a', '', /the input is empty/],
  ])('says of %s what it is instead', async (name, content, message) => {
    await expect(read(name, Buffer.from(content, 'latin1'))).rejects.toThrow(message)
    await expect(read(name, Buffer.from(content, 'latin1'))).rejects.toMatchObject({
      code: expect.stringMatching(/^(unknown-format|malformed-input)$/),
    })
  })
})
