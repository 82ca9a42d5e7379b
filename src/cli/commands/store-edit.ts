import { UsageError } from '../../core/index.ts'
import { command } from '../command.ts'
import { byOption, storeOption, whoSays, withStore } from '../store-options.ts'

/** `taxon store tag`: puts tags on a sample, or takes them off. */
export const storeTag = command({
  name: 'tag',
  summary: 'put tags on a sample, or take them off',
  usage: 'HASH TAG… [options]',
  details: `Tags are kept in lower case.

  taxon store tag 275a021b phishing campaign-7
  taxon store tag 275a021b phishing --remove`,
  options: { remove: { type: 'boolean', help: 'take them off' }, ...byOption, ...storeOption },
  async run({ values, positionals }, io) {
    const [hash, ...tags] = positionals
    if (hash === undefined || tags.length === 0) throw new UsageError('store tag: a hash and tags are wanted')
    await withStore(values.store, async (store) => {
      const { sha256 } = await store.resolve(hash)
      if (values.remove) await store.untag(sha256, tags)
      else await store.tag(sha256, tags, whoSays(values.by) ?? undefined)
      const known = await store.show(sha256)
      if (values.json) await io.stdout(`${JSON.stringify({ sha256, tags: known.tags })}\n`)
    })
    return 0
  },
})

/** `taxon store note`: adds a note to a sample. */
export const storeNote = command({
  name: 'note',
  summary: 'add a note to a sample',
  usage: 'HASH TEXT [options]',
  details: '  taxon store note 275a021b "came with the invoice of 3 May, see ticket 812"',
  options: { ...byOption, ...storeOption },
  async run({ values, positionals }, io) {
    const [hash, text, ...more] = positionals
    if (hash === undefined || text === undefined || more.length > 0 || text.trim() === '')
      throw new UsageError('store note: a hash and one text in quotes are wanted')
    await withStore(values.store, async (store) => {
      const { sha256 } = await store.resolve(hash)
      await store.note(sha256, text, whoSays(values.by) ?? undefined)
      const known = await store.show(sha256)
      if (values.json) await io.stdout(`${JSON.stringify({ sha256, notes: known.notes })}\n`)
    })
    return 0
  },
})

/** `taxon store remove`: forgets samples and removes their bytes. */
export const storeRemove = command({
  name: 'remove',
  summary: 'forget samples and remove their bytes, for good',
  usage: 'HASH… --yes [options]',
  details: '  taxon store remove 275a021b --yes',
  options: { yes: { type: 'boolean', help: 'mean it' }, ...storeOption },
  async run({ values, positionals }, io) {
    if (positionals.length === 0) throw new UsageError('store remove: say which samples by hashes')
    await withStore(values.store, async (store) => {
      const samples = []
      // All of them are there, or none goes.
      for (const hash of positionals) samples.push(await store.resolve(hash))
      if (!values.yes) {
        const which = samples.map(({ sha256 }) => sha256).join(', ')
        throw new UsageError(`store remove: ${which} would be gone for good; say --yes`)
      }
      for (const { sha256 } of samples) {
        io.signal.throwIfAborted()
        await store.remove(sha256)
        await io.stdout(values.json ? `${JSON.stringify({ removed: sha256 })}\n` : `removed ${sha256}\n`)
      }
    })
    return 0
  },
})
