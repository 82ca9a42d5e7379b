import { randomBytes } from 'node:crypto'
import { link, open, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DamagedFileError } from '../core/index.ts'

const KEY_BYTES = 32

/**
 * The key of a store, from the file `key` in its folder, which is made with the store. It lies beside what it scrambles,
 * so it keeps nothing secret: it keeps virus scanners, double clicks and greps from the samples.
 * @throws DamagedFileError where it is gone or no key, and there are samples that cannot be read without it
 */
export async function storeKey(folder: string): Promise<Buffer> {
  const path = join(folder, 'key')
  const key = (await readKey(path)) ?? (await makeKey(folder, path))
  if (key.length !== KEY_BYTES) throw new DamagedFileError(path, `is no key, it has ${key.length} bytes`)
  return key
}

async function readKey(path: string): Promise<Buffer | null> {
  return await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
}

async function makeKey(folder: string, path: string): Promise<Buffer> {
  const shards = await readdir(join(folder, 'samples')).catch(() => [])
  if (shards.length > 0)
    throw new DamagedFileError(path, 'is gone, and the samples cannot be read without it')
  const own = `${path}.${process.pid}.${randomBytes(4).toString('hex')}.part`
  const file = await open(own, 'wx', 0o600)
  try {
    await file.writeFile(randomBytes(KEY_BYTES))
    await file.sync()
  } finally {
    await file.close()
  }
  // Another process may be making the same store: whoever links first has made the key.
  await link(own, path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
  await rm(own)
  return (await readKey(path)) ?? Buffer.alloc(0)
}
