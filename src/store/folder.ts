import { randomBytes } from 'node:crypto'
import { mkdir, open, readdir, readFile, rm, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { parse } from 'smol-toml'
import {
  DamagedFileError,
  isRunning,
  startOf,
  UnreadableError,
  UnwritableError,
  UsageError,
} from '../core/index.ts'
import type { StoreLocation } from './store.ts'

/*
 * The folder of a store:
 *   store.toml          optional; database = "postgres://…" keeps what is known there
 *   key                 what the files below are scrambled with
 *   metadata.sqlite     what is known, unless store.toml says otherwise
 *   samples/ab/abcd…    bytes by their SHA-256
 *   artifacts/ab/abcd…  what was made of samples, by the SHA-256 of its content
 *   tmp/                files that are being written
 * Folders are for their owner only, and so are files, which are never executable.
 */
const FOLDER_MODE = 0o700
const OWN_NAMES = /^(?:store\.toml|key(?:\..*)?|metadata\.sqlite(?:-\w+)?|samples|artifacts|tmp)$/

/** The folders of content within a store. */
export const CONTENT_FOLDERS = ['samples', 'artifacts'] as const

/** A folder of content. */
export type ContentFolder = (typeof CONTENT_FOLDERS)[number]

/** Makes what is missing of a store's folder. @throws UsageError for a folder of other things, UnwritableError */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: FOLDER_MODE })
    const names = await readdir(folder)
    const foreign = names.find((name) => !OWN_NAMES.test(name))
    if (foreign !== undefined && !names.includes('key')) {
      throw new UsageError(
        `${folder}: is no store and not empty, there is ${JSON.stringify(foreign.slice(0, 100))}`,
      )
    }
    for (const name of [...CONTENT_FOLDERS, 'tmp'])
      await mkdir(join(folder, name), { recursive: true, mode: FOLDER_MODE })
  } catch (error) {
    throw asUnwritable(folder, error)
  }
}

/** Whether there is a store in a folder. */
export async function isStore(folder: string): Promise<boolean> {
  return await stat(join(folder, 'key')).then(
    (about) => about.isFile(),
    () => false,
  )
}

/** The database that a location or its `store.toml` names; null for the SQLite file in the folder. @throws DamagedFileError, UsageError */
export async function databaseOf({ folder, database }: StoreLocation): Promise<string | null> {
  const named = database ?? (await databaseInFile(join(folder, 'store.toml')))
  if (named === null || /^postgres(?:ql)?:\/\//.test(named)) return named
  throw new UsageError(
    'a database is named postgres://USER@HOST/NAME; without a name it is a file in the store',
  )
}

const MAX_SETTINGS_BYTES = 65_536

async function databaseInFile(path: string): Promise<string | null> {
  let text: string
  try {
    if ((await stat(path)).size > MAX_SETTINGS_BYTES)
      throw new DamagedFileError(path, 'is too large for settings')
    text = await readFile(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return null
    throw error instanceof DamagedFileError ? error : new UnreadableError(path, error)
  }
  let settings: Record<string, unknown>
  try {
    settings = parse(text)
  } catch (error) {
    throw new DamagedFileError(path, (error as Error).message.split('\n')[0]!, { cause: error })
  }
  const { database = null, ...others } = settings
  const other = Object.keys(others)[0]
  if (other !== undefined) throw new UsageError(`${path}: unknown setting ${JSON.stringify(other)}`)
  if (database === null || typeof database === 'string') return database
  throw new UsageError(`${path}: database is to be a text`)
}

/** Where content with a hash lies. */
export function contentPath(folder: string, content: ContentFolder, hash: string): string {
  return join(folder, content, hash.slice(0, 2), hash)
}

/** Makes the folder that content with a hash lies in. */
export async function makeShard(folder: string, content: ContentFolder, hash: string): Promise<void> {
  const made = await mkdir(join(folder, content, hash.slice(0, 2)), { recursive: true, mode: FOLDER_MODE })
  if (made !== undefined) await flushFolder(join(folder, content))
}

/** Has a folder's names written to the disk: a rename is safe only then. */
export async function flushFolder(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

const HOST = hostname().replaceAll(/[^\w.-]/g, '')
const START = startOf(process.pid) ?? '0'

/** A path for a file that is being written. Its name says which process writes it. */
export function temporaryPath(folder: string): string {
  return join(folder, 'tmp', `${HOST}~${process.pid}~${START}~${randomBytes(8).toString('hex')}`)
}

/** Makes a folder of this process's own in the store's `tmp`; when the process is gone, whoever opens the store removes it. */
export async function temporaryFolder(folder: string): Promise<string> {
  const path = temporaryPath(folder)
  await mkdir(path, { mode: FOLDER_MODE })
  return path
}

/** Whether the process that wrote a temporary file is known to be gone. */
export function isLeftOver(name: string): boolean {
  const [host, pid, start] = name.split('~')
  if (host !== HOST || pid === undefined || !/^\d{1,10}$/.test(pid)) return false
  return !isRunning(Number(pid)) || (startOf(Number(pid)) ?? '0') !== start
}

/** Removes the temporary files of processes that are gone. */
export async function removeLeftOvers(folder: string): Promise<void> {
  for (const name of await readdir(join(folder, 'tmp'))) {
    if (isLeftOver(name)) await rm(join(folder, 'tmp', name), { recursive: true, force: true })
  }
}

/** An error of the system as one that says what could not be written; any other as it is. */
export function asUnwritable(path: string, error: unknown): unknown {
  const { syscall } = error as NodeJS.ErrnoException
  return typeof syscall === 'string' ? new UnwritableError(path, error) : error
}
