import { mkdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { UnwritableError } from '../core/index.ts'
import { AVCLASS_FILES } from '../intake/index.ts'
import { type DownloadOptions, download, type FileDigest, WrongHashError } from './public-sets/download.ts'
import { rawFile } from './public-sets/public-set.ts'

/** Where AVClass's files are from, and under which terms. */
export const AVCLASS = { repository: 'https://github.com/malicialab/avclass', licence: 'MIT' } as const

/** Of version 2.8.10. The commit of that version is not known here, so the hash alone says that it is the one. */
const SHA256: Readonly<Record<(typeof AVCLASS_FILES)[number], string>> = {
  'default.taxonomy': 'f56aed38b6380527b1f8a49b31e213f3f6f4e5f5ae484ed846772771353e2e16',
  'default.tagging': '3d02935d1883bd05bf7bff66fc9c55f2cdb47608a64a89f6d29fdc38526a317d',
  'default.expansion': '1c5671efc498e4f6b06330241a912d37198f06af757655ede1a39b458259807d',
}

/** How AVClass's files are fetched. */
export interface FetchAvclassOptions extends DownloadOptions {
  /** Address of another folder with the files, e.g. of a mirror. */
  readonly from?: string
}

/**
 * Fetches AVClass's files into a folder, all three or none, and no others than those that taxon was tried with.
 * @throws DownloadError, WrongHashError, UnwritableError, the reason of the signal
 */
export async function fetchAvclass(
  folder: string,
  { from = rawFile('malicialab/avclass', 'master', 'avclass/data'), ...options }: FetchAvclassOptions = {},
): Promise<readonly (FileDigest & { readonly name: string })[]> {
  const place = resolve(folder)
  const work = join(dirname(place), `.${basename(place)}.${process.pid}.part`)
  try {
    await mkdir(work, { recursive: true })
    const files = []
    for (const name of AVCLASS_FILES) {
      const digest = await download(`${from}/${name}`, join(work, name), options)
      if (digest.sha256 !== SHA256[name])
        throw new WrongHashError(`${from}/${name}`, digest.sha256, SHA256[name])
      files.push({ name, ...digest })
    }
    await mkdir(place, { recursive: true })
    for (const name of AVCLASS_FILES) await rename(join(work, name), join(place, name))
    return files
  } catch (error) {
    const isSystemError = /^E[A-Z0-9]+$/.test((error as NodeJS.ErrnoException).code ?? '')
    throw isSystemError ? new UnwritableError(folder, error) : error
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}
