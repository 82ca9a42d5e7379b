import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { clamavTestFiles, eicar, hasClamav, ownSignatures } from '../../../test/clamd.ts'
import { sha256 } from '../../core/index.ts'
import { type ClamscanOptions, clamscan } from './clamscan.ts'
import type { LabelledSample } from './label-source.ts'

const folder = mkdtempSync(join(tmpdir(), 'taxon-clamscan-test-'))
const temporary = join(folder, 'temporary')
beforeEach(() => {
  rmSync(temporary, { recursive: true, force: true })
  mkdirSync(temporary)
})
afterAll(() => rmSync(folder, { recursive: true }))

function sampleOf(bytes: Uint8Array): LabelledSample {
  return {
    ...{ sha256: sha256(bytes), size: bytes.length },
    async *open() {
      yield bytes
    },
  }
}

describe.runIf(hasClamav())('a real clamscan', () => {
  const database = hasClamav() ? ownSignatures(folder) : ''
  const source = (options: ClamscanOptions = {}) => clamscan({ database, temporary, ...options })

  it('names EICAR and a test file, passes the rest, and leaves nothing behind', async () => {
    const own = source({ now: () => 7 })
    expect(await own.label(sampleOf(eicar))).toEqual([
      {
        ...{
          malicious: 1,
          family: null,
          category: null,
          firstSeen: null,
          by: 'clamscan',
          source: 'clamscan',
        },
        ...{
          engine: 'ClamAV',
          detection: 'Taxon.Test.Eicar.UNOFFICIAL',
          state: 'found',
          problem: null,
          at: 7,
        },
        version: await own.version(),
      },
    ])
    expect(await own.version()).toMatch(/^ClamAV \d/)
    const zip = readFileSync(clamavTestFiles().find((path) => path.endsWith('clam.zip'))!)
    expect(await own.label(sampleOf(zip))).toMatchObject([{ detection: 'Taxon.Test.Clam.UNOFFICIAL' }])
    for (const bytes of [Buffer.from('harmless'), Buffer.alloc(0)]) {
      expect(await own.label(sampleOf(bytes))).toMatchObject([
        { malicious: 0, detection: null, state: 'clean' },
      ])
    }
    expect(readdirSync(temporary)).toEqual([])
  }, 60_000)

  it('does not call clean what is over a limit', async () => {
    const [label] = await source().label(sampleOf(Buffer.alloc(101 * 1024 * 1024, 'x')))
    expect(label).toMatchObject({ malicious: null, state: 'partial' })
    expect(label!.detection).toMatch(/^Heuristics\.Limits\.Exceeded/)
    const huge = { ...sampleOf(eicar), size: 2 ** 31 }
    expect(await source().label(huge)).toMatchObject([{ malicious: null, state: 'too-big' }])
  }, 60_000)

  it('says what is wrong where there are no signatures', async () => {
    const empty = join(folder, 'empty')
    mkdirSync(empty, { recursive: true })
    const label = source({ database: empty }).label(sampleOf(eicar))
    await expect(label).rejects.toThrow('it has no signatures; freshclam fetches them')
    expect(readdirSync(temporary)).toEqual([])
  })
})

describe('a clamscan of another kind', () => {
  /** A program that says and does what the shell script does; `$sample` is the path of the sample. */
  function program(script: string): string {
    const path = join(folder, 'fake-clamscan')
    const version = 'case "$1" in --version) echo "ClamAV 9.9"; exit;; esac'
    writeFileSync(path, `#!/bin/sh\n${version}\nfor sample; do :; done\n${script}\n`)
    chmodSync(path, 0o755)
    return path
  }
  const label = (script: string, options: ClamscanOptions = {}) =>
    clamscan({ program: program(script), temporary, ...options }).label(sampleOf(eicar))

  it('that is not there is an error', async () => {
    const none = clamscan({ program: join(folder, 'none'), temporary })
    await expect(none.version()).rejects.toThrow('could not be started, ENOENT')
    await expect(none.label(sampleOf(eicar))).rejects.toMatchObject({ code: 'clamscan-unavailable' })
  })

  it('gets the bytes in a private file', async () => {
    const script =
      'echo "$sample: $(stat -c %a "$sample").$(stat -c %a "$(dirname "$sample")").$(wc -c <"$sample") FOUND"; exit 1'
    expect(await label(script)).toMatchObject([{ detection: '600.700.68' }])
  })

  it.each<[string, object]>([
    ['echo "$sample: OK"; exit 1', { malicious: null, state: 'failed' }],
    ['echo "$sample: Some.Name FOUND"; exit 0', { malicious: null, state: 'failed' }],
    [
      'echo "$sample: Access denied ERROR"; exit 2',
      { state: 'failed', problem: 'clamscan: Access denied ERROR' },
    ],
    ['kill -9 $$', { state: 'failed', problem: 'clamscan: ended by SIGKILL' }],
  ])('that ends with %s is no verdict', async (script, meaning) => {
    expect(await label(script)).toMatchObject([meaning])
    expect(readdirSync(temporary)).toEqual([])
  })

  it('that takes too long is ended', async () => {
    const [said] = await label('sleep 100', { timeoutMs: 300 })
    expect(said).toMatchObject({
      malicious: null,
      state: 'failed',
      problem: 'clamscan took longer than 0.3 s',
    })
    expect(readdirSync(temporary)).toEqual([])
  })

  it('leaves nothing behind when reading the sample fails, or all is called off', async () => {
    const own = clamscan({ program: program('sleep 100'), temporary })
    const broken: LabelledSample = {
      ...sampleOf(eicar),
      async *open() {
        yield eicar
        throw new Error('the disk is gone')
      },
    }
    await expect(own.label(broken)).rejects.toThrow('the disk is gone')
    const abort = new AbortController()
    setTimeout(() => abort.abort(), 200)
    await expect(own.label(sampleOf(eicar), abort.signal)).rejects.toMatchObject({ name: 'AbortError' })
    expect(readdirSync(temporary)).toEqual([])
  })

  it('takes away what killed processes left, when it is old', async () => {
    const names = [
      'taxon-clamscan-999999999-old',
      'taxon-clamscan-999999999-new',
      `taxon-clamscan-${process.pid}-own`,
    ]
    for (const name of [...names, 'other']) mkdirSync(join(temporary, name))
    for (const name of [names[0]!, names[2]!, 'other']) utimesSync(join(temporary, name), 1, 1)
    await label('echo "$sample: OK"')
    expect(readdirSync(temporary).sort()).toEqual(['other', names[1]!, names[2]!].sort())
  })
})
