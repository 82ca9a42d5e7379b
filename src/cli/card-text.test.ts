import { beforeAll, describe, expect, it } from 'vitest'
import { littleDetector } from '../../test/detector.ts'
import { type Abstention, NEVER_SURE, OUTSPOKEN, type Trained, withCard } from '../models/index.ts'
import { cardText } from './card-text.ts'

let trained: Trained
beforeAll(async () => {
  trained = await littleDetector()
})

const silence = (given: Partial<Abstention>) => {
  const card = withCard(trained, { abstention: { ...OUTSPOKEN, ...given } })
  const text = cardText(card, { path: 'a.safetensors', sha256: 'f'.repeat(64) }, false)
  return /^says nothing +(.*)$/m.exec(text)?.[1]
}

describe('cardText', () => {
  it('says when a model says nothing', () => {
    const always = 'on fewer than 1 distinct tokens, where it knows less than 50 % of them'
    expect(silence({})).toBe(`${always}, at probabilities from 0.500 to 0.500`)
    const minDecision = -0.25
    expect(silence({ minDecision })).toBe(`${always}, where no class reaches a decision value of -0.250`)
    expect(silence({ minDecision, minProbability: 0.612 })).toBe(
      `${always}, where no class reaches a decision value of -0.250, where no class reaches a probability of 0.612`,
    )
    expect(silence({ minDecision, minProbability: NEVER_SURE })).toContain(
      'and of all else: no probability kept names as right as wanted',
    )
  })
})
