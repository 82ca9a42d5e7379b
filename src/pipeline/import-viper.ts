import { MalformedInputError, readChunks } from '../core/index.ts'
import type { Failure } from '../samples/index.ts'
import { openViperProject, plainSighting, type Store, type ViperSample, viperBinary } from '../store/index.ts'
import { failure } from './classify-source.ts'
import { isOfStore } from './store-failure.ts'

/** How `importViper` goes about it. */
export interface ImportViperOptions {
  readonly signal?: AbortSignal
  onProgress?(done: number, total: number): void
  /** Told of each sample that was left out, and why. */
  onFailure?(failure: Failure): void
}

/** What came of a Viper project. */
export interface ViperImport {
  readonly samples: number
  readonly isNew: number
  /** Left out: their bytes are missing, others than their hash says, or behind a link. */
  readonly failed: number
}

/**
 * Brings the samples of a Viper project into a store, with names, tags, notes, analyses, times and parents. Done again, it
 * adds what is new only.
 * @throws UnreadableError, MalformedInputError for a folder that is no project, the reason of the signal
 */
export async function importViper(
  store: Store,
  folder: string,
  { signal, onProgress, onFailure }: ImportViperOptions = {},
): Promise<ViperImport> {
  const project = await openViperProject(folder)
  const counts = { samples: 0, isNew: 0, failed: 0 }
  let done = 0
  try {
    for (const found of project.samples()) {
      signal?.throwIfAborted()
      try {
        if (await bring(store, folder, found, signal)) counts.isNew++
        counts.samples++
      } catch (error) {
        signal?.throwIfAborted()
        if (isOfStore(error)) throw error
        counts.failed++
        onFailure?.(failure(found.sha256, error))
      }
      onProgress?.(++done, project.count)
    }
    // Only now are parents there that come after their children.
    for (const { sha256, parent } of project.samples()) {
      signal?.throwIfAborted()
      if (parent === null || !isHash(parent) || !isHash(sha256)) continue
      if ((await store.has(parent)) && (await store.has(sha256))) {
        // Viper does not tell an archive's member from a dropped file.
        await store.relate({ parent, child: sha256, kind: 'member', name: null })
      }
    }
  } finally {
    await project.close()
  }
  return counts
}

function isHash(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text)
}

/** @returns whether its bytes are new to the store */
async function bring(
  store: Store,
  folder: string,
  { sha256, name, createdAt, tags, notes }: ViperSample,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if (!isHash(sha256)) throw new MalformedInputError('viper.db', 'a sample whose SHA-256 is none', 0)
  const path = await viperBinary(folder, sha256)
  const chunks = readChunks(path, signal && { signal })
  const sighting = plainSighting({ key: `viper:${createdAt}`, source: 'viper', at: createdAt, name })
  const { isNew } = await store.put(chunks, { sha256, sighting, ...(signal && { signal }) })
  if (tags.length > 0) await store.tag(sha256, tags, 'viper')
  if (notes.length > 0) {
    const known = new Set((await store.show(sha256)).notes.map(({ text }) => text))
    for (const note of notes) if (!known.has(note)) await store.note(sha256, note, 'viper')
  }
  return isNew
}
