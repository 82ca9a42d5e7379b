import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sharedData } from '../../../test/shared-data.ts'
import { parseAvclass, readAvclass } from './avclass/avclass-data.ts'
import { consensusLabel, consensusOf } from './consensus.ts'
import type { EngineLabel } from './label-source.ts'
import { reportsOf } from './virustotal/read-report.ts'

const SHA256 = 'a'.repeat(64)
const avclass = parseAvclass(
  'FAM:zbot\nFAM:emotet\nCLASS:worm\nCLASS:backdoor\nGEN:trojan\nGEN:agent\nFILE:os:windows\n',
  'zeus\tzbot\nwin\twindows\ngeodo\temotet\n',
  '',
)

/** What an engine says: a detection, or that it found nothing. */
function said(engine: string, detection: string | null, more: Partial<EngineLabel> = {}): EngineLabel {
  const malicious = detection === null ? 0 : 1
  return {
    ...{ malicious, family: null, category: null, firstSeen: null, by: engine, source: 'virustotal', engine },
    ...{ detection, version: null, at: 0, state: detection === null ? 'clean' : 'found', problem: null },
    ...more,
  }
}

const stated = (engine: string, more: Partial<EngineLabel>) =>
  said(engine, null, { malicious: null, source: 'csv', state: 'stated', ...more })
const of = (...labels: EngineLabel[]) => consensusOf(labels, avclass, [SHA256])

