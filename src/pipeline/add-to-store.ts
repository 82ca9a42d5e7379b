import { stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { readChunks } from '../core/index.ts'
import { cutOffSigns } from '../intake/index.ts'
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

/** Files that are written at once: while one waits for the disk, another is read. */
const AT_ONCE = 4

/**
 * Adds files to a store as they lie on the disk, packed ones packed, each with its name and a sighting `add`. They are told
 * in their order. One that fails is told and the others go on.
 * @throws UsageError for a folder without `recursive`, the reason of the signal, errors of the store itself
 */
export async function* addToStore(
  store: Store,
  paths: readonly string[],
  options: AddOptions,
): AsyncGenerator<Added | Failure> {
  const { signal, onProgress } = options
  const underWay: Promise<Added | Failure>[] = []
  let done = 0
  try {
    for await (const path of plainFiles(paths, options)) {
      signal?.throwIfAborted()
      const adding = addFile(store, path, options)
      // It is awaited in its turn.
      adding.catch(() => {})
      underWay.push(adding)
      if (underWay.length < AT_ONCE) continue
      yield await underWay.shift()!
      onProgress?.(++done)
    }
    while (underWay.length > 0) {
      yield await underWay.shift()!
      onProgress?.(++done)
    }
  } finally {
    // Nobody closes the store under them.
    await Promise.allSettled(underWay)
  }
}

async function addFile(
  store: Store,
  path: string,
  { tags = [], maxBytes, signal }: AddOptions,
): Promise<Added | Failure> {
  try {
    const chunks = readChunks(path, signal && { signal })
    const limits = { ...(maxBytes !== undefined && { maxBytes }), ...(signal && { signal }) }
    const partial = path === '-' ? [] : await cutOffSigns(path, signal)
    const cut = partial.length > 0 ? { partial } : {}
    const { sample, isNew } = await store.put(chunks, { sighting: await sightingOf(path), ...limits, ...cut })
    if (tags.length > 0) await store.tag(sample.sha256, tags)
    return { path, sample, isNew }
  } catch (error) {
    signal?.throwIfAborted()
    if (isOfStore(error)) throw error
    return failure(path, error)
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
