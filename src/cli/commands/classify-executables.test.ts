import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { tarOf, zipAesPart, zipCryptoPart, zipOf } from '../../../test/archives.ts'
import { littleDetector } from '../../../test/detector.ts'
import { fakeIo } from '../../../test/fake-io.ts'
import { DATA, madeUpElf, madeUpPe, X86_CODE } from '../../../test/made-up-executables.ts'
import { madeUpIdentity, madeUpSigned, nameOf, utf8 } from '../../../test/made-up-signature.ts'
import { hasObjdump } from '../../../test/objdump.ts'
import { saveModel } from '../../models/index.ts'
import type { Outcome, Verdict } from '../../samples/index.ts'
import { classify } from './classify.ts'

const bin = resolve(import.meta.dirname, '../../../bin/taxon.js')
let folder: string
let model: string

const plain = madeUpPe()
const wide = madeUpPe({ wide: true })
const elf = madeUpElf({ wide: true })
const noise = createHash('shake256', { outputLength: 60_000 }).update('noise').digest()
const packed = madeUpPe({
  sections: [
    { name: 'UPX0', bytes: noise },
    { name: 'UPX1', bytes: noise },
  ],
})
const many = madeUpPe({
  sections: [{ bytes: X86_CODE }, ...Array.from({ length: 90 }, () => ({ bytes: X86_CODE, flags: DATA }))],
})
/** A PE file with the entry that says that it is for .NET. */
const dotnet = madeUpPe({ directories: new Map([[14, [0x1000, 72]]]) })
/** Signed in a name that would do harm on a terminal; and changed afterwards. */
const SIGNER = '\u001b[2J\u202eMicrosoft\r\n<b>=1+1'
const signed = madeUpSigned(plain, madeUpIdentity('ec', nameOf(['2.5.4.3', utf8(SIGNER)])))
const tampered = Uint8Array.from(signed, (byte, at) => (at === 600 ? byte ^ 1 : byte))
const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'taxon-executables-'))
  model = join(folder, 'calls.safetensors')
  writeFileSync(model, saveModel(await littleDetector()))
  const put = (name: string, bytes: Uint8Array | string) => writeFileSync(join(folder, name), bytes)
  put('plain.exe', plain)
  put('wide.exe', wide)
  put('linux', elf)
  put('packed.exe', packed)
  put('short.exe', plain.subarray(0, plain.length - 500))
  put('many.exe', many)
  put('dotnet.exe', dotnet)
  put('signed.exe', signed)
  put('tampered.exe', tampered)
  put('plain.exe.gz', gzipSync(plain))
  put('none.exe', madeUpPe({ sections: [{ bytes: new Uint8Array(512), flags: DATA }], entry: 0 }))
  put('dos.exe', Buffer.concat([Buffer.from('MZ'), Buffer.alloc(510)]))
  put('empty.exe', '')
  put('page.html', '<html>')
  put(
    'old.zip',
    zipOf([zipCryptoPart('in/bad.exe', plain, 'infected'), { name: 'readme.txt', content: 'hi' }]),
  )
  put('new.zip', zipOf([zipAesPart('in/bad.exe', plain, 'infected')]))
  put('secret.zip', zipOf([zipAesPart('in/bad.exe', plain, 'Tr0mb0ne')]))
  put(
    'both.tar.gz',
    gzipSync(
      tarOf([
        { name: 'a.exe', content: plain },
        { name: 'b', content: elf },
      ]),
    ),
  )
  mkdirSync(join(folder, 'mixed'))
  put('mixed/a.exe', plain)
  put('mixed/b.zip', zipOf([zipCryptoPart('b.exe', wide, 'infected')]))
  put('mixed/c', elf)
  put('mixed/d.json', '{"calls": ["a"]}')
  put('mixed/e.txt', 'words')
  put(
    'mixed/f.asm.txt',
    '\na.exe:     file format pei-i386\n\n\nDisassembly of section .text:\n\n00401000 <.text>:\n  401000:\t55  \tpush   ebp\n',
  )
  said = new Map((await outcomes(FILES)).map((outcome, i) => [FILES[i]!, outcome]))
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function run(names: readonly string[], options: readonly string[] = []) {
  const io = fakeIo()
  const paths = names.map((name) => join(folder, name))
  const status = await classify.run([...paths, '-m', model, '--threads', '2', ...options], io)
  return { status, out: io.out, err: io.err }
}

async function outcomes(names: readonly string[], options: readonly string[] = []): Promise<Outcome[]> {
  const { out } = await run(names, ['--json', ...options])
  return out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Outcome)
}

