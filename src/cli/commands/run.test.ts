import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fakeIo } from '../../../test/fake-io.ts'
import { madeUpPe } from '../../../test/made-up-executables.ts'
import { run } from './run.ts'

let folder: string
let settings: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'taxon-run-cli-'))
  settings = join(folder, 'taxon.toml')
  await mkdir(join(folder, 'drop'))
  await writeFile(settings, 'store = "store"\n[[intake]]\nfolder = "drop"\n[classify]\nthreads = 1\n')
})
afterEach(() => rm(folder, { recursive: true }))

describe('taxon run', () => {
  it('prints events as lines of JSON, and for people verdicts and what went wrong', async () => {
    const hostile = 'a\u001b[31m\u009b1m\u202e<b>=1+1.exe'
    await writeFile(join(folder, 'drop', hostile), madeUpPe())
    const json = fakeIo()
    expect(await run.run([settings, '--once', '--json'], json)).toBe(0)
    const events = json.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(new Set(events.map(({ event }) => event))).toEqual(new Set(['stored', 'step', 'verdict']))
    expect(json.out.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
    expect(events.find(({ event }) => event === 'stored').name).toBe(hostile)
    for (const { at } of events) expect(Date.parse(at)).toBeGreaterThan(0)
    const pe = madeUpPe({ entry: 0x1008 })
    await writeFile(join(folder, 'drop', 'cut.exe'), pe.subarray(0, pe.length - 200))
    const people = fakeIo()
    expect(await run.run([settings, '--once'], people)).toBe(0)
    expect(people.out).toMatch(/^unknown +– {2}[0-9a-f]{64} {2}cut\.exe, opcodes, the file is cut off: .+\n$/)
    expect(people.err).toContain('partial, the file is cut off')
    expect(people.out + people.err).not.toContain('\u001b')
  })

  it('says what is wrong with settings before it starts', async () => {
    const right = fakeIo()
    expect(await run.run([settings, '--check'], right)).toBe(0)
    expect(right.out).toBe(`${settings}: all settings are right\n`)
    const secret = join(folder, 'no-secret')
    await writeFile(
      settings,
      `store = "store"
[[intake]]
folder = "nowhere"
[labels]
clamd = "${join(folder, 'no.socket')}"
avclass = "no-avclass"
[sandbox]
url = "http://127.0.0.1:9"
[[webhooks]]
url = "http://127.0.0.1:9/"
secretFile = "no-secret"
`,
    )
    const wrong = fakeIo()
    expect(await run.run([settings, '--check', '--json'], wrong)).toBe(2)
    const { problems } = JSON.parse(wrong.out)
    expect(problems.map((problem: string) => problem.split(':')[0])).toEqual([
      'intake 1',
      'clamd',
      'avclass',
      'sandbox',
      'webhooks',
    ])
    expect(problems.at(-1)).toContain(secret)
  })

  it.each([
    [[], 'run: say which settings file'],
    [['a.toml', 'b.toml'], 'run: say which settings file'],
    [['none.toml'], 'none.toml'],
    [['settings.ini'], 'a name that ends in .toml, .yaml, .yml is wanted'],
  ])('refuses %j', async (argv, complaint) => {
    await expect(run.run(argv, fakeIo())).rejects.toThrow(complaint)
  })

  it('ends with 130 after Ctrl-C', async () => {
    const abort = new AbortController()
    const io = fakeIo({ signal: abort.signal })
    const going = run.run([settings], io)
    setTimeout(() => abort.abort(), 500)
    expect(await going).toBe(130)
  })
})
