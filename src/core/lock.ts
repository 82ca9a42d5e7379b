import { link, readFile, rename, unlink, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { UsageError } from './errors.ts'
import { isRunning, startOf } from './running-process.ts'

/**
 * Takes a lock file, so that only one process writes beside it, and returns the function that gives it back. The lock of
 * a process that is gone is taken over.
 * @throws UsageError while another process holds it
 */
export async function lock(path: string): Promise<() => Promise<void>> {
  const own = `${path}.${process.pid}.tmp`
  await writeFile(own, JSON.stringify({ pid: process.pid, host: hostname(), started: startOf(process.pid) }))
  try {
    for (let attempt = 0; attempt < 3; attempt++) {
      // Linking is atomic and brings the content along: no other process ever sees a lock without its holder's name.
      if (await succeeds(link(own, path))) return () => unlink(path).catch(() => {})
      const holder = await readFile(path, 'utf8').catch(() => null)
      if (holder !== null) await takeOver(path, holder)
    }
    throw new UsageError(`${path}: other processes are fighting for it`)
  } finally {
    await unlink(own)
  }
}

/** Removes the lock of a process that is gone. */
async function takeOver(path: string, text: string): Promise<void> {
  const { pid, host, started } = parseHolder(text)
  if (host !== hostname()) {
    throw new UsageError(
      `${path}: held by process ${pid} on ${host}; remove the file if that process is gone`,
    )
  }
  if (isRunning(pid) && startOf(pid) === started)
    throw new UsageError(`${path}: held by process ${pid}, which is still running`)
  const stale = `${path}.stale.${process.pid}.tmp`
  await rename(path, stale).catch(() => {})
  // Between reading and renaming another process may have taken the lock over: what was moved is then its lock.
  const moved = await readFile(stale, 'utf8').catch(() => null)
  if (moved !== null && moved !== text) await link(stale, path).catch(() => {})
  await unlink(stale).catch(() => {})
}

interface Holder {
  readonly pid: number
  readonly host: string
  readonly started: string | null
}

function parseHolder(text: string): Holder {
  try {
    const { pid, host, started } = JSON.parse(text)
    if (Number.isSafeInteger(pid) && pid > 0 && typeof host === 'string')
      return { pid, host, started: started ?? null }
  } catch {
    // Falls through: a lock that names nobody is nobody's.
  }
  return { pid: 0, host: hostname(), started: null }
}

async function succeeds(operation: Promise<unknown>): Promise<boolean> {
  try {
    await operation
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}