describe('consensusOf', () => {
  it('takes the family and the category that most engines agree on, and shows the others', () => {
    const consensus = of(
      said('A', 'Worm.Win32.Zbot.a'),
      said('B', 'Trojan.Zeus'),
      said('C', 'Backdoor.Zbot'),
      said('D', 'Worm:Emotet'),
      said('E', 'Geodo!x'),
      said('F', null),
      said('G', null, { malicious: null, state: 'failed' }),
    )
    expect(consensus).toMatchObject({
      ...{ malicious: 1, family: 'zbot', cluster: 'zbot', category: 'worm', basis: 'engines', votes: 3 },
      ...{ engines: ['A', 'B', 'C'], detected: 5, scanned: 6, notes: [], version: avclass.version },
    })
    expect(consensus.clash).toEqual({
      families: [{ family: 'emotet', votes: 2, engines: ['D', 'E'] }],
      ...{ malicious: [], benign: [] },
    })
    expect(consensus.tags.map(({ path, votes }) => `${path} ${votes}`)).toEqual([
      ...['FAM:zbot 3', 'CLASS:worm 2', 'FAM:emotet 2'],
    ])
  })

  it('is a singleton where no two agree, or all copy one', () => {
    const alone = of(said('A', 'Trojan.Zbot'), said('B', 'Emotet'))
    expect(alone).toMatchObject({ family: null, cluster: `SINGLETON:${SHA256}`, basis: 'nobody', votes: 0 })
    expect(alone.clash.families.map(({ family }) => family)).toEqual(['zbot', 'emotet'])
    const copied = of(said('A', 'Win.Zbot.1'), said('B', 'Win.Zbot.1'), said('C', 'Win.Zbot.1 (B)'))
    expect(copied).toMatchObject({ family: null, detected: 1, scanned: 1, malicious: 1 })
  })

  it('takes a word that the taxonomy does not know for a family where two agree, as AVClass does', () => {
    expect(of(said('A', 'Trojan.Novel.1'), said('B', 'Agent/Novel'))).toMatchObject({
      family: 'novel',
      votes: 2,
    })
    expect(of(said('A', 'Trojan.Novel.1'), said('B', 'Agent/Other')).clash.families).toEqual([])
  })

  it('does not count one engine twice', () => {
    const twice = of(said('ClamAV', 'Win.Zbot-1'), said('ClamAV', 'Win.Zbot-2', { source: 'clamd' }))
    expect(twice).toMatchObject({ family: null, detected: 1, scanned: 1 })
    const once = of(said('ClamAV', 'Zbot'), said('ClamAV', null, { source: 'clamd' }))
    expect(once).toMatchObject({ malicious: 1, clash: { malicious: ['virustotal'], benign: ['clamd'] } })
  })

  it.each<[string, 0 | 1 | null, EngineLabel[]]>([
    [
      'two detections among many',
      1,
      [said('A', 'x'), said('B', 'y'), ...Array.from('abcdef', (e) => said(e, null))],
    ],
    ['the only engine there is', 1, [said('A', 'x')]],
    ['one among many', null, [said('A', 'x'), said('B', null), said('C', null)]],
    [
      'names in other scripts, or none',
      1,
      [said('A', '病毒'), said('B', '\x01'), said('C', null), said('D', null)],
    ],
    ['two that find nothing', 0, [said('A', null), said('B', null)]],
    ['one that finds nothing', null, [said('A', null)]],
    [
      'one that finds nothing and one over its limit',
      null,
      [said('A', null), said('B', null, { malicious: null })],
    ],
    ['nobody', null, []],
    ['a list against engines', 0, [stated('l', { malicious: 0 }), said('A', 'x'), said('B', 'y')]],
    [
      'lists against each other',
      null,
      [stated('l', { malicious: 0 }), stated('m', { malicious: 1 }), said('A', 'x')],
    ],
    ['a list that says nothing of it', 1, [stated('l', { family: 'zbot' }), said('A', 'x')]],
    ['an older consensus', null, [consensusLabel(of(said('A', 'x'), said('B', 'y')), 0)]],
  ])('%s: %j', (_, malicious, labels) => {
    expect(of(...labels).malicious).toBe(malicious)
  })

  it('puts the word of people first, under whatever name they use', () => {
    const votes = [said('A', 'Zeus'), said('B', 'Win.Zbot'), said('C', 'Emotet'), said('D', 'Win.Geodo')]
    const agreeing = of(stated('list.csv', { family: 'Zeus' }), ...votes)
    expect(agreeing).toMatchObject({ family: 'Zeus', basis: 'people', votes: 1, engines: ['list.csv'] })
    expect(agreeing.clash.families.map(({ family }) => family)).toEqual(['emotet'])
    const opposed = of(stated('list.csv', { family: 'Other One' }), ...votes)
    expect(opposed.family).toBe('Other One')
    expect(opposed.clash.families.map(({ family }) => family)).toEqual(['zbot', 'emotet'])
    const atOdds = of(stated('a', { family: 'One' }), stated('b', { family: 'Two' }), ...votes)
    expect(atOdds).toMatchObject({ family: 'zbot', basis: 'engines' })
    expect(atOdds.clash.families.map(({ family }) => family)).toEqual(['One', 'Two', 'emotet'])
  })

  it('shows sources that contradict each other', () => {
    const { clash } = of(stated('l', { malicious: 1 }), said('ClamAV', null, { source: 'clamd' }))
    expect(clash).toMatchObject({ malicious: ['csv'], benign: ['clamd'] })
  })

  it('tells no family without the files of AVClass, and says so', () => {
    const labels = [said('A', 'Win.Zbot'), said('B', 'Zbot')]
    const consensus = consensusOf(labels, null, [SHA256])
    expect(consensus).toMatchObject({ malicious: 1, family: null, category: null, tags: [], version: null })
    expect(consensus.notes).toEqual([expect.stringContaining('the files of AVClass are missing')])
    expect(consensusOf([said('A', null)], null, [SHA256]).notes).toEqual([])
  })

  it('takes limits for what they are: no detection', () => {
    const limit = said('A', 'Heuristics.Limits.Exceeded.MaxFileSize', { malicious: null, state: 'partial' })
    expect(of(limit, { ...limit, engine: 'B' })).toMatchObject({ malicious: null, family: null, tags: [] })
  })

  it('takes any labels', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('Zbot', 'Win.Zeus', '__proto__', '=1+1', '<b>'),
    )
    const label = fc.record({
      malicious: fc.constantFrom(0, 1, null),
      family: fc.option(text),
      category: fc.option(text),
      source: fc.constantFrom('clamd', 'virustotal', 'csv', 'analyst', 'consensus'),
      engine: text,
      detection: fc.option(text),
      state: fc.constantFrom('found', 'clean', 'partial', 'too-big', 'failed', 'stated'),
    })
    fc.assert(
      fc.property(fc.array(label), fc.boolean(), (labels, withData) => {
        const all = labels.map((each) => said('', null, each as Partial<EngineLabel>))
        const consensus = consensusOf(all, withData ? avclass : null, [SHA256])
        expect(consensus.votes).toBe(consensus.engines.length)
        expect(consensus.detected).toBeLessThanOrEqual(consensus.scanned)
        if (consensus.basis === 'engines') expect(consensus.votes).toBeGreaterThanOrEqual(2)
        expect(JSON.parse(JSON.stringify(consensus))).toEqual(consensus)
      }),
    )
  })

  // How the votes come about is worked out in avclass/rank-tags.test.ts.
  const real = sharedData('avclass/default.taxonomy')
  it.runIf(real).each([
    ['vtv2_sample.json', 0, 'zeroaccess', 19, 'backdoor'],
    ['vtv2_sample.json', 1, 'winwebsec', 4, 'rogueware'],
    ['vtv3_sample.json', 0, null, 0, 'downloader'],
  ])('%s, line %i: family %s by %i votes, category %s', async (file, nth, family, votes, category) => {
    const folder = join(real!, '..')
    const line = readFileSync(join(folder, file), 'utf8').split('\n')[nth]!
    const { labels, hashes } = reportsOf(JSON.parse(line))[0]!
    const consensus = consensusOf(labels, await readAvclass(folder), hashes as [string, ...string[]])
    expect(consensus).toMatchObject({ malicious: 1, family, votes, category })
    if (family === null) expect(consensus.cluster).toBe(`SINGLETON:${hashes[0]}`)
  })
})

describe('consensusLabel', () => {
  it('is a label among the others', () => {
    expect(consensusLabel(of(said('A', 'Worm.Zbot'), said('B', 'Zeus/Worm')), 7)).toEqual({
      ...{
        malicious: 1,
        family: 'zbot',
        category: 'worm',
        firstSeen: null,
        by: 'consensus',
        source: 'consensus',
      },
      ...{
        engine: 'avclass',
        detection: null,
        version: avclass.version,
        at: 7,
        state: 'found',
        problem: null,
      },
    })
    expect(consensusLabel(of(), 0)).toMatchObject({ malicious: null, state: 'undecided' })
  })
})
