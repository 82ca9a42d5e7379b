import { createHash } from 'node:crypto'
import { rename, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { decompress, MalformedInputError } from '../core/index.ts'
import type { StoreContext } from './context.ts'
import { CorruptSampleError } from './errors.ts'
import { type ContentFolder, contentPath, flushFolder, makeShard } from './folder.ts'
import { storeKey } from './key.ts'
import { requireSample } from './samples.ts'
import { readScrambled } from './scrambled-file.ts'

/** Whether the file of some content is there, whatever it holds. */
export async function isContentThere(folder: string, content: ContentFolder, hash: string): Promise<boolean> {
  return await stat(contentPath(folder, content, hash)).then(
    (about) => about.isFile(),
    () => false,
  )
}

/** Moves a file that was written and flushed to its place, for good. */
export async function settleContent(
  folder: string,
  content: ContentFolder,
  hash: string,
  path: string,
): Promise<void> {
  const place = contentPath(folder, content, hash)
  await makeShard(folder, content, hash)
  await rename(path, place)
  await flushFolder(dirname(place))
}

/** The bytes of a sample. @throws UnknownSampleError; CorruptSampleError at the end where they are others, or at once where there are none */
export async function* sampleBytes(
  { folder, key, database }: StoreContext,
  sha256: string,
): AsyncGenerator<Uint8Array> {
  if (!(await isContentThere(folder, 'samples', sha256))) await requireSample(database.db, sha256)
  yield* checked(scrambled(contentPath(folder, 'samples', sha256), key, sha256), sha256)
}

/** The content of an artifact. @throws CorruptSampleError */
export function artifactBytes({ folder, key }: StoreContext, digest: string): AsyncGenerator<Uint8Array> {
  return checked(unzipped(scrambled(contentPath(folder, 'artifacts', digest), key, digest), digest), digest)
}

/** Content from the files of a store alone, checked as it comes: workers need no database. @throws CorruptSampleError */
export async function* storedContent(
  folder: string,
  content: ContentFolder,
  hash: string,
): AsyncGenerator<Uint8Array> {
  const key = await storeKey(folder)
  const bytes = scrambled(contentPath(folder, content, hash), key, hash)
  yield* checked(content === 'samples' ? bytes : unzipped(bytes, hash), hash)
}

async function* scrambled(path: string, key: Uint8Array, hash: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of readScrambled(path, key)) {
      if (chunk === null) throw new CorruptSampleError(hash, 'its file is none of a store')
      yield chunk
    }
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') throw new CorruptSampleError(hash, 'its bytes are missing', { cause: error })
    if (syscall !== undefined) throw new CorruptSampleError(hash, `cannot be read, ${code}`, { cause: error })
    throw error
  }
}

async function* unzipped(chunks: AsyncIterable<Uint8Array>, hash: string): AsyncGenerator<Uint8Array> {
  try {
    yield* decompress(chunks, { maxBytes: Number.POSITIVE_INFINITY })
  } catch (error) {
    if (error instanceof MalformedInputError)
      throw new CorruptSampleError(hash, 'its file was changed', { cause: error })
    throw error
  }
}

async function* checked(chunks: AsyncIterable<Uint8Array>, hash: string): AsyncGenerator<Uint8Array> {
  const sum = createHash('sha256')
  for await (const chunk of chunks) {
    sum.update(chunk)
    yield chunk
  }
  const found = sum.digest('hex')
  if (found !== hash) throw new CorruptSampleError(hash, `its bytes were changed, their SHA-256 is ${found}`)
}
