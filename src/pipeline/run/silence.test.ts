import { describe, expect, it } from 'vitest'
import type { Verdict } from '../../samples/index.ts'
import type { Allowance } from '../../store/index.ts'
import { allowanceFor, signerOf, silenced } from './silence.ts'

const SHA256 = 'a'.repeat(64)
const SIGNER = 'b'.repeat(64)

const verdict: Verdict = {
  sample: { path: SHA256, name: 'tool.exe', sha256: SHA256, size: 1, kind: 'pe32' },
  view: 'opcodes',
  verdict: 'malicious',
  family: 'zbot',
  category: 'worm',
  probability: 0.97,
  families: [{ name: 'zbot', probability: 0.9 }],
  state: 'complete',
  reasons: ['why'],
  evidence: [],
  trace: { tokens: 1, processes: 0 },
  executable: null,
  model: { name: 'm', sha256: 'c'.repeat(64) },
}

const allowance = (kind: Allowance['kind'], value: string, more: Partial<Allowance> = {}): Allowance => ({
  ...{ kind, value, reason: 'our own tool', by: 'ana', at: 0, expiresAt: null },
  ...more,
})

describe('an allowance', () => {
  const facts = { sha256: SHA256, tags: ['in-house'], signer: SIGNER }

  it.each([
    ['sha256', SHA256],
    ['signer', SIGNER],
    ['tag', 'in-house'],
  ] as const)('fits by %s', (kind, value) => {
    const fits = allowance(kind, value)
    expect(allowanceFor(facts, [allowance(kind, `${value}x`), fits])).toBe(fits)
    expect(allowanceFor({ sha256: 'x', tags: [], signer: null }, [fits])).toBeNull()
  })

  it('makes a verdict benign, and says so and what it was', () => {
    const expiresAt = Date.UTC(2027, 0, 31)
    const seen = silenced(verdict, allowance('tag', 'in-house', { expiresAt }))
    expect(seen).toMatchObject({
      verdict: 'benign',
      family: null,
      category: null,
      families: [],
      probability: 0.97,
      reasons: ['allowed by ana until 2027-01-31 as tag in-house: our own tool', 'why'],
      allowed: { kind: 'tag', value: 'in-house', expires: '2027-01-31', verdict: 'malicious' },
    })
  })

  it('leaves what is benign, and what nobody allowed', () => {
    const benign: Verdict = { ...verdict, verdict: 'benign' }
    expect(silenced(benign, allowance('sha256', SHA256))).toBe(benign)
    expect(silenced(verdict, null)).toBe(verdict)
  })

  it('goes by a signature only where it holds', () => {
    const signed = (valid: boolean) => {
      const signer = { subject: 'Us', thumbprint: SIGNER, valid, problem: null }
      return { json: JSON.stringify({ ...verdict, executable: { signer } }) }
    }
    expect(signerOf([{ json: JSON.stringify(verdict) }, signed(true)])).toBe(SIGNER)
    expect(signerOf([signed(false)])).toBeNull()
  })
})