const verdictOf = async (name: string, options: readonly string[]) =>
  (await outcomes([name], options))[0] as Verdict

/** What is said of each of these, asked once for all tests. */
const FILES = [
  ...['plain.exe', 'wide.exe', 'linux', 'plain.exe.gz', 'old.zip', 'new.zip', 'packed.exe', 'short.exe'],
  ...['none.exe', 'dotnet.exe', 'many.exe', 'dos.exe', 'empty.exe', 'page.html', 'secret.zip'],
  ...['signed.exe', 'tampered.exe'],
]
let said: Map<string, Outcome>
const saidOf = (name: string) => said.get(name) as Verdict

describe('taxon classify on executables', () => {
  it.each([
    ['plain.exe', plain, 'pe32', 'plain.exe'],
    ['wide.exe', wide, 'pe64', 'wide.exe'],
    ['linux', elf, 'elf64', 'linux'],
    ['plain.exe.gz', plain, 'pe32', 'plain.exe.gz'],
    ['old.zip', plain, 'pe32', 'bad.exe'],
    ['new.zip', plain, 'pe32', 'bad.exe'],
  ])('names %s by its hash, its size and its own name', async (file, bytes, kind, name) => {
    const verdict = saidOf(file)
    expect(verdict.sample).toMatchObject({ sha256: hash(bytes), size: bytes.length, kind, name })
    expect(verdict).toMatchObject({ view: 'opcodes', verdict: 'unknown', model: null, state: 'abstained' })
    expect(verdict.trace.tokens).toBeGreaterThan(4)
  })

  it('prints what headers say in the shape that the manual gives', async () => {
    const { executable } = saidOf('plain.exe')
    expect(executable).toEqual({
      architecture: 'x86',
      entry: '0x401000',
      sections: [
        { name: '.text', address: '0x401000', size: 512, entropy: expect.any(Number), isExecutable: true },
      ],
      moreSections: 0,
      imports: 0,
      packed: [],
      cutOff: null,
      signer: null,
    })
  })

  it('tells who signed it, and whether the signature holds', async () => {
    const thumbprint = expect.stringMatching(/^[0-9a-f]{64}$/)
    expect(saidOf('signed.exe').executable!.signer).toEqual({
      subject: SIGNER,
      thumbprint,
      valid: true,
      problem: null,
    })
    expect(saidOf('tampered.exe').executable!.signer).toEqual({
      subject: SIGNER,
      thumbprint,
      valid: false,
      problem: 'the file was changed after it was signed',
    })
  })

  it('tells it to people in one harmless line, and only where there is a signature', async () => {
    const shown = String.raw`\x1b[2J\u{202e}Microsoft\x0d\x0a<b>=1+1`
    const { out } = await run(['signed.exe', 'tampered.exe', 'plain.exe'])
    const { thumbprint } = saidOf('signed.exe').executable!.signer!
    expect(out).toContain(`  signed by ${shown}, certificate ${thumbprint} (who that is was not checked)\n`)
    expect(out).toContain(`  not validly signed by ${shown}: the file was changed after it was signed\n`)
    expect(out.match(/signed (?:by|:)/g)).toHaveLength(2)
  })

  it('says without a model what was found and how one is had, to people as well', async () => {
    const { out, status } = await run(['plain.exe'])
    expect(status).toBe(3)
    expect(out).toMatch(/^unknown {8}– {2}.*plain\.exe {2}\d+ opcodes$/m)
    expect(out).toContain('found: pe32 for x86, 1 sections (1 executable), 0 imports, entry 0x401000')
    expect(out).toContain(
      'taxon corpus pull ransomtrack -o ransomtrack && taxon train opcodes-detect ransomtrack',
    )
  })

  it.each([
    ['packed.exe', /pack|entropy|UPX/],
    ['short.exe', /cut off/],
    ['none.exe', /no code/],
    ['dotnet.exe', /\.NET/],
  ])('is partial for %s, and says why', async (name, reason) => {
    const verdict = saidOf(name)
    expect(verdict).toMatchObject({ verdict: 'unknown', state: 'partial' })
    expect(verdict.reasons.join('\n')).toMatch(reason)
  })

  it('shows the first of very many sections, and counts the others', async () => {
    const { executable } = saidOf('many.exe')
    expect(executable!.sections).toHaveLength(64)
    expect(executable!.moreSections).toBe(27)
  })

  it.each([
    [['plain.exe'], 3],
    [['page.html', 'plain.exe'], 2],
    [['secret.zip'], 2],
  ])('exits for %j with %i', async (names, status) => {
    expect((await run(names)).status).toBe(status)
  })

  it.each([
    ['dos.exe', 'DOS'],
    ['empty.exe', 'the input is empty'],
    ['page.html', 'neither PE nor ELF, a listing, nor JSON'],
    ['secret.zip', 'encrypted with another password'],
  ])('says of %s what it is instead', async (name, message) => {
    expect(saidOf(name)).toMatchObject({ error: { message: expect.stringContaining(message) } })
  })

  it('takes the password of an archive', async () => {
    const verdict = await verdictOf('secret.zip', ['--password', 'Tr0mb0ne'])
    expect(verdict.sample.sha256).toBe(hash(plain))
  })

  it('reads every member of an archive, and passes over what is no input', async () => {
    const all = (await outcomes(['both.tar.gz', 'old.zip'])) as Verdict[]
    expect(all.map(({ sample }) => sample.path.replace(`${folder}/`, ''))).toEqual([
      'both.tar.gz!a.exe',
      'both.tar.gz!b',
      'old.zip!in/bad.exe',
    ])
    expect((await run(['old.zip'])).err).toMatch(
      /passed over .*old\.zip!readme\.txt: nothing that taxon reads/,
    )
  })

  it('goes through a folder of mixed things, and writes nothing into it', async () => {
    const before = readdirSync(folder, { recursive: true })
    const all = (await outcomes(['mixed'], ['-r'])) as Verdict[]
    expect(all.map(({ sample }) => [sample.kind, sample.name])).toEqual([
      ['pe32', 'a.exe'],
      ['pe64', 'b.exe'],
      ['elf64', 'c'],
      ['traces', 'd.json'],
      ['objdump', 'f.asm.txt'],
    ])
    expect(readdirSync(folder, { recursive: true })).toEqual(before)
  })

  it('gives the same of standard input', async () => {
    const child = spawn(process.execPath, [bin, 'classify', '--json', '-'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    child.stdin.end(plain)
    let out = ''
    for await (const chunk of child.stdout) out += chunk
    const { sample, executable } = JSON.parse(out) as Verdict
    expect(sample).toMatchObject({ path: '-', sha256: hash(plain), size: plain.length, kind: 'pe32' })
    expect(executable).toEqual(saidOf('plain.exe').executable)
  })

  it('reads only as many bytes and opcodes as asked for, and says so', async () => {
    const bytes = await verdictOf('plain.exe', ['--max-bytes', '600'])
    expect(bytes).toMatchObject({ state: 'partial', sample: { sha256: null, size: null } })
    expect(bytes.reasons).toContain('decoded bytes: over the limit of 600')
    const opcodes = await verdictOf('plain.exe', ['--max-calls', '2'])
    expect(opcodes.state).toBe('partial')
  })

  it.skipIf(!hasObjdump())(
    'lets IDA Pro take executables apart, several at once, and goes on after it fails',
    async () => {
      const fake = resolve(import.meta.dirname, '../../../test/fake-idat.js')
      const idat = join(folder, 'idat64')
      writeFileSync(idat, `#!/bin/sh\nexec '${process.execPath}' '${fake}' "$@"\n`)
      chmodSync(idat, 0o755)
      vi.stubEnv('TAXON_IDA', idat)
      vi.stubEnv('FAKE_IDAT_VERSION', '9')
      const byIda = ['--disassembler', 'ida']
      const all = (await outcomes(['plain.exe', 'page.html', 'old.zip', 'linux'], byIda)) as Verdict[]
      expect(all.map((outcome) => ('error' in outcome ? 'error' : outcome.sample.kind))).toEqual([
        'ida',
        'error',
        'ida',
        'ida',
      ])
      expect(all[0]!.sample.sha256).toBe(hash(plain))
      expect(all[0]!.executable).toEqual(saidOf('plain.exe').executable)
      vi.stubEnv('FAKE_IDAT', 'licence')
      const [refused] = await outcomes(['plain.exe'], byIda)
      expect(refused).toMatchObject({ error: { message: expect.stringContaining('licence') } })
      vi.unstubAllEnvs()
    },
  )

  it.each([
    [['--method', 'guess'], '--method: linear or recursive is wanted'],
    [['--disassembler', 'ghidra'], '--disassembler: taxon or ida is wanted'],
    [['--max-bytes', '0'], '--max-bytes: a whole number from 1'],
  ])('refuses %j', async (options, message) => {
    await expect(run(['plain.exe'], options)).rejects.toThrow(message)
  })
})
