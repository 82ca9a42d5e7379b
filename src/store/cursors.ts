import type { StoreContext } from './context.ts'
import { MAX_JSON_CHARACTERS, storedKey, TEXT_LIMITS, wholeText } from './stored-text.ts'

/** `Store.cursor`. */
export async function cursorOf({ database }: StoreContext, name: string): Promise<string | null> {
  const key = storedKey(name, TEXT_LIMITS.key)
  const row = database.db.selectFrom('cursors').select('value').where('name', '=', key)
  return (await row.executeTakeFirst())?.value ?? null
}

/** `Store.setCursor`. */
export async function setCursor({ database }: StoreContext, name: string, value: string): Promise<void> {
  const key = storedKey(name, TEXT_LIMITS.key)
  const kept = wholeText('cursor', value, MAX_JSON_CHARACTERS)
  await database.write(
    async (tx) =>
      await tx
        .insertInto('cursors')
        .values({ name: key, value: kept })
        .onConflict((on) => on.column('name').doUpdateSet({ value: kept }))
        .execute(),
    // After a power cut a watcher reads again from where it was before.
    { lasting: false },
  )
}
