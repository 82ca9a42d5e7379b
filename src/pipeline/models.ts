import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sha256, UnreadableError } from '../core/index.ts'
import { loadModel, ModelFileError, type Trained } from '../models/index.ts'

/** A trained model with the hash of its file, which names it in verdicts. */
export interface LoadedModel {
  readonly trained: Trained
  readonly sha256: string
}

const SHIPPED = fileURLToPath(new URL('../../pretrained/', import.meta.url))

/** Paths of the models that come with taxon, sorted by name. */
export async function shippedModels(): Promise<string[]> {
  const names = await readdir(SHIPPED).catch(() => [])
  return names
    .filter((name) => name.endsWith('.safetensors'))
    .sort()
    .map((name) => join(SHIPPED, name))
}

/** Loads and checks a model file. @throws ModelFileError, UnreadableError */
export async function readModel(path: string): Promise<LoadedModel> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new UnreadableError(path, error)
  })
  try {
    return { trained: loadModel(bytes), sha256: sha256(bytes) }
  } catch (error) {
    throw error instanceof ModelFileError ? new ModelFileError(error.problem, { cause: error }, path) : error
  }
}

/** The named models, or those that come with taxon when none is named. */
export async function readModels(paths: readonly string[]): Promise<LoadedModel[]> {
  return await Promise.all((paths.length > 0 ? paths : await shippedModels()).map(readModel))
}
