import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sharedData } from '../../../../test/shared-data.ts'
import { reportsOf } from '../virustotal/read-report.ts'
import { parseAvclass, readAvclass } from './avclass-data.ts'
import { expandedTags, labelTags, withoutVariant } from './label-tags.ts'
import { rankTags } from './rank-tags.ts'

const data = parseAvclass(
  [
    '# made up',
    ...['FAM:zbot', 'FAM:emotet', 'CLASS:worm', 'CLASS:grayware', 'CLASS:grayware:adware', 'FILE:os:windows'],
    ...['GEN:trojan', 'GEN:generic', 'BEH:selfpropagate', 'FAM:Worm', ''],
  ].join('\n'),
  'zeus\tzbot\nwin\twindows\nheur\tgeneric\npair\tzbot worm\nself\tself\nFAM:geodo\tFAM:emotet\n',
  'worm\tselfpropagate\n',
)

describe('the tags of a detection', () => {
  it.each<[string, string[]]>([
    ['Trojan.Win32.Zeus.abcd', ['windows', 'zbot', 'abcd']],
    // Digits at the end go, those before it stay; three letters that no rule knows are chance.
    ['Zbot123/Z3r0x9!gen', ['zbot', 'z3r0x']],
    ['HEUR:Generic.Pair', ['zbot', 'worm']],
    ['Geodo-geodo_EMOTET', ['emotet']],
    // Beginnings of the sample's hashes.
    ['Malware!AB12cd.ef34', ['malware', 'ef']],
    ['', []],
    ['....', []],
  ])('of %j are %j', (detection, tags) => {
    const expected = tags.filter((tag) => tag.length > 3)
    expect([...labelTags(detection, ['ab12cd99', 'ffff'], data)].sort()).toEqual(expected.sort())
  })

  it.each([
    ['Kaspersky', 'Trojan.Win32.Zbot.pei', 'Trojan.Win32.Zbot'],
    ['Kaspersky', 'Trojan', 'Trojan'],
    ['AVG', 'BackDoor.Generic16.BFGA', 'BackDoor.Generic16'],
    ['AVG', 'FakeAV_s.aB', 'FakeAV_s.aB'],
    ['Agnitum', 'Trojan.Agent!yEPr', 'Trojan.Agent'],
    ['DrWeb', 'Trojan.Siggen.65111', 'Trojan.Siggen.65111'],
  ])('%s puts a variant at the end of %s', (engine, detection, without) => {
    expect(withoutVariant(engine, detection)).toBe(without)
  })

  it('bring what they imply, one step far', () => {
    expect(expandedTags(new Set(['worm', 'adware', 'windows', 'new']), data)).toEqual(
      new Set(['worm', 'selfpropagate', 'adware', 'grayware', 'windows', 'new']),
    )
  })
})

describe('rankTags', () => {
  const rank = (...pairs: [string, string][]) =>
    rankTags(
      pairs.map(([engine, detection]) => ({ engine, detection })),
      [],
      data,
    )

  it('counts engines, and copies of one name once', () => {
    const ranked = rank(
      ['BitDefender', 'Gen.Zbot.1'],
      ['Emsisoft', 'Gen.Zbot.1 (B)'],
      ['F-Secure', 'Malware.Gen.Zbot.1'],
      ['ClamAV', 'Win.Zeus.UNOFFICIAL'],
      ['ClamAV', 'Win.Zeus-2'],
    )
    expect(ranked[0]).toEqual({
      ...{ tag: 'zbot', path: 'FAM:zbot', kind: 'FAM', votes: 2 },
      engines: ['BitDefender', 'ClamAV'],
    })
    expect(ranked.map(({ tag }) => tag)).not.toContain('unofficial')
  })

  it('puts the last in the alphabet first among equals', () => {
    expect(rank(['a', 'Emotet.Worm'], ['b', 'Zbot.Other']).map(({ tag }) => tag)).toEqual([
      ...['zbot', 'worm', 'selfpropagate', 'other', 'emotet'],
    ])
  })

  it('takes any names', () => {
    const word = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('Zbot', '__proto__', 'constructor', '.', ' (B)'),
    )
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(
            word,
            fc.array(word).map((words) => words.join('.')),
          ),
        ),
        (pairs) => {
          const ranked = rank(...pairs)
          for (const { tag, votes, engines } of ranked) {
            expect(tag).toMatch(/^[0-9a-z]+$/)
            expect(votes).toBe(new Set(engines).size)
          }
          const counts = ranked.map(({ votes }) => votes)
          expect(counts).toEqual(counts.toSorted((a, b) => b - a))
        },
      ),
    )
  })

  it('takes long names in little time', () => {
    const long = ['a.'.repeat(50_000), 'b'.repeat(100_000), '1'.repeat(100_000), `${'1'.repeat(50_000)}x`]
    const began = Date.now()
    rank(...long.map((detection, i): [string, string] => [`engine ${i}`, detection]))
    expect(Date.now() - began).toBeLessThan(5000)
  })
})

