import type { Verdict } from '../../samples/index.ts'
import type { Allowance, Known, StoredVerdict } from '../../store/index.ts'

/** Why a verdict is silenced, shown wherever the verdict is. */
export interface Allowed {
  readonly kind: Allowance['kind']
  readonly value: string
  readonly reason: string
  readonly by: string | null
  /** `YYYY-MM-DD`; null for never. */
  readonly expires: string | null
  /** What the models said. */
  readonly verdict: Verdict['verdict']
}

/** What allowances go by. */
export interface AllowanceFacts {
  readonly sha256: string
  readonly tags: readonly string[]
  /** SHA-256 of the certificate of a signature that holds; null where there is none. */
  readonly signer: string | null
}

/** A verdict, and why it is another than the models' where an allowance fits. */
export type SilencedVerdict = Verdict & { readonly allowed?: Allowed }

/** The signer that stored verdicts tell of: SHA-256 of the certificate of a signature that holds; null where there is none. */
export function signerOf(verdicts: readonly Pick<StoredVerdict, 'json'>[]): string | null {
  for (const { json } of verdicts) {
    const { signer } = (JSON.parse(json) as Verdict).executable ?? {}
    if (signer?.valid) return signer.thumbprint
  }
  return null
}

/** What allowances go by, of a sample that is known and a verdict that may be new. */
export function factsOf({ sample, tags, verdicts }: Known, verdict?: Verdict): AllowanceFacts {
  const { signer } = verdict?.executable ?? {}
  const own = signer?.valid ? signer.thumbprint : null
  return { sha256: sample.sha256, tags, signer: own ?? signerOf(verdicts) }
}

/** The allowance that silences a sample; null where none does. */
export function allowanceFor(facts: AllowanceFacts, allowances: readonly Allowance[]): Allowance | null {
  const fits: Readonly<Record<Allowance['kind'], (value: string) => boolean>> = {
    sha256: (value) => value === facts.sha256,
    signer: (value) => value === facts.signer,
    tag: (value) => facts.tags.includes(value),
  }
  return allowances.find(({ kind, value }) => fits[kind](value)) ?? null
}

/**
 * A verdict as it is shown: where an allowance fits, `benign` without a family, with what the models said and why that is
 * silenced. Benign verdicts stay as they are.
 */
export function silenced(verdict: Verdict, allowance: Allowance | null): SilencedVerdict {
  if (allowance === null || verdict.verdict === 'benign') return verdict
  const { kind, value, reason, by, expiresAt } = allowance
  const expires = expiresAt === null ? null : new Date(expiresAt).toISOString().slice(0, 10)
  const until = expires === null ? '' : ` until ${expires}`
  const whose = by === null ? '' : ` by ${by}`
  return {
    ...verdict,
    verdict: 'benign',
    family: null,
    category: null,
    families: [],
    reasons: [`allowed${whose}${until} as ${kind} ${value}: ${reason}`, ...verdict.reasons],
    allowed: { kind, value, reason, by, expires, verdict: verdict.verdict },
  }
}

/** What is known of a sample as it is shown: with why its verdicts are others than the models'. */
export type SilencedKnown = Known & { readonly allowed?: Allowed }

/** What is known of a sample, its verdicts silenced where an allowance fits. */
export function silencedKnown(known: Known, allowances: readonly Allowance[]): SilencedKnown {
  const allowance = allowanceFor(factsOf(known), allowances)
  if (allowance === null) return known
  const seen = known.verdicts.map((stored) => {
    const verdict = silenced(JSON.parse(stored.json) as Verdict, allowance)
    const { family, category } = verdict
    return {
      stored: { ...stored, verdict: verdict.verdict, family, category, json: JSON.stringify(verdict) },
      verdict,
    }
  })
  const allowed = seen.find(({ verdict }) => verdict.allowed)?.verdict.allowed
  return { ...known, verdicts: seen.map(({ stored }) => stored), ...(allowed && { allowed }) }
}
