import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { parse } from 'smol-toml'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { KnownError } from '../../core/index.ts'
import { readRunSettings, runSettings } from './run-settings.ts'

const WHOLE = `
store = "samples"
database = "postgres://taxon@localhost/taxon"
maxFileMb = 10
[[intake]]
type = "suricata"
eve = "eve.json"
filestore = "/var/log/suricata/filestore"
[[intake]]
type = "zeek"
log = "files.log"
extracted = "extract_files"
[[intake]]
type = "folder"
folder = "drop"
recursive = false
[unpack]
depth = 2
totalMb = 100
[labels]
clamd = "/run/clamav/clamd.ctl"
avclass = "avclass"
[sandbox]
type = "cape"
url = "http://localhost:8000"
tokenFile = "token"
types = ["pe", "script"]
[classify]
models = ["own.safetensors"]
threads = 2
[[webhooks]]
url = "https://localhost/hook"
secretFile = "secret"
verdicts = ["malicious", "unknown"]
`

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'taxon-settings-'))
})
afterAll(() => rm(folder, { recursive: true }))

const read = (toml: string) => runSettings(parse(toml), join(folder, 'taxon.toml'))

describe('the settings of a run', () => {
  it('start relative paths from the folder of their file', () => {
    const settings = read(WHOLE)
    expect(settings.store).toEqual({
      folder: join(folder, 'samples'),
      database: 'postgres://taxon@localhost/taxon',
    })
    expect(settings.intake).toEqual([
      { type: 'suricata', eve: join(folder, 'eve.json'), filestore: '/var/log/suricata/filestore' },
      { type: 'zeek', log: join(folder, 'files.log'), extracted: join(folder, 'extract_files') },
      { type: 'folder', folder: join(folder, 'drop'), recursive: false },
    ])
    expect(settings.maxFileBytes).toBe(10 * 1024 * 1024)
    expect(settings.unpack).toMatchObject({ depth: 2, totalBytes: 100 * 1024 * 1024 })
    expect(settings.labels).toMatchObject({
      clamd: '/run/clamav/clamd.ctl',
      clamscan: false,
      avclass: join(folder, 'avclass'),
    })
    expect(settings.sandbox).toMatchObject({ type: 'cape', tokenFile: join(folder, 'token') })
    expect(settings.classify).toMatchObject({ models: [join(folder, 'own.safetensors')], threads: 2 })
    expect(settings.webhooks).toEqual([
      {
        url: 'https://localhost/hook',
        secretFile: join(folder, 'secret'),
        verdicts: ['malicious', 'unknown'],
      },
    ])
  })

  it('need no more than a store', () => {
    expect(read('store = "s"')).toMatchObject({ intake: [], labels: null, sandbox: null, webhooks: [] })
  })

  it.each([
    ['', 'store must be the folder of a store, and is missing'],
    ['stor = "s"', 'store must be the folder of a store, and is missing; is "stor" a slip?'],
    ['store = "s"\ndatabase = "mysql://x"', 'database must be postgres://USER@HOST/NAME'],
    ['store = "s"\nstroe = 1', 'no setting is called "stroe"'],
    ['store = "s"\nintake = "x"', 'intake must be a list of at most 100 tables'],
    ['store = "s"\n[[intake]]\ntype = "bro"', 'intake 1: type must be suricata or zeek or folder'],
    [
      'store = "s"\n[[intake]]\ntype = "suricata"\neve = "e"',
      'intake 1: filestore must be a path, and is missing',
    ],
    ['store = "s"\n[[intake]]\nfolder = "f"\neve = "e"', 'intake 1: no setting is called "eve"'],
    ['store = "s"\nmaxFileMb = 0', 'maxFileMb must be a number from 0.001 to 4096'],
    ['store = "s"\n[sandbox]\nurl = "ftp://x"', 'sandbox: url must be the http address of a sandbox'],
    ['store = "s"\n[sandbox]\ntype = "joe"\nurl = "http://x"', 'sandbox: type must be cuckoo or cape'],
    ['store = "s"\n[[webhooks]]\nurl = "x"', 'webhooks 1: url must be an http address without a password'],
    ['store = "s"\n[[webhooks]]\nurl = "http://x"\nverdicts = ["bad"]', 'verdicts must be a list of some of'],
    ['store = "drop/s"\n[[intake]]\nfolder = "drop"', 'lie within each other'],
    ['store = "s"\n[[intake]]\nfolder = "s/drop"', 'lie within each other'],
    ['store = "s"\n[[intake]]\nfolder = "."', 'lie within each other'],
    ['store = "s"\n[[webhooks]]\nurl = "http://u:p@x/"', 'an http address without a password'],
    [
      'store = "s"\n[[webhooks]]\nurl = "http://x/"\n[[webhooks]]\nurl = "http://x/"',
      'two webhooks have the url',
    ],
    ['store = "s"\n[classify]\nthreads = 1.5', 'classify: threads must be a whole number'],
    ['store = "s"\n[labels]\natOnce = 0', 'labels: atOnce must be a number from 1 to 64'],
  ])('are refused by name: %j', (toml, complaint) => {
    expect(() => read(toml)).toThrow(complaint)
  })

  it('are read from TOML and YAML, and from no other file', async () => {
    const [toml, yaml, json] = ['a.toml', 'a.yaml', 'a.json'].map((name) => join(folder, name))
    await writeFile(toml!, 'store = "s"\n[[intake]]\nfolder = "drop"\n')
    await writeFile(yaml!, 'store: s\nintake:\n  - folder: drop\n')
    await writeFile(json!, '{}')
    expect(await readRunSettings(yaml!)).toEqual(await readRunSettings(toml!))
    await expect(readRunSettings(json!)).rejects.toThrow('a name that ends in .toml, .yaml, .yml is wanted')
    await expect(readRunSettings(join(folder, 'none.toml'))).rejects.toThrow('none.toml')
    await writeFile(toml!, 'store = ')
    await expect(readRunSettings(toml!)).rejects.toThrow('a.toml: ')
    await writeFile(yaml!, 'a: &a [x]\nb: *a\n')
    await expect(readRunSettings(yaml!)).rejects.toThrow(KnownError)
  })

  it('are settings or a named error, whatever the values', () => {
    const keys = ['store', 'intake', 'labels', 'sandbox', 'classify', 'webhooks', 'unpack', 'maxFileMb']
    const values = fc.dictionary(fc.constantFrom(...keys), fc.jsonValue())
    fc.assert(
      fc.property(values, (value) => {
        try {
          runSettings({ ...value, store: value.store ?? 's' }, 'x.toml')
        } catch (error) {
          expect(error).toBeInstanceOf(KnownError)
        }
      }),
    )
  })
})