/*
 * The samples that come with AVClass, worked by hand with AVClass's rules; what it prints for the first two stands in its
 * documentation too (PyPI, avclass-malicialab 2.5.0, "Examples").
 */
const folder = sharedData('avclass/default.taxonomy')?.replace(/[^/]*$/, '')

describe.runIf(folder !== undefined)("AVClass's samples", () => {
  const ranked = async (file: string, nth: number) => {
    const line = readFileSync(`${folder}${file}`, 'utf8').split('\n')[nth]!
    const [report] = reportsOf(JSON.parse(line))
    const detections = report!.labels.flatMap(({ engine, detection }) =>
      detection === null ? [] : [{ engine, detection }],
    )
    const tags = rankTags(detections, report!.hashes, await readAvclass(folder!))
    return {
      tags,
      agreed: tags.filter(({ votes }) => votes > 1).map(({ path, votes }) => `${path}|${votes}`),
    }
  }
  const votersOf = (tags: Awaited<ReturnType<typeof ranked>>['tags'], tag: string) =>
    tags.find((each) => each.tag === tag)?.engines

  it('602695c8… of version 2 is zeroaccess', async () => {
    const { tags, agreed } = await ranked('vtv2_sample.json', 0)
    // Rules: sirefef, pmax, zaccess → zeroaccess; win → windows; kryptik → packed; backdoor implies server.
    expect(votersOf(tags, 'zeroaccess')).toEqual([
      'MicroWorld-eScan', // Gen:Variant.Sirefef.1140: gen, variant generic; sirefef. Copied by ALYac, BitDefender,
      // Ad-Aware, Emsisoft (with " (B)"), F-Secure and GData
      'CAT-QuickHeal', // Backdoor.PMax.r8: backdoor, pmax; "r" is too short
      'F-Prot', // W32/Zaccess.AK.gen!Eldorado; copied by Cyren
      'Symantec', // Trojan.Zeroaccess!g33
      'Avast', // Win32:ZAccess-OO [Trj], no dot to cut at: win, zaccess
      'ClamAV', // WIN.Trojan.Pmax-28
      'Kaspersky', // Backdoor.Win32.PMax.pei, cut to Backdoor.Win32.PMax; copied by Baidu-International
      'ViRobot', // Trojan.Win32.ZeroAccess.157184[h]
      'Zillya', // Backdoor.PMax.Win32.964
      'McAfee-GW-Edition', // ZeroAccess-FAWU!602695C8F2AD, whose end is the MD5's beginning; copied by McAfee
      'Sophos', // Troj/Sirefef-BL
      'Jiangmin', // Backdoor/PMax.ahw, cut to Backdoor/PMax
      'Antiy-AVL', // Trojan[Backdoor]/Win32.PMax
      'Microsoft', // Trojan:Win32/Sirefef.P, cut to Trojan:Win32/Sirefef
      'Arcabit', // Trojan.Sirefef.D474
      'AhnLab-V3', // Trojan/Win32.ZeroAccess
      'Tencent', // Win32.Backdoor.Pmax.bkks: bkks alone is a word nobody else has
      'Ikarus', // Backdoor.Win32.PMax: the name Kaspersky had before it was cut differs, so this counts
      'Fortinet', // W32/ZeroAccess.B!tr, cut to W32/ZeroAccess
    ])
    expect(agreed).toEqual([
      'FAM:zeroaccess|19',
      'FILE:os:windows|16',
      'BEH:server|8',
      'CLASS:backdoor|8',
      'FILE:packed|7',
    ])
  })

  it('f117cc14… of version 2 is winwebsec', async () => {
    const { tags, agreed } = await ranked('vtv2_sample.json', 1)
    // Most say only FakeAV or FakeAlert, which mean rogueware, a category and no family.
    expect(votersOf(tags, 'winwebsec')).toEqual([
      'TotalDefense', // Win32/Winwebsec.O!generic
      'Agnitum', // FraudTool.Winwebsec!Em3HvMNHln4, cut to FraudTool.Winwebsec
      'AntiVir', // TR/Winwebsec.acvnmb
      'Microsoft', // Rogue:Win32/Winwebsec: no dot to cut at
    ])
    // Norman's Websec[gs] is another word; securityshield (Symantec), vundo and daws have one vote each.
    expect(['websec', 'securityshield', 'vundo', 'daws'].map((tag) => votersOf(tags, tag)?.length)).toEqual([
      1, 1, 1, 1,
    ])
    expect(agreed).toEqual([
      ...['CLASS:rogueware|15', 'BEH:alertuser|15', 'FILE:os:windows|11', 'FAM:winwebsec|4'],
      ...['CLASS:grayware|4', 'CLASS:grayware:tool|3', 'FILE:packed|3'],
    ])
  })

  it('5e31d16d… of version 3 has no family', async () => {
    const { tags, agreed } = await ranked('vtv3_sample.json', 0)
    // An RTF file that uses holes: engines name the hole (cve, rtf: three letters), or agent and gen.
    expect(votersOf(tags, 'exploit')).toEqual([
      'ALYac', // Exploit.CVE-2017-11882; copied by Ikarus
      'Antiy-AVL', // Trojan[Exploit]/RTF.Obscure.Gen
      'DrWeb', // Exploit.Rtf.CVE2012-0158
      'ESET-NOD32', // Win32/Exploit.CVE-2017-11882.AWP
      'F-Secure', // Exploit.EXP/CVE-2017-11882.zfknn
      'Kaspersky', // HEUR:Exploit.RTF.CVE-2018-0802.gen; copied by ZoneAlarm
      'Microsoft', // Exploit:O97M/CVE-2017-11882.G!MTB
      'NANO-Antivirus', // Exploit.Rtf.Heuristic-rtf.dinbqn
      'TACHYON', // Trojan-Exploit/RTF.CVE-2018-0798
      'Tencent', // Win32.Exploit.Cve-2018-0802.Sxen
    ])
    // Names that only one has: enjc (Trojan.Agent.ENJC, copied by six), rtfobfustream (McAfee, copied by its other
    // edition), sxen (Tencent), zfknn (F-Secure; Avira's EXP/CVE-2017-11882.zfknn is cut before it).
    for (const tag of ['enjc', 'rtfobfustream', 'sxen', 'zfknn']) expect(votersOf(tags, tag)).toHaveLength(1)
    expect(agreed).toEqual([
      'FILE:exploit|10',
      'BEH:execdownload|3',
      'CLASS:downloader|3',
      'FILE:os:windows|2',
    ])
    expect(tags.filter(({ kind, votes }) => (kind === 'FAM' || kind === 'UNK') && votes > 1)).toEqual([])
  })
})
