import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { KnownError, LimitExceededError, MalformedInputError, UnreadableError } from '../core/index.ts'
import { checkSuricata } from './suricata-check.ts'
import { suricataSettings } from './suricata-settings.ts'

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'taxon-settings-'))
  path = join(folder, 'suricata.yaml')
})
afterEach(() => rmSync(folder, { recursive: true }))

async function check(text: string) {
  writeFileSync(path, text)
  const { wrong, notes } = await checkSuricata(path)
  return { wrong: wrong.map(({ name, found }) => `${name}: ${found}`), notes }
}

/** As the file that comes with Suricata 7 says it, in short. */
const AS_IT_COMES = `%YAML 1.1
---
suricata-version: "7.0"
vars: { address-groups: { HOME_NET: "[192.168.0.0/16]", EXTERNAL_NET: "!$HOME_NET" } }
outputs:
  - fast: { enabled: yes }
  - eve-log:
      enabled: yes
      filetype: regular
      types:
        - alert:
        - files:
            force-magic: no
        - flow
  - file-store:
      version: 2
      enabled: no
stream:
  reassembly:
    depth: 1mb # reassemble 1mb into a stream
app-layer:
  protocols:
    http:
      enabled: yes
      libhtp:
         default-config:
           request-body-limit: 100kb
           response-body-limit: 100kb
         server-config:
           #- apache:
runmode: workers
`

describe('checking the settings of Suricata', () => {
  it('names what is wrong with them as they come, with what was found', async () => {
    expect(await check(AS_IT_COMES)).toEqual({
      wrong: [
        'outputs.file-store.enabled: no',
        'outputs.file-store.force-filestore: null',
        'outputs.file-store.write-fileinfo: null',
        'stream.reassembly.depth: 1mb',
        'app-layer.protocols.http.libhtp.default-config.request-body-limit: 100kb',
        'app-layer.protocols.http.libhtp.default-config.response-body-limit: 100kb',
      ],
      notes: [],
    })
  })

  it('finds nothing wrong with those that taxon prints', async () => {
    expect((await check(suricataSettings())).wrong).toEqual([])
  })

  it.each([
    ['an empty file', '', 'outputs.eve-log.enabled: null'],
    [
      'threads with files of their own',
      suricataSettings().replace('filetype:', 'threaded: true\n      filetype:'),
      'outputs.eve-log.threaded: true',
    ],
    [
      'a name made of the time',
      suricataSettings().replace('eve.json\n', 'eve-%Y-%m-%d.json\n'),
      'outputs.eve-log.filename: eve-%Y-%m-%d.json',
    ],
    [
      'a prefix',
      suricataSettings().replace('filetype:', 'prefix: "@cee: "\n      filetype:'),
      'outputs.eve-log.prefix: @cee: ',
    ],
    [
      'a socket',
      suricataSettings().replace('regular', 'unix_stream'),
      'outputs.eve-log.filetype: unix_stream',
    ],
    [
      'an older file-store',
      suricataSettings().replace('version: 2', 'version: 1'),
      'outputs.file-store.version: 1',
    ],
    [
      'detection only',
      suricataSettings().replace(/smb:\n.*enabled: yes/, 'smb:\n      enabled: detection-only'),
      'app-layer.protocols.smb.enabled: detection-only',
    ],
    [
      'a server of its own',
      suricataSettings().replace(
        'libhtp:',
        'libhtp:\n        server-config:\n          - apache:\n              address: [10.0.0.0/8]\n              request-body-limit: 4096',
      ),
      'app-layer.protocols.http.libhtp.server-config.apache.request-body-limit: 4096',
    ],
  ])('sees %s', async (_, text, wrong) => {
    expect((await check(text)).wrong).toContain(wrong)
  })

  it.each(['0', '0kb', '0 mb'])('takes %s for no limit', async (none) => {
    expect((await check(suricataSettings().replaceAll('limit: 0', `limit: ${none}`))).wrong).toEqual([])
  })

  it('lets what is said last count, and included files where they stand', async () => {
    const good = suricataSettings()
    expect((await check(`${good}\nstream: { reassembly: { depth: 5mb } }\n`)).wrong).toEqual([
      'stream.reassembly.depth: 5mb',
    ])
    mkdirSync(join(folder, 'more'))
    writeFileSync(
      join(folder, 'more/stream.yaml'),
      '%YAML 1.1\n---\nstream: { reassembly: { depth: 7mb } }\n',
    )
    expect((await check(`${good}\ninclude: more/stream.yaml\n`)).wrong).toEqual([
      'stream.reassembly.depth: 7mb',
    ])
    expect(
      (await check(`${good}\ninclude:\n  - more/stream.yaml\nstream: { reassembly: { depth: 0 } }\n`)).wrong,
    ).toEqual([])
    const missing = await check(`${good}\ninclude: more/gone.yaml\n`)
    expect(missing.wrong).toEqual([])
    expect(missing.notes.join()).toMatch(/not looked at: .*gone\.yaml: cannot be read/)
  })

  it('takes the log that tells of files where there are several', async () => {
    const second = '  - eve-log: { enabled: yes, filename: alerts.json, types: [alert] }\n  - file-store:'
    expect((await check(suricataSettings().replace('  - file-store:', second))).wrong).toEqual([])
  })

  it('says what the runmode does to FTP', async () => {
    expect((await check(`${suricataSettings()}\nrunmode: workers\n`)).notes).toEqual([])
    expect((await check(suricataSettings())).notes).toEqual([expect.stringContaining('FTP')])
  })

  it('ends with a named error where a file includes itself, is too large, or is none', async () => {
    await expect(check('include: suricata.yaml\n')).rejects.toThrow(LimitExceededError)
    await expect(check(`# ${'x'.repeat(2 ** 20)}\n`)).rejects.toThrow(LimitExceededError)
    await expect(check('- a\n- b\n')).rejects.toThrow(MalformedInputError)
    await expect(checkSuricata(join(folder, 'gone'))).rejects.toThrow(UnreadableError)
    const bomb = [
      'a: &a [x, x, x, x, x, x, x, x, x]',
      ...'bcdefghi'
        .split('')
        .map((name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghi'[i]}`).join(', ')}]`),
    ]
    await expect(check(bomb.join('\n'))).rejects.toThrow(MalformedInputError)
  })

  it('says something of any text, or has a named error', async () => {
    const piece = fc.constantFrom(
      'outputs',
      ':',
      '\n',
      '  ',
      '- ',
      'eve-log',
      'enabled',
      'yes',
      '[',
      ']',
      '{',
      '}',
      '&a',
      '*a',
      '!tag',
      '"',
      '%YAML 1.1',
      '---',
      '\t',
      '|',
      '<<',
      '\0',
      'include',
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece).map((parts) => parts.join('')),
        async (text) => {
          await check(text).catch((error: unknown) => expect(error).toBeInstanceOf(KnownError))
        },
      ),
      { numRuns: 300 },
    )
  })
})
