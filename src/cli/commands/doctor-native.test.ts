import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { hasCompiler } from '../../../test/compiler.ts'
import { fakeIo } from '../../../test/fake-io.ts'
import { builtAddonPath, prebuiltPackage, sourcesDigest } from '../../kernels/network/native-addon.ts'
import { buildNative, examineNetwork } from '../../pipeline/index.ts'
import type { Io } from '../io.ts'
import { main } from '../main.ts'

const folder = mkdtempSync(join(tmpdir(), 'taxon-native-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A file of its own in a folder of its own. */
function written(name: string, content: string | Uint8Array, mode = 0o644): string {
  const path = join(mkdtempSync(join(folder, 'a ')), name)
  writeFileSync(path, content)
  chmodSync(path, mode)
  return path
}

/** A compiler that knows its version, and whose runs are this script: `$out` is the file that is asked for. */
function fakeCompiler(script: string): string {
  const lines = ['#!/bin/sh', '[ "$1" = --version ] && exit 0', 'for out; do :; done', script, '']
  return written('fake c++', lines.join('\n'), 0o755)
}

beforeEach(() => {
  for (const name of ['TAXON_NATIVE', 'TAXON_ENGINE', 'CXX', 'NODE_PATH']) vi.stubEnv(name, '')
  vi.stubEnv('XDG_CACHE_HOME', mkdtempSync(join(folder, 'cache ')))
})
afterEach(() => vi.unstubAllEnvs())

/** What lies where an addon would be put. */
const inCache = () => (existsSync(dirname(builtAddonPath())) ? readdirSync(dirname(builtAddonPath())) : [])

async function build(given: Partial<Io> = {}) {
  const io = fakeIo(given)
  const status = await main(['doctor', '--build-native'], io)
  return { status, out: io.out, err: io.err }
}

const onLinux = process.platform === 'linux'

describe('where no compiler is', () => {
  it('networks work on WebAssembly, which is no fault', async () => {
    vi.stubEnv('PATH', '/nowhere')
    expect(await examineNetwork()).toEqual({
      part: 'network',
      works: true,
      detail: 'WebAssembly in use, and works',
      remedy: 'to train networks faster: taxon doctor --build-native',
    })
  })

  it.each([
    ['', 'c++, g++, clang++'],
    ['/nowhere/c++', '/nowhere/c++'],
    ['ccache none++', 'ccache'],
  ])('a build says which were looked for, CXX being %j', async (CXX, looked) => {
    vi.stubEnv('PATH', '/nowhere')
    vi.stubEnv('CXX', CXX)
    const { status, out, err } = await build()
    expect({ status, out }).toEqual({ status: 2, out: '' })
    expect(err).toMatch(
      /^taxon: native build: no C\+\+ compiler works here, looked for .*; to get one: .*\n$/,
    )
    expect(err).toContain(`looked for ${looked};`)
    expect(inCache()).toEqual([])
  })
})

describe('a compiler', () => {
  it.each([
    [
      'complains',
      'echo "In file:" >&2; echo "x.cpp:1: error: no" >&2; echo "  at 1" >&2; exit 1',
      'ended with status 1: x.cpp:1: error: no | at 1',
    ],
    ['dies', 'kill -9 $$', 'ended by SIGKILL'],
    ['writes nothing', 'exit 0', /^what .* made does not load: no such file$/],
    ['writes what is no library', 'echo nothing > "$out"', /^what .* made does not load: .*taxon\.node: /],
  ])('that %s leaves nothing behind', async (_, script, problem) => {
    vi.stubEnv('CXX', fakeCompiler(script))
    const { status, out, err } = await build()
    expect({ status, out }).toEqual({ status: 2, out: '' })
    const said = /^taxon: native build: (.*)\n$/.exec(err)?.[1]
    expect(said).toEqual(
      typeof problem === 'string' ? `${process.env.CXX} ${problem}` : expect.stringMatching(problem),
    )
    expect(inCache()).toEqual([])
  })

  it('is ended when it takes too long', async () => {
    vi.stubEnv('CXX', fakeCompiler('sleep 600'))
    await expect(buildNative({ timeoutMs: 1500 })).rejects.toThrow(/c\+\+ was not done after 1\.5 s$/)
    expect(inCache()).toEqual([])
  })

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('is gone with all it left after %s', async (signal, status) => {
    const pids = written('pids', '')
    vi.stubEnv('CXX', fakeCompiler(`echo half > "$out"; echo $$ >> '${pids}'; sleep 600`))
    const taxon = spawn(process.execPath, [resolve('bin/taxon.js'), 'doctor', '--build-native'])
    const ended = once(taxon, 'exit')
    await vi.waitFor(() => expect(readFileSync(pids, 'utf8')).not.toBe(''), 20_000)
    expect(inCache()).toHaveLength(1)
    taxon.kill(signal)
    expect(await ended).toEqual([status, null])
    expect(inCache()).toEqual([])
    const isAlive = (pid: string) =>
      existsSync(`/proc/${pid}`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
    expect(readFileSync(pids, 'utf8').trim().split('\n').filter(isAlive)).toEqual([])
  })

  it('is not asked where the cache cannot be written to', async () => {
    vi.stubEnv('XDG_CACHE_HOME', written('file', ''))
    vi.stubEnv('CXX', fakeCompiler('exit 1'))
    const { status, err } = await build()
    expect(status).toBe(2)
    expect(err).toMatch(/^taxon: .*\/file\/taxon: cannot be written, part of the path is not a folder\n$/)
  })
})

describe.runIf(hasCompiler())('a native build', () => {
  /** Built once, by the compiler of this machine. */
  let addon: Buffer
  let first: {
    readonly status: number
    readonly told: (readonly [number, number | null | undefined])[]
    readonly out: string
    readonly names: string[]
  }

  beforeAll(async () => {
    vi.stubEnv('XDG_CACHE_HOME', mkdtempSync(join(folder, 'cache ')))
    for (const name of ['TAXON_NATIVE', 'TAXON_ENGINE']) vi.stubEnv(name, '')
    const told: [number, number | null | undefined][] = []
    const io = fakeIo({
      progress: () => ({ update: (done, total) => void told.push([done, total]), done() {} }),
    })
    const status = await main(['doctor', '--build-native', '--json'], io)
    addon = readFileSync(builtAddonPath())
    first = { status, told, out: io.out, names: inCache() }
    vi.unstubAllEnvs()
  }, 600_000)

  /** Puts an addon where a build would. */
  function install(bytes: Uint8Array): string {
    mkdirSync(dirname(builtAddonPath()), { recursive: true })
    writeFileSync(builtAddonPath(), bytes)
    return builtAddonPath()
  }

  /** The addon with all occurrences of some bytes replaced by others. */
  function patched(from: Buffer, to: Buffer): Buffer {
    const bytes = Buffer.from(addon)
    for (let at = bytes.indexOf(from); at >= 0; at = bytes.indexOf(from, at + 1)) to.copy(bytes, at)
    expect(bytes.equals(addon)).toBe(false)
    return bytes
  }
  const ofOtherSources = () => patched(Buffer.from(sourcesDigest()), Buffer.from('0123456789abcdef'))

  it('is checked, put into the cache, and in use', () => {
    const { built, findings } = JSON.parse(first.out)
    expect(first.status).toBe(0)
    expect(built.builds).toContain('baseline')
    expect(first.names).toEqual([expect.stringMatching(/^native-[0-9a-f]{16}-\w+-\w+\.node$/)])
    expect(built.path.endsWith(first.names[0])).toBe(true)
    expect(findings).toEqual([
      {
        part: 'network',
        works: true,
        detail: expect.stringMatching(/^(?!WebAssembly).* in use; built here, with baseline/),
        remedy: null,
      },
    ])
    expect(first.told.at(0)?.[0]).toBe(0)
    expect(first.told.at(-1)?.[0]).toBe(first.told.at(-1)?.[1])
  })

  it('comes about for two who build at once, instead of what was there', async () => {
    vi.stubEnv('CXX', fakeCompiler(`cp '${written('taxon.node', addon)}' "$out"`))
    install(ofOtherSources())
    for (const { status, out, err } of await Promise.all([build(), build()])) {
      expect({ status, err }).toEqual({ status: 0, err: '' })
      expect(out).toMatch(/^built with .*c\+\+, gives the bytes of WebAssembly: .*\nok .* in use; built here/)
    }
    expect(inCache()).toHaveLength(1)
    expect(readFileSync(builtAddonPath()).equals(addon)).toBe(true)
  })

  it('is not kept where it computes otherwise, and what was there before stays', async () => {
    install(addon)
    // A term of the exponential's polynomial.
    const term = (value: number) => Buffer.from(Float32Array.of(value).buffer)
    const wrong = patched(term(1.98756915e-4), term(1.9e-4))
    vi.stubEnv('CXX', fakeCompiler(`cp '${written('taxon.node', wrong)}' "$out"`))
    const { status, err } = await build()
    expect(status).toBe(2)
    expect(err).toMatch(
      /^taxon: native build: what .* made computes otherwise: baseline does not give the bytes of WebAssembly.*\n$/,
    )
    expect(readFileSync(builtAddonPath()).equals(addon)).toBe(true)
    vi.stubEnv('TAXON_NATIVE', written('wrong.node', wrong))
    expect(await examineNetwork()).toMatchObject({
      works: false,
      detail: expect.stringContaining('baseline does not give'),
      remedy: expect.stringContaining('TAXON_NATIVE=off'),
    })
  })

  it.runIf(onLinux)('that ends the process which loads it is told of', async () => {
    const cut = Buffer.from(addon.subarray(0, addon.length >> 1))
    cut.fill(0, 40, 48) // the place of its table of sections
    vi.stubEnv('TAXON_NATIVE', written('cut.node', cut))
    expect(await examineNetwork()).toMatchObject({
      works: false,
      detail: expect.stringMatching(/ended by SIG(BUS|SEGV)$/),
    })
  })

  it.each([
    ['is no library', () => Buffer.from('nothing'), /: \S+.*$/],
    ['is empty', () => new Uint8Array(0), /: \S+.*$/],
    ['is of other sources', ofOtherSources, /: built from the sources of another version of taxon$/],
    ...(onLinux ? [['is cut off', () => addon.subarray(0, -1000), /: the file is cut off$/] as const] : []),
  ] as const)('is passed over where it %s, and WebAssembly does the work', async (_, bytes, problem) => {
    const path = install(bytes())
    const { works, detail, remedy } = await examineNetwork()
    expect(works).toBe(true)
    expect(detail.startsWith(`WebAssembly in use, and works; not used: ${path}`)).toBe(true)
    expect(detail).toMatch(problem)
    expect(remedy).toBe('to train networks faster: taxon doctor --build-native')
  })

  it('of an older version is told of', async () => {
    const path = install(ofOtherSources()).replace(sourcesDigest(), '0123456789abcdef')
    copyFileSync(builtAddonPath(), path)
    rmSync(builtAddonPath())
    expect((await examineNetwork()).detail).toBe(
      `WebAssembly in use, and works; not used: ${path}: built from the sources of another version of taxon`,
    )
  })

  it('is what TAXON_NATIVE says, or none', async () => {
    install(addon)
    vi.stubEnv('TAXON_NATIVE', 'off')
    expect(await examineNetwork()).toMatchObject({
      detail: 'WebAssembly in use, and works; TAXON_NATIVE=off',
      remedy: null,
    })
    vi.stubEnv('TAXON_NATIVE', '/no/such.node')
    expect(await examineNetwork()).toMatchObject({
      detail: 'WebAssembly in use, and works; not used: /no/such.node: no such file',
      remedy: expect.stringContaining('unset TAXON_NATIVE'),
    })
    const named = written('own.node', addon)
    vi.stubEnv('TAXON_NATIVE', named)
    expect((await examineNetwork()).detail).toMatch(
      new RegExp(`in use; named by TAXON_NATIVE, with .*: ${named}$`),
    )
  })

  it('comes from the optional package as well', async () => {
    const modules = mkdtempSync(join(folder, 'modules '))
    mkdirSync(join(modules, prebuiltPackage))
    writeFileSync(join(modules, prebuiltPackage, 'package.json'), '{ "main": "taxon.node" }')
    writeFileSync(join(modules, prebuiltPackage, 'taxon.node'), addon)
    vi.stubEnv('NODE_PATH', modules)
    expect((await examineNetwork()).detail).toMatch(
      new RegExp(`in use; prebuilt, with .*: ${prebuiltPackage}$`),
    )
    writeFileSync(join(modules, prebuiltPackage, 'taxon.node'), ofOtherSources())
    expect((await examineNetwork()).detail).toMatch(
      /^WebAssembly in use, and works; not used: taxon-native-.* another version/,
    )
  })

  it('leaves the choice to TAXON_ENGINE', async () => {
    install(addon)
    vi.stubEnv('TAXON_ENGINE', 'wasm')
    expect(await examineNetwork()).toMatchObject({
      works: true,
      detail: expect.stringMatching(/^WebAssembly in use; built here.*; TAXON_ENGINE=wasm$/),
    })
    vi.stubEnv('TAXON_ENGINE', 'abacus')
    expect(await examineNetwork()).toMatchObject({
      works: false,
      detail: expect.stringContaining('no engine is called "abacus"'),
      remedy: 'unset TAXON_ENGINE',
    })
  })
})
