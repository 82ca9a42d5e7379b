/** Silences a false positive: verdicts and webhooks of what it matches become `benign`, and say so. */
export interface Allowance {
  readonly kind: 'sha256' | 'signer' | 'tag'
  readonly value: string
  readonly reason: string
  readonly by: string | null
  readonly at: number
  /** Milliseconds since 1970; null for never. */
  readonly expiresAt: number | null
}

/** What an allowance can match. */
export const ALLOWANCE_KINDS: readonly Allowance['kind'][] = ['sha256', 'signer', 'tag']
