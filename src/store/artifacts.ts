import { rm } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type { Artifact } from './artifact.ts'
import { isContentThere, settleContent } from './content.ts'
import type { StoreContext } from './context.ts'
import { asUnwritable, temporaryPath } from './folder.ts'
import { measured } from './measured.ts'
import { requireSample } from './samples.ts'
import { writeScrambled } from './scrambled-file.ts'
import { checkedHash, storedKey, TEXT_LIMITS } from './stored-text.ts'

/** `Store.putArtifact`. */
export async function putArtifact(
  { folder, key, database }: StoreContext,
  sha256: string,
  kind: Artifact['kind'],
  producer: string,
  source: AsyncIterable<Uint8Array>,
): Promise<Artifact> {
  await requireSample(database.db, checkedHash(sha256))
  const content = measured(source, {})
  const path = temporaryPath(folder)
  try {
    await writeScrambled(path, key, zipped(content.chunks))
    const { sha256: digest, size } = content.measures()
    const named = { sha256, kind, producer: storedKey(producer, TEXT_LIMITS.producer) }
    const found = { digest, size, at: Date.now() }
    let isMoved = false
    await database.write(async (tx) => {
      await database.hold(tx, `artifact ${digest}`)
      await requireSample(tx, sha256)
      if (!isMoved && !(await isContentThere(folder, 'artifacts', digest))) {
        await settleContent(folder, 'artifacts', digest, path)
        isMoved = true
      }
      await tx
        .insertInto('artifacts')
        .values({ ...named, ...found })
        .onConflict((on) => on.columns(['sha256', 'kind', 'producer']).doUpdateSet(found))
        .execute()
    })
    return { ...named, ...found }
  } catch (error) {
    throw content.hasFailed() ? error : asUnwritable(folder, error)
  } finally {
    await rm(path, { force: true })
  }
}

async function* zipped(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const zip = createGzip()
  const feeding = pipeline(Readable.from(chunks), zip)
  // An error of the chunks comes out of the stream as well.
  feeding.catch(() => {})
  yield* zip as AsyncIterable<Uint8Array>
  await feeding
}
