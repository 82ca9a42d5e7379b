import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { UnreadableError, UnwritableError, writeWhole } from '../core/index.ts'
import type { Journal } from '../intake/index.ts'

/** A folder of reports: of each sample `<sha256>.json.gz`, and `<sha256>.task.json`, how far it is. */
export interface SandboxFolder {
  readonly journal: Journal
  keep(sha256: string, task: string, chunks: AsyncIterable<Uint8Array>): Promise<void>
  reportPath(sha256: string): string
}

/** What a process that was killed had not finished to write, with the number of the process. */
const LEFT_OVER = /^[0-9a-f]{64}\.(?:json\.gz|task\.json)\.(\d+)\.part$/

/** Opens a folder of reports, or makes it. @throws UnwritableError */
export async function openSandboxFolder(folder: string, signal?: AbortSignal): Promise<SandboxFolder> {
  try {
    await mkdir(folder, { recursive: true })
    for (const name of await readdir(folder)) {
      const [, pid] = LEFT_OVER.exec(name) ?? []
      if (pid !== undefined && !isRunning(Number(pid))) await rm(join(folder, name), { force: true })
    }
  } catch (error) {
    throw new UnwritableError(folder, error)
  }
  const reportPath = (sha256: string) => join(folder, `${sha256}.json.gz`)
  const statePath = (sha256: string) => join(folder, `${sha256}.task.json`)
  return {
    reportPath,
    keep: (sha256, _task, chunks) => writeWhole(reportPath(sha256), chunks, signal),
    journal: {
      async load(sha256) {
        try {
          return await readFile(statePath(sha256), 'utf8')
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
          throw new UnreadableError(statePath(sha256), error)
        }
      },
      save: (sha256, state) => writeWhole(statePath(sha256), [`${state}\n`]),
    },
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
