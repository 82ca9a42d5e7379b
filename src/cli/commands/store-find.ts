import { csvLine, UsageError } from '../../core/index.ts'
import { type SampleQuery, type StoredVerdict, silencedKnown } from '../../pipeline/index.ts'
import { command, type Options, type Values } from '../command.ts'
import { csvOf } from '../csv-columns.ts'
import type { Io } from '../io.ts'
import { oneOf, wholeNumber } from '../option-values.ts'
import { storeOption, withStore } from '../store-options.ts'
import { BRIEF_COLUMNS, type Brief, briefOf, knownText, listText } from '../store-text.ts'

const VERDICTS: readonly StoredVerdict['verdict'][] = ['malicious', 'benign', 'unknown']

const filters = {
  tag: { type: 'string', value: 'TAG', help: 'only those with this tag' },
  family: { type: 'string', value: 'NAME', help: 'only those of this family, by a label or a verdict' },
  type: { type: 'string', value: 'TYPE', help: 'only these: pe, elf, zip, report, …' },
  verdict: { type: 'string', value: 'V', help: 'only malicious, benign or unknown ones' },
  source: {
    type: 'string',
    value: 'NAME',
    help: 'only those seen by it: suricata, zeek, folder, viper, add',
  },
  since: { type: 'string', value: 'DATE', help: 'only those added since, e.g. 2026-01-31' },
  limit: { type: 'string', short: 'n', value: 'N', default: '50', help: 'how many; 0 is all' },
  after: { type: 'string', value: 'HASH', help: 'go on after this one' },
  csv: { type: 'boolean', help: 'print CSV' },
  ...storeOption,
} as const satisfies Options

/** `taxon store list`: the newest samples first. */
export const storeList = command({
  name: 'list',
  summary: 'list samples, the newest first',
  usage: '[options]',
  details: `  taxon store list --type pe --verdict malicious
  taxon store list --tag ids --since 2026-01-31 -n 0 --csv`,
  options: filters,
  async run({ values, positionals }, io) {
    if (positionals.length > 0) throw new UsageError('store list: to look for words use taxon store search')
    return await printList({}, values, io)
  },
})

/** `taxon store search`: samples of which something known holds a text. */
export const storeSearch = command({
  name: 'search',
  summary: 'find samples by a part of a name, tag, family, detection or host, or by a hash',
  usage: 'TEXT [options]',
  details: `The text is looked for whatever the case; of hashes (SHA-256, SHA-1, MD5) it is the beginning.

  taxon store search invoice
  taxon store search d41d8cd9 --json`,
  options: filters,
  async run({ values, positionals }, io) {
    const [text, ...more] = positionals
    if (text === undefined || more.length > 0) throw new UsageError('store search: one text is wanted')
    return await printList({ text }, values, io)
  },
})

async function printList(query: SampleQuery, values: Values<typeof filters>, io: Io): Promise<number> {
  if (values.json && values.csv) throw new UsageError('store: --json or --csv, not both')
  const { tag, family, type, source, since, after } = values
  const verdict = oneOf('verdict', values.verdict, VERDICTS)
  const limit = wholeNumber('limit', values.limit)
  await withStore(values.store, async (store) => {
    const found = store.list({
      ...query,
      ...(tag !== undefined && { tag }),
      ...(family !== undefined && { family }),
      ...(type !== undefined && { type }),
      ...(source !== undefined && { source }),
      ...(verdict !== null && { verdict }),
      ...(since !== undefined && { since: dateOf('since', since) }),
      ...(after !== undefined && { after: (await store.resolve(after)).sha256 }),
      ...(limit > 0 && { limit }),
    })
    const allowances = await store.allowances(Date.now())
    if (values.csv) await io.stdout(csvOf(BRIEF_COLUMNS, []))
    const held: Brief[] = []
    for await (const { sha256 } of found) {
      io.signal.throwIfAborted()
      const brief = briefOf(silencedKnown(await store.show(sha256), allowances))
      // What is allowed is not what its models said.
      if (verdict !== null && brief.allowed && brief.verdict !== verdict) continue
      if (values.json) await io.stdout(`${JSON.stringify(brief)}\n`)
      else if (values.csv) await io.stdout(csvLine(BRIEF_COLUMNS.map(([, cell]) => cell(brief))))
      else held.push(brief)
    }
    if (!values.json && !values.csv) await io.stdout(listText(held, io.colour))
  })
  return 0
}

/** A day, or a day and a time, given as an option; UTC unless it says otherwise. @throws UsageError */
export function dateOf(option: string, text: string): number {
  const time = /^\d{4}-\d\d-\d\d(?:[T ][\d:.]+(?:Z|[+-]\d\d:?\d\d)?)?$/.test(text)
    ? Date.parse(/[T ]/.test(text) && !/(?:Z|[+-]\d\d:?\d\d)$/.test(text.slice(10)) ? `${text}Z` : text)
    : Number.NaN
  if (Number.isFinite(time)) return time
  throw new UsageError(`--${option}: a date such as 2026-01-31 is wanted, got ${JSON.stringify(text)}`)
}

/** `taxon store show`: all that is known of samples. */
export const storeShow = command({
  name: 'show',
  summary: 'tell all that is known of a sample',
  usage: 'HASH… [options]',
  details: `A hash is a SHA-256, SHA-1 or MD5, or the beginning of one that no other sample has. --csv prints the columns
that a list has.

  taxon store show 275a021b`,
  options: { csv: { type: 'boolean', help: 'print CSV' }, ...storeOption },
  async run({ values, positionals }, io) {
    if (positionals.length === 0) throw new UsageError('store show: say which sample by a hash')
    if (values.json && values.csv) throw new UsageError('store: --json or --csv, not both')
    await withStore(values.store, async (store) => {
      const allowances = await store.allowances(Date.now())
      for (const [i, hash] of positionals.entries()) {
        const { sha256 } = await store.resolve(hash)
        const known = silencedKnown(await store.show(sha256), allowances)
        if (values.json) await io.stdout(`${JSON.stringify(known)}\n`)
        else if (values.csv) {
          const [titles, line] = csvOf(BRIEF_COLUMNS, [briefOf(known)]).split(/(?<=\r\n)/, 2)
          await io.stdout(i === 0 ? titles! + line! : line!)
        } else await io.stdout((i > 0 ? '\n' : '') + knownText(known, await store.steps(sha256), io.colour))
      }
    })
    return 0
  },
})
