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

  it('draws the loss over the epochs of what was trained in epochs', () => {
    const card = { ...trained.card, chosen: { value: 3, grid: [2, 3], scores: [0.5, 0.25] } }
    const model = { ...trained.model, losses: Float64Array.of(2, 1, 0.2) }
    const text = cardText({ ...trained, card, model }, { path: 'a', sha256: 'f' }, false)
    expect(text).toMatch(/^loss +2\.000 █▅▁ 0\.200 over 3 epochs$/m)
    expect(text).toMatch(/^held-out loss +0\.500, 0\.250, in the order of the values$/m)
    const long = { ...trained.model, losses: new Float64Array(1000).fill(1) }
    const line = /^loss .*$/m.exec(cardText({ ...trained, model: long }, { path: 'a', sha256: 'f' }, false))
    expect(line?.[0].length).toBeLessThan(100)
    expect(cardText(trained, { path: 'a', sha256: 'f' }, false)).not.toMatch(/^loss/m)
  })
})
