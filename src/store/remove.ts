import { removeUnknown } from './collect-garbage.ts'
import type { StoreContext } from './context.ts'
import { requireSample } from './samples.ts'

/**
 * `Store.remove`. First it is forgotten, then the bytes go: a kill in between leaves bytes that nothing is known of, for
 * `gc`. Its artifacts go too, unless they are another's as well.
 */
export async function removeSample(store: StoreContext, sha256: string): Promise<void> {
  const { database } = store
  const digests = await database.write(async (tx) => {
    await database.hold(tx, `sample ${sha256}`)
    await requireSample(tx, sha256)
    const artifacts = await tx.selectFrom('artifacts').select('digest').where('sha256', '=', sha256).execute()
    await tx.deleteFrom('samples').where('sha256', '=', sha256).execute()
    return new Set(artifacts.map(({ digest }) => digest))
  })
  await removeUnknown(store, 'samples', sha256)
  for (const digest of digests) await removeUnknown(store, 'artifacts', digest)
}
