import type { Allowance } from './allowance.ts'
import type { Artifact } from './artifact.ts'
import type { Known } from './known.ts'
import type { Relation, Sample } from './sample.ts'
import type { Sighting } from './sighting.ts'
import type { Step, StepCount, Taken, TakeOptions } from './step.ts'
import type { StoredLabel } from './stored-label.ts'
import type { Delivery, DeliveryOutcome, StoredVerdict } from './stored-verdict.ts'

/** Where a store is: a folder with its samples, and in it or elsewhere the database of what is known of them. */
export interface StoreLocation {
  readonly folder: string
  /** `postgres://…` in place of the SQLite file in the folder; else what `store.toml` in the folder says. */
  readonly database?: string
}

/** Which samples are wanted; all conditions must hold. */
export interface SampleQuery {
  /** Substring of a name, tag, family, detection or host, whatever the case, or the beginning of a hash. */
  readonly text?: string
  readonly tag?: string
  /** Of a label or a verdict, whatever the case. */
  readonly family?: string
  readonly type?: string
  readonly verdict?: StoredVerdict['verdict']
  /** Of a sighting. */
  readonly source?: string
  /** Added then or later, milliseconds since 1970. */
  readonly since?: number
  readonly limit?: number
  /** Go on after this sample, in the order of (addedAt, sha256) descending. */
  readonly after?: string
}

/** What comes along with bytes. */
export interface PutOptions {
  /** The bytes are known to be cut, and why. */
  readonly partial?: readonly string[]
  readonly sighting?: Sighting
  readonly name?: string
  readonly parent?: {
    readonly sha256: string
    readonly kind: Relation['kind']
    readonly name: string | null
  }
  /** Refuses more; LimitExceededError, and nothing is left behind. */
  readonly maxBytes?: number
  /** Refuses bytes with another SHA-256; OtherBytesError, and nothing is left behind. */
  readonly sha256?: string
  readonly signal?: AbortSignal
}

/** Bytes that were stored, and whether they are new to the store. */
export interface Stored {
  readonly sample: Sample
  readonly isNew: boolean
}

/** What `verify` reports of. */
export interface VerifyOptions {
  /** Told after each file of a sample or artifact. */
  onProgress?(done: number, total: number): void
  readonly signal?: AbortSignal
}

/** What `gc` goes by. */
export interface GcOptions {
  /** Tell what would go and leave it. */
  readonly dryRun?: boolean
  /** Younger files may be of a process that is about to tell of them; an hour by default. */
  readonly olderThanMs?: number
}

/** What `gc` removed, paths within the store's folder. */
export interface Removed {
  readonly removed: readonly string[]
  readonly bytes: number
}

/**
 * Samples by their SHA-256, and what is known of them. Every write is whole or not there: bytes are written beside their
 * place, flushed and moved, then the database is told, so that after a kill at any moment nothing is known without its
 * bytes; bytes that nothing is known of are found by `gc`. Any number of processes may use one store at once.
 *
 * Texts from outside are kept bounded and without NUL and lone surrogates (`stored-text.ts`), otherwise as they came: who
 * shows them makes them harmless.
 *
 * What tells of a sample that is not there throws UnknownSampleError; a hash that is none, UsageError.
 */
export interface Store {
  /**
   * Stores bytes once, whoever brings them how often; names, sighting and parent are added to what is known.
   * @throws LimitExceededError, OtherBytesError, UnwritableError, the reason of the signal, what the chunks throw
   */
  put(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, options?: PutOptions): Promise<Stored>
  /** The bytes, read back and checked as they come. @throws CorruptSampleError at the end where they are others */
  read(sha256: string): AsyncIterable<Uint8Array>
  has(sha256: string): Promise<boolean>
  /** The one sample whose SHA-256, SHA-1 or MD5 begins so. @throws UsageError for none or several */
  resolve(hash: string): Promise<Sample>
  show(sha256: string): Promise<Known>
  list(query?: SampleQuery): AsyncIterable<Sample>
  /** Forgets a sample and removes its bytes. */
  remove(sha256: string): Promise<void>

  addName(sha256: string, name: string): Promise<void>
  /** Whether it is new. */
  addSighting(sha256: string, sighting: Sighting): Promise<boolean>
  tag(sha256: string, tags: readonly string[], by?: string): Promise<void>
  untag(sha256: string, tags: readonly string[]): Promise<void>
  note(sha256: string, text: string, by?: string): Promise<void>
  relate(relation: Relation): Promise<void>
  /** Adds labels, or brings those of the same source, engine and version up to date. */
  label(sha256: string, labels: readonly StoredLabel[]): Promise<void>
  labels(sha256: string): Promise<readonly StoredLabel[]>

  /** Keeps the content compressed; what the same producer made before of this kind is replaced. */
  putArtifact(
    sha256: string,
    kind: Artifact['kind'],
    producer: string,
    chunks: AsyncIterable<Uint8Array>,
  ): Promise<Artifact>
  /** The content, uncompressed and checked as it comes. @throws CorruptSampleError */
  readArtifact(digest: string): AsyncIterable<Uint8Array>
  /**
   * Keeps a verdict and what is owed for it, in one transaction. False, and nothing changes, where the same is there already
   * of the sample, view and model: verdict, names, probability and state, whatever its JSON. One that differs replaces it;
   * of a delivery with the same key and target that is still owed it replaces the body.
   */
  putVerdict(
    verdict: StoredVerdict,
    deliveries?: readonly Pick<Delivery, 'target' | 'body' | 'key'>[],
  ): Promise<boolean>

  /** Adds an allowance, or replaces that of the same kind and value. @throws UsageError without a reason */
  allow(allowance: Allowance): Promise<void>
  disallow(kind: Allowance['kind'], value: string): Promise<void>
  /** Those that have not expired at `now`. */
  allowances(now: number): Promise<readonly Allowance[]>

  steps(sha256: string): Promise<readonly Step[]>
  /** Says how far a step is. A result of another version than the one that is now pending or running is dropped. */
  setStep(step: Step): Promise<void>
  /**
   * Takes up to `limit` samples for a step: those not settled for this version whose `after` steps are settled, oldest
   * first, and marks them `running` until `leaseMs` from now, when another may take them. The first call with a version
   * makes all that was done for another pending again, so two versions of one step must not run at once.
   */
  takeForStep(step: string, version: string, options: TakeOptions): Promise<readonly Taken[]>
  /** Lets others take at once what is `running`: for whoever knows that nobody else is at it. */
  releaseSteps(): Promise<void>
  /** Makes all that failed pending again. */
  retrySteps(): Promise<void>
  countSteps(): Promise<readonly StepCount[]>

  /** How far a watcher is with its source, as JSON text; null at first. */
  cursor(name: string): Promise<string | null>
  setCursor(name: string, value: string): Promise<void>

  /** Those that are due, the longest first. @param target of this target only */
  dueDeliveries(now: number, limit: number, target?: string): Promise<readonly Delivery[]>
  /** Makes all that is owed due at once. */
  retryDeliveries(now: number): Promise<void>
  settleDelivery(key: string, target: string, outcome: DeliveryOutcome): Promise<void>

  /** Reads every sample and artifact and compares hashes. */
  verify(options?: VerifyOptions): AsyncIterable<{ readonly sha256: string; readonly problem: string }>
  /** Removes temporary files that nobody writes any more and bytes that nothing is known of. */
  gc(options?: GcOptions): Promise<Removed>
  close(): Promise<void>
}
