import { UsageError } from '../../core/index.ts'
import { ALLOWANCE_KINDS, type Allowance } from '../../pipeline/index.ts'
import { command, commandGroup } from '../command.ts'
import { oneOf } from '../option-values.ts'
import { byOption, storeOption, whoSays, withStore } from '../store-options.ts'
import { allowancesText } from '../store-text.ts'
import { dateOf } from './store-find.ts'

const add = command({
  name: 'add',
  summary: 'silence a false positive',
  usage: 'sha256|signer|tag VALUE --reason TEXT [options]',
  details: `Verdicts on what it matches become benign, and say so. The same again replaces reason and end.

  taxon store allow add sha256 275a021b… --reason "our installer, ticket 812"
  taxon store allow add tag in-house --reason "our own tools" --expires 2027-01-01
  taxon store allow add signer 9f86d081… --reason "signed by us"

A signer is the SHA-256 of its certificate, as "thumbprint" in taxon classify --json.`,
  options: {
    reason: { type: 'string', value: 'TEXT', help: 'why; required' },
    expires: { type: 'string', value: 'DATE', help: 'until then; for ever by default' },
    ...byOption,
    ...storeOption,
  },
  async run({ values, positionals }, io) {
    const { kind, value } = whichOf('add', positionals)
    if (values.reason === undefined) throw new UsageError('store allow add: say why with --reason TEXT')
    const expiresAt = values.expires === undefined ? null : dateOf('expires', values.expires)
    const now = Date.now()
    if (expiresAt !== null && expiresAt <= now)
      throw new UsageError(`--expires: ${values.expires} has passed`)
    const said = { kind, reason: values.reason, by: whoSays(values.by), at: now, expiresAt }
    await withStore(
      values.store,
      async (store) => {
        // A sample may be named by the beginning of its hash; what is not here yet, by the whole.
        const isWhole = kind !== 'sha256' || /^[0-9a-f]{64}$/i.test(value)
        const allowance = { ...said, value: isWhole ? value : (await store.resolve(value)).sha256 }
        await store.allow(allowance)
        if (values.json) await io.stdout(`${JSON.stringify(allowance)}\n`)
      },
      true,
    )
    return 0
  },
})

const list = command({
  name: 'list',
  summary: 'list what is allowed now',
  usage: '[options]',
  options: { ...storeOption },
  async run({ values }, io) {
    const allowances = await withStore(values.store, (store) => store.allowances(Date.now()))
    await io.stdout(
      values.json
        ? allowances.map((each) => `${JSON.stringify(each)}\n`).join('')
        : allowancesText(allowances, io.colour),
    )
    return 0
  },
})

const remove = command({
  name: 'remove',
  summary: 'take an allowance back',
  usage: 'sha256|signer|tag VALUE [options]',
  options: { ...storeOption },
  async run({ values, positionals }) {
    const { kind, value } = whichOf('remove', positionals)
    await withStore(values.store, (store) => store.disallow(kind, value))
    return 0
  },
})

function whichOf(
  name: string,
  [word, value, ...more]: readonly string[],
): { kind: Allowance['kind']; value: string } {
  if (word === undefined || value === undefined || more.length > 0)
    throw new UsageError(`store allow ${name}: ${ALLOWANCE_KINDS.join(', ')}, and one value, are wanted`)
  return { kind: oneOf('by', word, ALLOWANCE_KINDS)!, value }
}

/** `taxon store allow`: what is known to be a false positive. */
export const storeAllow = commandGroup({
  name: 'allow',
  summary: 'silence false positives, by hash, signer or tag, with a reason',
  commands: [add, list, remove],
})
