import { stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { readChunks } from '../core/index.ts'
import type { Failure } from '../samples/index.ts'
import { plainSighting, type Sample, type Sighting, type Store } from '../store/index.ts'
import { failure } from './classify-source.ts'
import { type PlainFilesOptions, plainFiles } from './plain-files.ts'
import { isOfStore } from './store-failure.ts'

/** How `addToStore` goes about it. */
export interface AddOptions extends PlainFilesOptions {
  /** Given to each sample. */
  readonly tags?: readonly string[]
  /** A larger file is a failure. */
  readonly maxBytes?: number
  readonly signal?: AbortSignal
  /** Told how many files are done. */
  onProgress?(files: number): void
}

/** A file that is in the store now. */
export interface Added {
  readonly path: string
  readonly sample: Sample
  readonly isNew: boolean
}

/**
 * Adds files to a store as they lie on the disk, packed ones packed, each with its name and a sighting `add`. One that
 * fails is told and the others go on.
 * @throws UsageError for a folder without `recursive`, the reason of the signal
 */
export async function* addToStore(
  store: Store,
  paths: readonly string[],
  { tags = [], maxBytes, signal, onProgress, ...files }: AddOptions,
): AsyncGenerator<Added | Failure> {
  let done = 0
  for await (const path of plainFiles(paths, files)) {
    signal?.throwIfAborted()
    try {
      const chunks = readChunks(path, { ...(signal && { signal }), reuse: false })
      const limits = { ...(maxBytes !== undefined && { maxBytes }), ...(signal && { signal }) }
      const { sample, isNew } = await store.put(chunks, { sighting: await sightingOf(path), ...limits })
      if (tags.length > 0) await store.tag(sample.sha256, tags)
      yield { path, sample, isNew }
    } catch (error) {
      signal?.throwIfAborted()
      if (isOfStore(error)) throw error
      yield failure(path, error)
    }
    onProgress?.(++done)
  }
}

/** The same file found again is the same sighting, unless it was written anew. */
async function sightingOf(path: string): Promise<Sighting> {
  const found = { source: 'add', at: Date.now() }
  if (path === '-') return plainSighting({ ...found, key: 'add:-', name: null })
  const whole = resolve(path)
  const written = (await stat(path).catch(() => null))?.mtimeMs ?? 0
  const details = JSON.stringify({ path: whole })
  return plainSighting({
    ...found,
    key: `add:${Math.trunc(written)}:${whole}`,
    name: basename(whole),
    details,
  })
}
