import { lstat } from 'node:fs/promises'
import { pause } from './pause.ts'

const LOOK_MS = 50

/** How long a carved file is waited for after its log was written to. */
export const WAIT_FOR_FILE_MS = 2000

/**
 * Looks for a carved file, and waits for it until a moment. Null when it is there, else why it cannot be taken: whoever
 * writes a folder that others write to may have put a link there.
 */
export async function whyNotThere(path: string, until: number, signal?: AbortSignal): Promise<string | null> {
  for (;;) {
    const about = await lstat(path).catch((error: NodeJS.ErrnoException) => error.code ?? 'unknown reason')
    if (typeof about === 'object') return about.isFile() ? null : 'it is not a regular file'
    const isPatient = about === 'ENOENT' && Date.now() < until
    if (!isPatient || !(await pause(LOOK_MS, signal))) {
      return about === 'ENOENT' ? 'there is no such file' : `it cannot be read, ${about}`
    }
  }
}

/** Until when files are waited for of which a log told that was last written to at that time. */
export function patienceFor(modifiedAt: number): number {
  return Math.min(modifiedAt, Date.now()) + WAIT_FOR_FILE_MS
}
