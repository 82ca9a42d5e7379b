import { beforeAll, describe, expect, it } from 'vitest'
import { BAD, COMMON, callReport, callTrace, GOOD, littleDetector } from '../../test/detector.ts'
import { withCard } from '../models/index.ts'
import { type Report, reduceTrace, type Verdict } from '../samples/index.ts'
import { judge } from './judge.ts'
import type { LoadedModel } from './models.ts'

const SIZE = { features: 5, places: 3 }
const INPUT = { path: 'in/report.json', size: 1234 }
let detector: LoadedModel
const verdictOn = (report: Report, models: readonly LoadedModel[] = [detector]): Verdict =>
  judge(report, INPUT, models, SIZE)

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

  it('says so where no model is for the view', () => {
    const trace = { ...callTrace(['mov', 'add']), view: 'opcodes' } as const
    const verdict = verdictOn(callReport([], { trace }))
    expect(verdict).toMatchObject({
      verdict: 'unknown',
      model: null,
      reasons: ['no model for this view (opcodes)'],
    })
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
})
