import { createHash } from 'node:crypto'
import { type KnownError, LimitExceededError, MalformedInputError } from '../core/index.ts'
import type { ReportedSample } from '../samples/index.ts'

/** Bytes of one executable that are held and taken apart; what follows them is only hashed, and the result is partial. */
export const MAX_SAMPLE_BYTES = 256 * 1024 ** 2

/** A sample in memory. */
export interface WholeSample {
  /** Its bytes, up to the cap. */
  readonly bytes: Uint8Array
  /** Its hashes and size; null where its end was not reached. */
  readonly sample: ReportedSample
  /** What stopped the reading: a cut or broken archive, a cap on decoded bytes; null when the end was reached. */
  readonly failure: KnownError | null
  /** Whether bytes beyond the cap were left out. */
  readonly over: boolean
}

/** Reads a sample into memory. Chunks may be reused by their source. @throws what the source throws but for `failure` */
export async function wholeSample(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
  maxBytes = MAX_SAMPLE_BYTES,
): Promise<WholeSample> {
  const hashes = (['sha256', 'sha1', 'md5'] as const).map((algorithm) => createHash(algorithm))
  let held = new Uint8Array(Math.min(FIRST_BYTES, maxBytes))
  let size = 0
  let failure: KnownError | null = null
  try {
    for await (const chunk of chunks) {
      for (const hash of hashes) hash.update(chunk)
      const at = Math.min(size, maxBytes)
      const end = Math.min(size + chunk.length, maxBytes)
      if (end > held.length) {
        const larger = new Uint8Array(Math.min(maxBytes, Math.max(end, 2 * held.length)))
        larger.set(held)
        held = larger
      }
      held.set(chunk.subarray(0, end - at), at)
      size += chunk.length
    }
  } catch (error) {
    if (!(error instanceof MalformedInputError || error instanceof LimitExceededError)) throw error
    failure = error
  }
  const [sha256, sha1, md5] = hashes.map((hash) => hash.digest('hex'))
  const known = failure ? { sha256: null, sha1: null, md5: null, size: null } : { sha256, sha1, md5, size }
  return {
    bytes: held.subarray(0, Math.min(size, maxBytes)),
    sample: { ...known, name } as ReportedSample,
    failure,
    over: size > maxBytes,
  }
}

const FIRST_BYTES = 1024 * 1024
