import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { KnownError, lock, UnreadableError, UnwritableError, writeWhole } from '../core/index.ts'
import type { Journal } from '../intake/index.ts'

/**
 * A folder of reports: of each sample `<sha256>.json.gz`, and in `tasks/<sha256>.txt` how far it is, below a line of words,
 * so that a walk which looks for reports passes over it.
 */
export interface SandboxFolder {
  readonly journal: Journal
  keep(sha256: string, task: string, chunks: AsyncIterable<Uint8Array>): Promise<void>
  reportPath(sha256: string): string
  /** Lets others use it. */
  close(): Promise<void>
}

/** What a process that was killed had not finished to write, with the number of the process. */
const LEFT_OVER = /^[0-9a-f]{64}\.(?:json\.gz|txt)\.(\d+)\.part$/

const TITLE = 'how far taxon is with this sample'

/**
 * Opens a folder of reports, or makes it. Two that used one folder would submit the same samples twice.
 * @throws UnwritableError, UsageError while another process uses it
 */
export async function openSandboxFolder(folder: string, signal?: AbortSignal): Promise<SandboxFolder> {
  const tasks = join(folder, 'tasks')
  let close: () => Promise<void>
  try {
    await mkdir(tasks, { recursive: true })
    close = await lock(join(tasks, 'lock'))
    for (const each of [folder, tasks]) await removeLeftOvers(each)
  } catch (error) {
    throw error instanceof KnownError ? error : new UnwritableError(folder, error)
  }
  const reportPath = (sha256: string) => join(folder, `${sha256}.json.gz`)
  const statePath = (sha256: string) => join(tasks, `${sha256}.txt`)
  return {
    reportPath,
    close,
    keep: (sha256, _task, chunks) => writeWhole(reportPath(sha256), chunks, signal),
    journal: {
      async load(sha256) {
        try {
          const text = await readFile(statePath(sha256), 'utf8')
          return text.slice(text.indexOf('\n') + 1)
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
          throw new UnreadableError(statePath(sha256), error)
        }
      },
      save: (sha256, state) => writeWhole(statePath(sha256), [`${TITLE}\n${state}\n`]),
    },
  }
}

async function removeLeftOvers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const [, pid] = LEFT_OVER.exec(name) ?? []
    if (pid !== undefined && !isRunning(Number(pid))) await rm(join(folder, name), { force: true })
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
