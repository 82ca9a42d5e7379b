import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { hasClamav, ownSignatures, startClamd } from '../../test/clamd.ts'
import { examineLabels } from './examine-labels.ts'

const folder = mkdtempSync(join(tmpdir(), 'taxon-examine-labels-'))
afterAll(() => rmSync(folder, { recursive: true }))
beforeEach(() => {
  for (const name of ['TAXON_CLAMD', 'TAXON_AVCLASS']) vi.stubEnv(name, '')
})
afterEach(() => vi.unstubAllEnvs())

const find = async (part: string, conf: readonly string[] = []) =>
  (await examineLabels(conf)).find((finding) => finding.part === part)

describe('what there is to label with', () => {
  it('need not be there', async () => {
    vi.stubEnv('PATH', '/nowhere')
    const findings = await examineLabels([])
    expect(findings.map(({ part, works }) => [part, works])).toEqual([
      ['clamd', true],
      ['clamscan', true],
      ['AVClass', true],
    ])
    expect(findings[1]!.detail).toBe('none here and none needed')
    expect(findings[2]!.remedy).toContain('taxon label --fetch-avclass DIR')
  })

  it('is a fault where it was said to be there', async () => {
    vi.stubEnv('TAXON_CLAMD', '/nowhere/clamd.ctl')
    vi.stubEnv('TAXON_AVCLASS', folder)
    expect(await find('clamd')).toMatchObject({
      works: false,
      detail: expect.stringContaining('no such socket'),
    })
    expect(await find('AVClass')).toMatchObject({
      works: false,
      detail: expect.stringContaining('cannot be read'),
    })
  })

  it('is told not to run where a clamd.conf names it', async () => {
    const conf = join(folder, 'idle.conf')
    writeFileSync(conf, 'LocalSocket /nowhere/clamd.ctl\n')
    expect(await find('clamd', [conf])).toMatchObject({
      works: true,
      detail: expect.stringMatching(/^does not run, and is not needed \(clamd at \/nowhere\/clamd\.ctl: /),
    })
  })

  it.runIf(hasClamav())('is shown with version and limits, and what should be set', async () => {
    const place = join(folder, 'clamd')
    mkdirSync(place)
    const server = await startClamd(place, ownSignatures(place), ['MaxFileSize 2M', 'StreamMaxLength 0'])
    try {
      const conf = join(place, 'clamd.conf')
      const { works, detail, remedy } = (await find('clamd', [conf]))!
      expect(works).toBe(true)
      expect(detail).toMatch(
        /^\S+clamd\.sock: ClamAV \d\S*; MaxFileSize 2 MiB, MaxScanSize by default, StreamMaxLength without limit/,
      )
      expect(remedy).toBe(
        `set AlertExceedsMax yes in ${conf}: until then what is over a limit inside an archive reads as clean`,
      )
      vi.stubEnv('TAXON_CLAMD', `127.0.0.1:${server.port}`)
      expect((await find('clamd', [conf]))!.detail).toContain('its limits are not told by it')
    } finally {
      await server.kill()
    }
    expect((await find('clamscan'))!.detail).toMatch(/^ClamAV \d/)
  })
})
