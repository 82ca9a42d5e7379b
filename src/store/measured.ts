import { createHash } from 'node:crypto'
import { LimitExceededError } from '../core/index.ts'
import type { Sample } from './sample.ts'
import { sampleType, TYPE_HEAD_BYTES } from './sample-type.ts'

/** What bytes alone tell of a sample. */
export type Measures = Pick<Sample, 'sha256' | 'sha1' | 'md5' | 'size' | 'type'>

/** Bytes that are measured as they pass. */
export interface Measured {
  readonly chunks: AsyncGenerator<Uint8Array>
  /** To be asked once the chunks have come to their end. */
  measures(): Measures
  /** Whether the chunks ended with an error of their own, not of who wrote them down. */
  hasFailed(): boolean
}

/** Measures bytes as they pass. @throws LimitExceededError, the reason of the signal, what the chunks throw; all from `chunks` */
export function measured(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { maxBytes = Number.POSITIVE_INFINITY, signal }: { maxBytes?: number; signal?: AbortSignal },
): Measured {
  const hashes = [createHash('sha256'), createHash('sha1'), createHash('md5')]
  const head = Buffer.alloc(TYPE_HEAD_BYTES)
  let size = 0
  let failed = false
  let result: Measures | null = null
  async function* pass() {
    try {
      for await (const chunk of source) {
        signal?.throwIfAborted()
        if (size < head.length) head.set(chunk.subarray(0, head.length - size), size)
        size += chunk.length
        if (size > maxBytes) throw new LimitExceededError('bytes of a sample', maxBytes)
        for (const hash of hashes) hash.update(chunk)
        yield chunk
      }
      signal?.throwIfAborted()
    } catch (error) {
      failed = true
      throw error
    }
  }
  return {
    chunks: pass(),
    hasFailed: () => failed,
    measures() {
      if (result === null) {
        const [sha256, sha1, md5] = hashes.map((hash) => hash.digest('hex')) as [string, string, string]
        result = { sha256, sha1, md5, size, type: sampleType(head.subarray(0, Math.min(size, head.length))) }
      }
      return result
    },
  }
}
