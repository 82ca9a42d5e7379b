import { join } from 'node:path'
import { contentHash, UsageError } from '../core/index.ts'
import { allow, allowancesAt, disallow } from './allowances.ts'
import { putArtifact } from './artifacts.ts'
import { collectGarbage } from './collect-garbage.ts'
import { artifactBytes, sampleBytes } from './content.ts'
import type { StoreContext } from './context.ts'
import { cursorOf, setCursor } from './cursors.ts'
import { type Database, openDatabase, type Tx } from './database.ts'
import { databaseOf, isStore, makeFolder, removeLeftOvers } from './folder.ts'
import { storeKey } from './key.ts'
import { listSamples } from './list.ts'
import { postgresBackend } from './postgres.ts'
import { put } from './put.ts'
import { removeSample } from './remove.ts'
import { findSample, requireSample, resolveSample } from './samples.ts'
import { labelsOf, showSample } from './show.ts'
import { sqliteBackend } from './sqlite.ts'
import { countSteps, releaseSteps, retrySteps, setStep, stepsOf } from './steps.ts'
import type { Store, StoreLocation } from './store.ts'
import { checkedHash, storedOrNull, storedText, TEXT_LIMITS } from './stored-text.ts'
import { takeForStep } from './take-for-step.ts'
import { storedTags, tellLabel, tellName, tellRelation, tellSighting, tellTags } from './tell.ts'
import { dueDeliveries, putVerdict, retryDeliveries, settleDelivery } from './verdicts.ts'
import { verifyStore } from './verify.ts'

/** `openStore`. */
export async function openedStore(location: StoreLocation, create: boolean): Promise<Store> {
  const { folder } = location
  if (!create && !(await isStore(folder))) throw new UsageError(`${folder}: there is no store`)
  const url = await databaseOf(location)
  await makeFolder(folder)
  const key = await storeKey(folder)
  const backend =
    url === null ? await sqliteBackend(join(folder, 'metadata.sqlite')) : await postgresBackend(url)
  const database = await openDatabase(backend)
  try {
    await ownDatabase(database, key, backend.where)
    await removeLeftOvers(folder)
  } catch (error) {
    await database.close()
    throw error
  }
  return storeOf({ folder, key, database })
}

/** What is known in a database is known of the samples of one folder: another's would all seem to be missing. */
async function ownDatabase(database: Database, key: Uint8Array, where: string): Promise<void> {
  const own = contentHash('store', key)
  await database.write(async (tx) => {
    await database.hold(tx, 'schema')
    const of = tx.selectFrom('settings').select('value').where('name', '=', 'folder')
    const value = (await of.executeTakeFirst())?.value
    if (value === undefined) await tx.insertInto('settings').values({ name: 'folder', value: own }).execute()
    else if (value !== own) throw new UsageError(`${where}: the database belongs to another store's folder`)
  })
}

function storeOf(store: StoreContext): Store {
  const { database } = store
  const { db } = database
  /** Tells something of a sample that is there. */
  const tell = async <T>(sha256: string, work: (tx: Tx) => Promise<T>): Promise<T> => {
    checkedHash(sha256)
    return await database.write(async (tx) => {
      await requireSample(tx, sha256)
      return await work(tx)
    })
  }
  return {
    put: (chunks, options = {}) => put(store, chunks, options),
    read: (sha256) => sampleBytes(store, checkedHash(sha256)),
    has: async (sha256) => (await findSample(db, checkedHash(sha256))) !== null,
    resolve: (hash) => resolveSample(db, hash),
    show: (sha256) => showSample(db, checkedHash(sha256)),
    list: (query = {}) => listSamples(db, query),
    remove: async (sha256) => await removeSample(store, checkedHash(sha256)),

    addName: (sha256, name) => tell(sha256, (tx) => tellName(tx, sha256, name)),
    addSighting: (sha256, sighting) => tell(sha256, (tx) => tellSighting(tx, sha256, sighting)),
    tag: (sha256, tags, by) => tell(sha256, (tx) => tellTags(tx, sha256, tags, by)),
    untag: (sha256, tags) =>
      tell(sha256, async (tx) => {
        for (const tag of storedTags(tags))
          await tx.deleteFrom('tags').where('sha256', '=', sha256).where('tag', '=', tag).execute()
      }),
    note: (sha256, text, by) =>
      tell(sha256, async (tx) => {
        const note = { sha256, text: storedText(text, TEXT_LIMITS.note), at: Date.now() }
        await tx
          .insertInto('notes')
          .values({ ...note, by: storedOrNull(by, TEXT_LIMITS.word) })
          .execute()
      }),
    relate: (relation) =>
      tell(relation.parent, async (tx) => {
        await requireSample(tx, checkedHash(relation.child))
        await tellRelation(tx, relation)
      }),
    label: (sha256, labels) =>
      tell(sha256, async (tx) => {
        for (const label of labels) await tellLabel(tx, sha256, label)
      }),
    labels: (sha256) => labelsOf(db, checkedHash(sha256)),

    putArtifact: (sha256, kind, producer, chunks) => putArtifact(store, sha256, kind, producer, chunks),
    readArtifact: (digest) => artifactBytes(store, checkedHash(digest)),
    putVerdict: (verdict, deliveries = []) => putVerdict(store, verdict, deliveries),

    allow: (allowance) => allow(store, allowance),
    disallow: (kind, value) => disallow(store, kind, value),
    allowances: (now) => allowancesAt(store, now),

    steps: (sha256) => stepsOf(store, checkedHash(sha256)),
    setStep: (step) => setStep(store, step),
    takeForStep: (step, version, options) => takeForStep(store, step, version, options),
    releaseSteps: () => releaseSteps(store),
    retrySteps: () => retrySteps(store),
    countSteps: () => countSteps(store),

    cursor: (name) => cursorOf(store, name),
    setCursor: (name, value) => setCursor(store, name, value),

    dueDeliveries: (now, limit, target) => dueDeliveries(store, now, limit, target),
    retryDeliveries: (now) => retryDeliveries(store, now),
    settleDelivery: (key, target, outcome) => settleDelivery(store, key, target, outcome),

    verify: (options = {}) => verifyStore(store, options),
    gc: (options = {}) => collectGarbage(store, options),
    close: () => database.close(),
  }
}
