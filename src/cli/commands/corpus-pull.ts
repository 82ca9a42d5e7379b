import { UsageError } from '../../core/index.ts'
import { findPublicSet, type PullResult, publicSets, pullCorpus } from '../../pipeline/index.ts'
import { command } from '../command.ts'
import { wholeText } from '../number-text.ts'
import { printable } from '../printable.ts'
import { table } from '../table.ts'

/** `taxon corpus pull`: a public set as a corpus, or the list of them. */
export const pull = command({
  name: 'pull',
  summary: 'fetch a public set and make a corpus of it, or list the sets',
  usage: '[NAME -o DIR] [options]',
  details: `Without a name the sets are listed. The licence is shown before anything is fetched: to keep to it is up to
you. The corpus is put in its place when it is whole; stopped or failed, there is nothing. --from takes an
address or a file that is here already; a set of several files wants it, and --sha256, once for each, in their
order.`,
  options: {
    output: { type: 'string', short: 'o', value: 'DIR', help: 'the corpus, a new folder' },
    from: { type: 'string', value: 'URL', help: 'fetch from here, or read this file', multiple: true },
    sha256: { type: 'string', value: 'HASH', help: 'refuse any other content', multiple: true },
  },
  async run({ values, positionals }, io) {
    const [name, ...more] = positionals
    if (more.length > 0) throw new UsageError('corpus pull: one set at a time')
    if (name === undefined) {
      await io.stdout(values.json ? `${JSON.stringify(publicSets.map(described))}\n` : listText(io.colour))
      return 0
    }
    const set = findPublicSet(name)
    if (values.output === undefined) throw new UsageError('corpus pull: say which corpus with -o DIR')
    io.stderr(`${set.name}: ${set.summary}\nsource   ${set.repository}\nlicence  ${set.licence}\n`)
    const bytes = io.progress('bytes', null)
    const rows = io.progress('rows', null)
    try {
      const result = await pullCorpus(set, values.output, {
        ...(values.from.length > 0 ? { from: values.from } : {}),
        ...(values.sha256.length > 0 ? { sha256: values.sha256 } : {}),
        signal: io.signal,
        onBytes: (done, total) => bytes.update(done, total),
        onRows: (done) => rows.update(done),
      })
      bytes.done()
      await io.stdout(values.json ? `${JSON.stringify(result)}\n` : resultText(result, values.output))
      return 0
    } finally {
      rows.done()
    }
  },
})

type Described = Pick<
  (typeof publicSets)[number],
  'name' | 'summary' | 'repository' | 'licence' | 'files' | 'kind'
>

function described({ name, summary, repository, licence, files, kind }: Described): Described {
  return { name, summary, repository, licence, files, kind }
}

function listText(colour: boolean): string {
  const rows = publicSets.flatMap(({ name, summary, repository, licence }) => [
    [name, summary],
    ['', `licence: ${licence}`],
    ['', repository],
  ])
  return table([{ title: 'name' }, { title: 'what it is' }], rows, colour)
}

function resultText({ set, counts, files }: PullResult, directory: string): string {
  const lines = files.map(({ name, bytes, sha256, vouched }) => {
    const known = vouched ? 'as it should be' : 'not compared with anything'
    return `${name}: ${wholeText(bytes)} bytes, SHA-256 ${sha256}, ${known}`
  })
  const demand = files.map(({ sha256 }) => `--sha256 ${sha256}`).join(' ')
  const warning = files.every(({ vouched }) => vouched)
    ? []
    : [`Only the address vouches for what was fetched. To get the same again or nothing: ${demand}`]
  return `${[...lines, ...warning, `${printable(directory)}: ${wholeText(counts.added)} rows of ${set}`].join('\n')}\n`
}
