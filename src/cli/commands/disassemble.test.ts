import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { zipCryptoPart, zipOf } from '../../../test/archives.ts'
import { fakeIo } from '../../../test/fake-io.ts'
import { madeUpElf, madeUpPe } from '../../../test/made-up-executables.ts'
import { madeUpIdentity, madeUpSigned } from '../../../test/made-up-signature.ts'
import { disassemble } from './disassemble.ts'

/** push ebp; rep movsd; lock cmpxchg [ecx], edx; ret; int3; nop; ret */
const CODE = Uint8Array.of(0x55, 0xf3, 0xa5, 0xf0, 0x0f, 0xb1, 0x11, 0xc3, 0xcc, 0x90, 0xc3)
const LISTING = `
a.exe:     file format pei-i386


Disassembly of section .text:

00401000 <.text>:
  401000:	55                   	push   ebp
  401001:	f3 a5                	rep movs DWORD PTR es:[edi],DWORD PTR ds:[esi]
`

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'taxon-disassemble-'))
  const put = (name: string, bytes: Uint8Array | string) => writeFileSync(join(folder, name), bytes)
  const pe = madeUpPe({ sections: [{ bytes: CODE }] })
  put('a.exe', pe)
  put('signed.exe', madeUpSigned(pe, madeUpIdentity('ec')))
  put('wide.elf', madeUpElf({ wide: true }))
  put('a.zip', zipOf([zipCryptoPart('in/b.exe', pe, 'infected')]))
  put('short.exe', pe.subarray(0, 1000))
  put('listing.txt', LISTING)
  put('lines.jsonl', '{"id": "x", "opcodes": "mov add"}\n')
  put('report.json', '{"calls": ["a"]}')
  put('words.txt', 'words')
  put('dos.com', `MZ${'x'.repeat(100)}`)
})
afterAll(() => rmSync(folder, { recursive: true }))

async function run(names: readonly string[], ...options: readonly string[]) {
  const io = fakeIo()
  const status = await disassemble.run([...names.map((name) => join(folder, name)), ...options], io)
  return { status, out: io.out, err: io.err.replaceAll(`${folder}/`, '') }
}

describe('taxon disassemble', () => {
  it('prints address and opcode a line, and what it is on standard error', async () => {
    const { out, err, status } = await run(['a.exe'])
    expect(out.split('\n').slice(0, 4)).toEqual([
      '0x401000  push',
      '0x401001  rep movsd',
      '0x401003  lock cmpxchg',
      '0x401007  ret',
    ])
    expect(err).toMatch(
      /^a\.exe: pe32 for x86, 1 sections \(1 executable\), 0 imports, entry 0x401000, \d+ opcodes/,
    )
    expect(status).toBe(0)
  })

  it('prints an object an instruction as JSON', async () => {
    const { out } = await run(['a.exe'], '--json')
    const path = join(folder, 'a.exe')
    const lines = out.trimEnd().split('\n')
    expect(lines.slice(0, 3)).toEqual([
      `{"address":"0x401000","opcode":"push","prefix":null,"path":"${path}"}`,
      `{"address":"0x401001","opcode":"movsd","prefix":"rep","path":"${path}"}`,
      `{"address":"0x401003","opcode":"cmpxchg","prefix":"lock","path":"${path}"}`,
    ])
    for (const line of lines)
      expect(Object.keys(JSON.parse(line))).toEqual(['address', 'opcode', 'prefix', 'path'])
  })

  it('keeps padding when asked to', async () => {
    expect((await run(['a.exe'])).out).not.toContain('int3')
    expect((await run(['a.exe'], '--padding')).out).toContain('0x401008  int3\n')
  })

  it('reads listings, traces and password zips', async () => {
    expect((await run(['listing.txt'])).out).toBe('0x401000  push\n0x401001  rep movsd\n')
    expect((await run(['lines.jsonl'])).out).toBe('mov\nadd\n')
    expect((await run(['lines.jsonl'], '--json')).out).toMatch(/^\{"address":null,"opcode":"mov",/)
    expect((await run(['a.zip'])).out).toBe((await run(['a.exe'])).out)
    expect((await run(['wide.elf'])).out).toMatch(/^0x400\w+ {2}push\n/)
  })

  it('tells with a sample that is cut off that it is', async () => {
    const { err, status } = await run(['short.exe'])
    expect(err).toMatch(/\n {2}the file is cut off: /)
    expect(status).toBe(0)
  })

  it('prints what headers say alone, for people and as JSON', async () => {
    const { out } = await run(['a.exe'], '--info')
    expect(out).toMatch(/^sha256 [0-9a-f]{64}$/m)
    expect(out).toMatch(/^\.text +0x401000 +512 +\d\.\d\d +yes/m)
    expect(out).not.toContain('push')
    const info = JSON.parse((await run(['a.exe'], '--info', '--json')).out)
    expect(info).toMatchObject({
      format: 'pe32',
      dialect: 'pe-x86',
      name: 'a.exe',
      state: 'complete',
      reasons: [],
    })
    expect(info.executable.sections).toHaveLength(1)
    expect(info.executable.signer).toBeNull()
  })

  it('prints who signed it with what headers say', async () => {
    const { out } = await run(['signed.exe'], '--info')
    expect(out).toMatch(
      /^signed by Made Up Signer, certificate [0-9a-f]{64} \(who that is was not checked\)$/m,
    )
  })

  it.each([
    ['report.json', 'tells of calls (traces), not of opcodes'],
    ['words.txt', 'not a format taxon reads'],
    ['nowhere', 'no such file'],
    ['dos.com', 'not a format taxon reads, found a DOS program, or a PE file cut off before its header'],
  ])('goes on after %s, says why, and fails', async (name, message) => {
    const { out, err, status } = await run([name, 'listing.txt'])
    expect(err).toContain(message)
    expect(err.split('\n').filter((line) => line.startsWith(`taxon: ${name}: `))).toHaveLength(1)
    expect(out).toContain('0x401000  push')
    expect(status).toBe(2)
  })

  it('wants to know what', async () => {
    await expect(run([])).rejects.toThrow('disassemble: say what')
  })
})
