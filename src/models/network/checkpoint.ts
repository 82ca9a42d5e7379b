import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sha256 } from '../../core/index.ts'

/** Where a training writes what it has learned so far, and finds it again. */
export interface Checkpoint {
  /** The state that was saved last, or null. */
  load(): Uint8Array | null
  /** Keeps a state; whoever stops the process meanwhile finds the old one or the new one, whole. */
  save(state: Uint8Array): void
}

/** Digits of the SHA-256 that stands before the state. */
const DIGEST_LENGTH = 64

/**
 * The checkpoint of one training in a folder, named by a hash of all that goes into it: who trains the same again goes on
 * where it stopped, and nobody takes up what belongs to other data or settings.
 * @param parts all that goes into the training, in a stated order
 */
export function checkpointIn(folder: string, parts: readonly (Uint8Array | string)[]): Checkpoint {
  const path = join(folder, `${sha256(parts.map(sha256).join('\n'))}.state`)
  return {
    load() {
      const file = readIfThere(path)
      if (!file || file.length < DIGEST_LENGTH) return null
      const state = file.subarray(DIGEST_LENGTH)
      return sha256(state) === new TextDecoder().decode(file.subarray(0, DIGEST_LENGTH)) ? state : null
    },
    save(state) {
      mkdirSync(folder, { recursive: true })
      const partial = `${path}.${process.pid}.part`
      writeFileSync(partial, Buffer.concat([Buffer.from(sha256(state)), state]))
      renameSync(partial, path)
    },
  }
}

function readIfThere(path: string): Uint8Array | null {
  try {
    return new Uint8Array(readFileSync(path))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
