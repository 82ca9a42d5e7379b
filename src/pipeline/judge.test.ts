import { beforeAll, describe, expect, it } from 'vitest'
import { BAD, COMMON, callReport, callTrace, GOOD, littleDetector } from '../../test/detector.ts'
import { type Abstention, NEVER_SURE, OUTSPOKEN, withCard } from '../models/index.ts'
import { type Report, reduceTrace, type Verdict } from '../samples/index.ts'
import { judge } from './judge.ts'
import type { LoadedModel } from './models.ts'

const SIZE = { features: 5, places: 3 }
const INPUT = { path: 'in/report.json', size: 1234 }
let detector: LoadedModel
const verdictOn = (report: Report, models: readonly LoadedModel[] = [detector]): Verdict =>
  judge(report, INPUT, models, SIZE)

/** A complete report of a PE file with these opcodes, at 0x401000 and every four bytes on. */
function executableReport(names: readonly string[], given: Partial<Report> = {}, dialect = 'pe-x86'): Report {
  const section = { name: '.text', address: '0x401000', size: 512, entropy: 6, isExecutable: true }
  const address = Float64Array.from(names, (_, i) => 0x401000 + 4 * i)
  return callReport([], {
    format: 'pe32',
    processes: [],
    trace: {
      ...callTrace(names, dialect),
      view: 'opcodes',
      places: { process: null, call: null, time: null, address },
    },
    executable: {
      architecture: dialect.replace(/^(?:pe|elf)-/, ''),
      entry: '0x401000',
      sections: [section, { ...section, name: '.data', isExecutable: false }],
      moreSections: 0,
      imports: 12,
      packed: [],
      cutOff: null,
      signer: null,
    },
    ...given,
  })
}

/** A detector of opcodes that learned from those of a dialect. */
const ofOpcodes = async (dialect: string): Promise<LoadedModel> => ({
  trained: await littleDetector('opcodes', dialect),
  sha256: dialect,
})

beforeAll(async () => {
  detector = { trained: await littleDetector(), sha256: 'd'.repeat(64) }
})

