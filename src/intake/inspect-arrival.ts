import { createHash } from 'node:crypto'
import { readChunks } from '../core/index.ts'
import type { Arrival } from './arrival.ts'
import { cutOffSigns } from './cut-off.ts'

/** What the bytes of an arrival say. */
export interface Inspected {
  readonly sha256: string
  readonly size: number
  /** All reasons to hold it for cut: its source's own, and those in its bytes. */
  readonly partial: readonly string[]
}

/** Reads an arrival: its hash, its size, and each sign that it is cut. @throws UnreadableError, the reason of the signal */
export async function inspectArrival(arrival: Arrival, signal?: AbortSignal): Promise<Inspected> {
  const hash = createHash('sha256')
  let size = 0
  for await (const chunk of readChunks(arrival.path)) {
    signal?.throwIfAborted()
    hash.update(chunk)
    size += chunk.length
  }
  const sha256 = hash.digest('hex')
  const signs = await cutOffSigns(arrival.path, signal)
  const partial = [...arrival.partial, ...signs]
  if (arrival.sha256 !== null && arrival.sha256 !== sha256) {
    partial.push(
      `its bytes are not those that ${arrival.source} tells of, whose SHA-256 is ${arrival.sha256}`,
    )
  }
  return { sha256, size, partial }
}
