import { open, unlink } from 'node:fs/promises'
import { isContentThere, settleContent } from './content.ts'
import type { StoreContext } from './context.ts'
import type { Tx } from './database.ts'
import { OtherBytesError } from './errors.ts'
import { asUnwritable, temporaryPath } from './folder.ts'
import { type Measures, measured } from './measured.ts'
import { enqueueSample, shareQueues } from './queues.ts'
import type { Sample } from './sample.ts'
import { findSample, requireSample, sampleOf } from './samples.ts'
import { writeScrambled } from './scrambled-file.ts'
import type { PutOptions, Stored } from './store.ts'
import { checkedHash, storedText, TEXT_LIMITS } from './stored-text.ts'
import { tellName, tellRelation, tellSighting } from './tell.ts'

/** Reasons why a sample is partial. */
const MAX_REASONS = 20

/** `Store.put`. */
export async function put(
  store: StoreContext,
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: PutOptions,
): Promise<Stored> {
  const { folder, key, database } = store
  if (options.parent) await requireSample(database.db, checkedHash(options.parent.sha256))
  const bytes = measured(source, options)
  const path = temporaryPath(folder)
  let isFlushed = false
  try {
    await writeScrambled(path, key, bytes.chunks, async () => {
      const { sha256 } = bytes.measures()
      if (options.sha256 !== undefined && sha256 !== options.sha256)
        throw new OtherBytesError(options.sha256, sha256)
      // What is there already need not get to the disk again.
      isFlushed = (await findSample(database.db, sha256)) === null
      return isFlushed
    })
    const measures = bytes.measures()
    let isMoved = false
    return await database.write(async (tx) => {
      await shareQueues(database, tx)
      // Who removes this sample at the same time holds it too: either it finds what we tell, or we find its bytes gone.
      await database.hold(tx, `sample ${measures.sha256}`)
      const known = await findSample(tx, measures.sha256)
      const isThere = isMoved || (known && (await isContentThere(folder, 'samples', measures.sha256)))
      if (!isThere) {
        if (!isFlushed) await flushFile(path)
        await settleContent(folder, 'samples', measures.sha256, path)
        isMoved = true
      }
      const sample = known
        ? await addReasons(tx, known, options.partial)
        : await insertSample(tx, measures, options.partial)
      await tellAll(tx, sample.sha256, options)
      return { sample, isNew: known === null }
    })
  } catch (error) {
    throw bytes.hasFailed() ? error : asUnwritable(folder, error)
  } finally {
    await unlink(path).catch(() => {})
  }
}

async function flushFile(path: string): Promise<void> {
  const file = await open(path, 'r+')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

async function insertSample(
  tx: Tx,
  measures: Measures,
  partial: readonly string[] | undefined,
): Promise<Sample> {
  const sample = {
    ...measures,
    state: partial ? ('partial' as const) : ('complete' as const),
    reasons: JSON.stringify(boundedReasons(partial ?? [])),
    addedAt: Date.now(),
  }
  const { seq } = await tx.insertInto('samples').values(sample).returning('seq').executeTakeFirstOrThrow()
  await enqueueSample(tx, sample.sha256, seq)
  return sampleOf(sample)
}

/** That bytes are cut stays known, whoever else brings them without knowing it. */
async function addReasons(tx: Tx, known: Sample, partial: readonly string[] | undefined): Promise<Sample> {
  if (!partial) return known
  const reasons = boundedReasons([...known.reasons, ...partial])
  if (known.state === 'partial' && reasons.length === known.reasons.length) return known
  await tx
    .updateTable('samples')
    .set({ state: 'partial', reasons: JSON.stringify(reasons) })
    .where('sha256', '=', known.sha256)
    .execute()
  return { ...known, state: 'partial', reasons }
}

function boundedReasons(reasons: readonly string[]): string[] {
  const bounded = reasons.slice(0, 10 * MAX_REASONS).map((reason) => storedText(reason, TEXT_LIMITS.reason))
  return [...new Set(bounded)].slice(0, MAX_REASONS)
}

async function tellAll(tx: Tx, sha256: string, { name, sighting, parent }: PutOptions): Promise<void> {
  if (name !== undefined) await tellName(tx, sha256, name)
  if (sighting) {
    await tellSighting(tx, sha256, sighting)
    if (sighting.name !== null) await tellName(tx, sha256, sighting.name)
  }
  if (parent) await tellRelation(tx, { ...parent, parent: parent.sha256, child: sha256 })
}
