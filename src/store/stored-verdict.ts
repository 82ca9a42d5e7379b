import type { View } from '../samples/index.ts'

/** What a model said: of one sample, view and model there is one. */
export interface StoredVerdict {
  readonly sha256: string
  readonly view: View
  /** Digest of the model file; of several models' opinions that of the detector. Empty where no model could speak. */
  readonly modelSha256: string
  readonly verdict: 'malicious' | 'benign' | 'unknown'
  readonly family: string | null
  readonly category: string | null
  readonly probability: number | null
  readonly state: 'complete' | 'partial' | 'abstained'
  /** The whole verdict as `taxon classify --json` prints it. */
  readonly json: string
  readonly at: number
}

/** A webhook call that is owed. */
export interface Delivery {
  /** The idempotency key that the receiver sees: `<sha256>:<view>:<model sha256>`; one delivery a key and target. */
  readonly key: string
  readonly target: string
  readonly body: string
  readonly attempts: number
  readonly nextAt: number
  readonly deliveredAt: number | null
  readonly problem: string | null
}

/** How a call ended: delivered, or to be tried again. */
export type DeliveryOutcome =
  | { readonly deliveredAt: number }
  | { readonly nextAt: number; readonly problem: string }