describe('judge', () => {
  it('calls a malicious report so, with the calls that carried it and their places', () => {
    const verdict = verdictOn(callReport([...COMMON, ...BAD]))
    expect(verdict).toMatchObject({
      sample: { path: 'in/report.json', name: 'sample.exe', size: 100, kind: 'cuckoo-2' },
      view: 'calls',
      verdict: 'malicious',
      state: 'complete',
      reasons: [],
      trace: { tokens: 11, processes: 1 },
      model: { name: 'calls-detect', sha256: 'd'.repeat(64) },
    })
    expect(verdict.probability).toBeGreaterThan(0.9)
    const [first] = verdict.evidence
    expect(BAD).toContain(first.feature)
    expect(first.contribution).toBeGreaterThan(0)
    const call = [...COMMON, ...BAD].indexOf(first.feature)
    expect(first.places).toEqual([{ process: 0, pid: 2348, call, time: null }])
  })

  it('calls a benign report so', () => {
    const verdict = verdictOn(callReport([...COMMON, ...GOOD]))
    expect(verdict).toMatchObject({ verdict: 'benign', state: 'complete', family: null, families: [] })
    expect(verdict.probability).toBeLessThan(0.1)
  })

  it('never calls benign what was only partly read', () => {
    const cut = { state: 'partial', reasons: ['cut off at byte 9'] } as const
    const verdict = verdictOn(callReport([...COMMON, ...GOOD], cut))
    expect(verdict).toMatchObject({ verdict: 'unknown', state: 'partial' })
    expect(verdict.reasons).toEqual([
      'nothing malicious in what was read, but not all was read',
      'cut off at byte 9',
    ])
    expect(verdictOn(callReport([...COMMON, ...BAD], cut))).toMatchObject({
      verdict: 'malicious',
      state: 'partial',
    })
  })

  it('takes calls past the cap for unread only where the model reads their order', () => {
    const trace = { ...callTrace([...COMMON, ...GOOD]), length: 5_000_000 }
    expect(verdictOn(callReport([], { trace }))).toMatchObject({ verdict: 'benign', state: 'complete' })
    const { trained } = detector
    const ordered = {
      ...detector,
      trained: { ...trained, encoder: { ...trained.encoder, kind: 'sequence' } },
    }
    expect(verdictOn(callReport([], { trace }), [ordered as LoadedModel])).toMatchObject({
      verdict: 'unknown',
      state: 'partial',
    })
  })

  it.each([
    ['another dialect', { trace: callTrace([...COMMON, ...GOOD], 'cape') }, /^dialect cape is unlike/],
    ['too few calls', { trace: callTrace(COMMON.slice(0, 3)) }, /^too little to judge by: 3 distinct calls/],
    [
      'unknown calls',
      { trace: callTrace([...COMMON, ...GOOD, 'Strange1', 'Strange2']) },
      /^the model knows only 85 %/,
    ],
  ])('abstains on %s', (_, given, reason) => {
    const verdict = verdictOn(callReport([], given))
    expect(verdict).toMatchObject({ verdict: 'unknown', state: 'abstained', evidence: [] })
    expect(verdict.reasons[0]).toMatch(reason)
    expect(verdict.probability).not.toBeNull()
  })

  it('says neither benign nor malicious of an empty report', () => {
    const reasons = ['the report has no behaviour']
    const verdict = verdictOn(callReport([], { state: 'partial', reasons }))
    expect(verdict).toMatchObject({ verdict: 'unknown', probability: null, state: 'partial', reasons })
  })

  it('is not sure between its thresholds', () => {
    const abstention = { minTokens: 1, minKnown: 0, benignBelow: 0, maliciousAbove: 1 }
    const unsure = { ...detector, trained: withCard(detector.trained, { abstention }) }
    const verdict = verdictOn(callReport([...COMMON, ...BAD]), [unsure])
    expect(verdict).toMatchObject({ verdict: 'unknown', state: 'abstained' })
    expect(verdict.reasons).toEqual(['not sure: the probability lies between 0.0 % and 100 %'])
    expect(verdict.evidence).not.toEqual([])
  })

  it('says so where no model is for the view', async () => {
    const verdict = verdictOn(callReport([]), [await ofOpcodes('pe-x86')])
    expect(verdict).toMatchObject({
      verdict: 'unknown',
      model: null,
      reasons: ['no model for this view (calls)'],
    })
  })

  it.each([
    ['pe32', 'x86', 'pe-x86', ['ransomtrack', 'big2015-opcodes']],
    ['pe64', 'x86-64', 'pe-x86-64', []],
    ['elf64', 'x86-64', 'elf-x86-64', []],
  ])('tells of %s for %s what was found, and how a model can be had', (format, processor, dialect, sets) => {
    const { reasons, executable } = verdictOn(executableReport(['mov', 'add', 'mov'], { format }, dialect))
    expect(reasons[0]).toBe('no model for this view (opcodes)')
    expect(reasons[1]).toBe(
      `found: ${format} for ${processor}, 2 sections (1 executable), 12 imports, entry 0x401000, 3 opcodes, 2 distinct`,
    )
    expect(reasons[2 + sets.length]).toContain(
      'taxon corpus import DIR --labels CSV -o my-corpus && taxon train svm my-corpus',
    )
    sets.forEach((set, i) => {
      expect(reasons[2 + i]).toContain(`taxon corpus pull ${set} -o ${set} && taxon train `)
    })
    expect(executable).toMatchObject({ entry: '0x401000', packed: [], cutOff: null })
  })

  it('says one opcode of a listing, and nothing of sections', () => {
    const report = executableReport(['ret'], { format: 'ida', executable: null }, 'pe-arm')
    expect(verdictOn(report).reasons[1]).toBe('found: ida of PE for arm, 1 opcode, 1 distinct')
  })

  it.each(['packed', 'cut off'])('never calls benign what is %s', async (loss) => {
    const model = await ofOpcodes('pe-x86')
    const partial = { state: 'partial', reasons: [`the file is ${loss}`] } as const
    expect(verdictOn(executableReport([...COMMON, ...GOOD]), [model])).toMatchObject({ verdict: 'benign' })
    expect(verdictOn(executableReport([...COMMON, ...GOOD], partial), [model])).toMatchObject({
      verdict: 'unknown',
      state: 'partial',
      reasons: ['nothing malicious in what was read, but not all was read', `the file is ${loss}`],
    })
    expect(verdictOn(executableReport([...COMMON, ...BAD], partial), [model])).toMatchObject({
      verdict: 'malicious',
      state: 'partial',
    })
  })

  it('takes of several detectors the one that was trained on such files, else the first, which refuses', async () => {
    const models = [await ofOpcodes('elf-x86'), await ofOpcodes('pe-x86')]
    const names = [...COMMON, ...BAD]
    expect(verdictOn(executableReport(names), models)).toMatchObject({
      verdict: 'malicious',
      model: { sha256: 'pe-x86' },
    })
    const refused = verdictOn(executableReport(names, {}, 'pe-arm'), models)
    expect(refused).toMatchObject({ verdict: 'unknown', model: { sha256: 'elf-x86' } })
    expect(refused.reasons).toContain('PE for arm is unlike the training data of the model (ELF for x86)')
  })

  it.each([
    ['elf-x86', 'ELF for x86 is unlike the training data of the model (PE for x86)'],
    ['x86', 'x86 that may be of PE or ELF is unlike the training data of the model (PE for x86)'],
    ['objdump-lines', 'dialect objdump-lines is unlike the training data of the model (PE for x86)'],
  ])('does not judge %s by what it learned from PE files of one processor', async (dialect, reason) => {
    const verdict = verdictOn(executableReport([...COMMON, ...BAD], {}, dialect), [await ofOpcodes('pe-x86')])
    expect(verdict).toMatchObject({ verdict: 'unknown', state: 'abstained', reasons: [reason] })
  })

  it('shows addresses as evidence of opcodes', async () => {
    const names = [...COMMON, ...BAD]
    const { evidence } = verdictOn(executableReport(names), [await ofOpcodes('pe-x86')])
    const at = names.findIndex((name) => name.toLowerCase() === evidence[0].feature)
    expect(evidence[0].places).toEqual([{ address: `0x${(0x401000 + 4 * at).toString(16)}` }])
  })

  it('names a family where no model detects, and says under which condition', async () => {
    const { trained } = await ofOpcodes('pe-x86')
    const families = {
      sha256: 'f'.repeat(64),
      trained: { ...trained, classes: ['Alpha', 'Beta'], recipe: { ...trained.recipe, target: 'family' } },
    } as LoadedModel
    const verdict = verdictOn(executableReport([...COMMON, ...BAD]), [families])
    expect(verdict).toMatchObject({ verdict: 'unknown', family: 'Beta', state: 'abstained', model: null })
    expect(verdict.reasons[0]).toMatch(/^no model tells malicious from benign in this view \(opcodes\)/)
  })

  it.each([
    [-1e6, 'Beta', 2],
    [1e6, null, 0],
  ])('names what reaches a decision value of %d: %s', async (minDecision, family, families) => {
    const { trained } = await ofOpcodes('pe-x86')
    const card = { ...trained.card, abstention: { ...OUTSPOKEN, minDecision } }
    const recipe = { ...trained.recipe, target: 'family' }
    const model = {
      sha256: 'f'.repeat(64),
      trained: { ...trained, card, recipe, classes: ['Alpha', 'Beta'] },
    }
    const verdict = verdictOn(executableReport([...COMMON, ...BAD]), [model as LoadedModel])
    expect([verdict.family, verdict.families.length]).toEqual([family, families])
    expect(verdict.reasons.some((reason) => reason.startsWith('no family is named'))).toBe(family === null)
  })

  it('counts no tokens where only a set is known', () => {
    const trace = reduceTrace(callTrace([...COMMON, ...BAD]), 'set')
    expect(verdictOn(callReport([], { trace }))).toMatchObject({
      verdict: 'malicious',
      trace: { tokens: 0 },
    })
  })

  it('names only what is malicious, and only when sure enough', async () => {
    // The same model read as one of families: its class `malicious` becomes a family of that name.
    const { trained } = detector
    const families = {
      sha256: 'f'.repeat(64),
      trained: { ...trained, classes: ['Alpha', 'Beta'], recipe: { ...trained.recipe, target: 'family' } },
    } as LoadedModel
    const bad = verdictOn(callReport([...COMMON, ...BAD]), [detector, families])
    expect(bad).toMatchObject({ verdict: 'malicious', family: 'Beta', category: null })
    expect(bad.families.map((each) => each.name)).toEqual(['Beta', 'Alpha'])
    expect(verdictOn(callReport([...COMMON, ...GOOD]), [detector, families])).toMatchObject({
      verdict: 'benign',
      family: null,
      families: [],
    })
  })

  describe('with a model of categories beside the detector', () => {
    /** The little detector read as a model of categories: its class `malicious` becomes `worm`. */
    const categories = (given: Partial<Abstention> = {}, target = 'category'): LoadedModel => {
      const { trained } = detector
      const card = { ...trained.card, abstention: { ...OUTSPOKEN, ...given } }
      const recipe = { ...trained.recipe, target }
      return {
        sha256: 'c'.repeat(64),
        trained: { ...trained, card, recipe, classes: ['dropper', 'worm'] },
      } as LoadedModel
    }
    const bad = callReport([...COMMON, ...BAD])
    const judged = (models: readonly LoadedModel[], report = bad) => verdictOn(report, [detector, ...models])

    it('names what is malicious, by the category alone, with the evidence of both', () => {
      const verdict = judged([categories({ minProbability: 0.6 })])
      expect(verdict).toMatchObject({
        verdict: 'malicious',
        category: 'worm',
        family: null,
        families: [],
        reasons: [],
        state: 'complete',
      })
      const { evidence, model } = verdictOn(bad)
      const own = verdict.evidence.filter((each) => each.for === undefined)
      expect([own, verdict.model]).toEqual([evidence, model])
      // What carried the name follows what carried the verdict, and says for which name it speaks.
      const forName = verdict.evidence.slice(own.length)
      expect(forName.length).toBeGreaterThan(0)
      expect(forName.every((each) => each.for === verdict.category)).toBe(true)
    })

    it('names nothing of what is benign, and gives no reason', () => {
      const good = callReport([...COMMON, ...GOOD])
      expect(judged([categories({ minProbability: 0.6 })], good)).toMatchObject({
        verdict: 'benign',
        category: null,
        reasons: [],
      })
    })

    it.each<[string, Partial<Abstention>, string]>([
      [
        'is not as sure as it should be',
        { minProbability: 1 },
        '99 % for the most probable one, at least 100 % are needed',
      ],
      [
        'is not surer than it should be',
        { maliciousAbove: 1 },
        '99 % for the most probable one, more than 100 % are needed',
      ],
      [
        'never named well enough',
        { minProbability: NEVER_SURE },
        'on no rows were the names of the model as right as its recipe wants',
      ],
      ['finds it unlike', { minDecision: 1e6 }, 'the sample is unlike all that the model knows'],
      [
        'knows too little to judge by',
        { minTokens: 99 },
        'too little to judge by: 11 distinct calls, at least 99 are needed',
      ],
    ])('says why where it %s', (_, given, why) => {
      expect(judged([categories(given)])).toMatchObject({
        verdict: 'malicious',
        category: null,
        state: 'complete',
        reasons: [`no category is named: ${why}`],
      })
    })

    it('names below one half where its recipe found that sure enough', () => {
      const { trained } = categories({ minProbability: 0.2 })
      const score = () => ({ decisions: Float64Array.of(-1, 1), probabilities: Float64Array.of(0.7, 0.3) })
      const unsure = { sha256: 'c', trained: { ...trained, score } } as LoadedModel
      expect(judged([unsure])).toMatchObject({ category: 'dropper' })
      const stricter = withCard(unsure.trained, { abstention: { ...OUTSPOKEN, minProbability: 0.7001 } })
      expect(judged([{ ...unsure, trained: stricter }])).toMatchObject({
        category: null,
        reasons: ['no category is named: 70 % for the most probable one, at least 71 % are needed'],
      })
    })

    it('gives no reason where another model names', () => {
      const silent = categories({ minTokens: 99 })
      expect(judged([silent, categories()])).toMatchObject({ category: 'worm', reasons: [] })
      expect(judged([categories(), silent])).toMatchObject({ category: 'worm', reasons: [] })
    })

    it('tells of family and category apart', () => {
      expect(judged([categories(), categories({ minDecision: 1e6 }, 'family')])).toMatchObject({
        category: 'worm',
        family: null,
        reasons: ['no family is named: the sample is unlike all that the model knows'],
      })
    })
  })
})
