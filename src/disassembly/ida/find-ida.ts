import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { basename, delimiter, join } from 'node:path'
import { IdaNotFoundError } from './errors.ts'

/** A program of IDA Pro that works without windows. */
export interface IdaProgram {
  readonly path: string
  /** Whether it is of a version before 7, whose scripts call everything otherwise. */
  readonly isOld: boolean
}

/**
 * What IDA's program for text terminals is called: `idat` with or without 64 since version 7, `idal` (`idaw` on Windows)
 * before. Those for 64 bits, which read files of 32 bits as well, are tried first.
 */
const NAMES = ['idat64', 'idat', 'idal64', 'idal', 'idaw64', 'idaw']

/**
 * The IDA Pro to use: what was asked for, else what the environment variable TAXON_IDA names, else the first of the usual
 * names on the PATH. A folder stands for the program inside it. @throws IdaNotFoundError
 */
export async function findIda(asked?: string): Promise<IdaProgram> {
  const named = asked ?? process.env.TAXON_IDA
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  if (!named) return programOf(await firstOf(folders), `${NAMES.join(', ')} on the PATH`)
  const isFolder = await stat(named).then(
    (about) => about.isDirectory(),
    () => false,
  )
  if (isFolder) return programOf(await firstOf([named]), `${NAMES.join(', ')} in ${named}`)
  return programOf((await canRun(named)) ? named : null, named)
}

function programOf(path: string | null, looked: string): IdaProgram {
  if (path === null) throw new IdaNotFoundError(looked)
  return { path, isOld: /^ida[lwq]/i.test(basename(path)) }
}

async function firstOf(folders: readonly string[]): Promise<string | null> {
  const ending = process.platform === 'win32' ? '.exe' : ''
  for (const name of NAMES) {
    for (const folder of folders) {
      const path = join(folder, name + ending)
      if (await canRun(path)) return path
    }
  }
  return null
}

async function canRun(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return (await stat(path)).isFile()
  } catch {
    return false
  }
}
