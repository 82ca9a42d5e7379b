import { UsageError } from '../../core/index.ts'
import {
  corpusLines,
  describeCorpus,
  type ExportOptions,
  exportCorpus,
  importCorpus,
  readRecipe,
  splitCorpus,
} from '../../pipeline/index.ts'
import { KINDS, VIEWS } from '../../samples/index.ts'
import { command, commandGroup } from '../command.ts'
import { corpusText, importText, splitText } from '../corpus-text.ts'
import { numberBetween, oneOf, seedOf, threadCount, wholeNumber } from '../option-values.ts'
import { readingOptions, readingSettings } from '../reading-options.ts'
import { pull } from './corpus-pull.ts'

const importCommand = command({
  name: 'import',
  summary: 'add executables, listings, reports, traces files or other corpora to a corpus',
  usage: '[PATH…] -o DIR [options]',
  details: `A path is an executable (PE or ELF), a listing of one, a sandbox report, a traces file (NDJSON), each plain or
packed by gzip or zstd, a folder or a zip or tar archive of them, another corpus, or - for standard input. The
labels file is CSV with a header: sha256, md5, id or name, and label (1, 0, malicious, benign), family,
category, first_seen. The same sample, view and source twice is kept once. The corpus is the same whatever the
threads. Stopped, by Ctrl-C or worse, the same command goes on where it was.`,
  options: {
    output: { type: 'string', short: 'o', value: 'DIR', help: 'the corpus, made if it is not there' },
    store: {
      type: 'string',
      value: 'DIR',
      help: 'import the traces and labels of a store of samples as well',
    },
    labels: { type: 'string', value: 'CSV', help: 'labels by hash, id or file name' },
    source: { type: 'string', value: 'NAME', help: 'name of the source; the file or sandbox by default' },
    dialect: { type: 'string', value: 'NAME', help: 'what wrote the traces, where files do not say' },
    kind: { type: 'string', value: 'KIND', help: 'reduce traces to sequence, counts or set' },
    ...readingOptions,
    threads: { type: 'string', value: 'N', help: 'threads, all cores by default' },
    timeout: { type: 'string', value: 'SECONDS', default: '600', help: 'longest time for one file' },
  },
  async run({ values, positionals }, io) {
    if (values.output === undefined) throw new UsageError('corpus import: say which corpus with -o DIR')
    const bar = io.progress('rows', null)
    try {
      const result = await importCorpus(positionals, values.output, {
        ...(values.store !== undefined && { store: { folder: values.store } }),
        labels: values.labels,
        source: values.source,
        dialect: values.dialect,
        kind: oneOf('kind', values.kind, KINDS) ?? undefined,
        reading: readingSettings(values),
        ...(values.password !== undefined && { password: values.password }),
        threads: threadCount(values.threads),
        timeoutMs: wholeNumber('timeout', values.timeout, 1, 86_400) * 1000,
        signal: io.signal,
        onProgress: (rows) => bar.update(rows),
      })
      bar.done()
      await io.stdout(values.json ? `${JSON.stringify(result)}\n` : importText(result, values.output))
      if (result.interrupted) return 130
      return result.skipped.total > 0 ? 2 : 0
    } finally {
      bar.done()
    }
  },
})

const info = command({
  name: 'info',
  summary: 'count rows, families, duplicates and label clashes',
  usage: 'DIR [options]',
  options: {},
  async run({ values, positionals }, io) {
    const described = await describeCorpus(oneFolder('info', positionals))
    await io.stdout(values.json ? `${JSON.stringify(described)}\n` : corpusText(described, io.colour))
    return 0
  },
})

const exportCommand = command({
  name: 'export',
  summary: 'write a corpus, or the features of a recipe, for other tools',
  usage: 'DIR [-o FILE] [options]',
  details: `Traces go out as NDJSON, one line a sample, or as Parquet. With --features the columns of a recipe go out: as
svmlight, with tables of the columns and rows beside it, as CSV (dense), or as Parquet (row, column, value). The
columns are chosen on all labelled rows, so figures reached on them flatter wherever a recipe selects features.`,
  options: {
    output: {
      type: 'string',
      short: 'o',
      value: 'FILE',
      help: 'where to; - is standard output',
      default: '-',
    },
    format: {
      type: 'string',
      value: 'F',
      help: 'ndjson or parquet; with --features parquet, csv or svmlight',
    },
    features: { type: 'string', value: 'RECIPE', help: 'export the features of this recipe' },
    view: { type: 'string', value: 'VIEW', help: 'opcodes or calls, where the corpus has both' },
  },
  async run({ values, positionals }, io) {
    const folder = oneFolder('export', positionals)
    if (values.output === '-') {
      if (values.features !== undefined || (values.format ?? 'ndjson') !== 'ndjson') {
        throw new UsageError('corpus export: say where to with -o FILE; only NDJSON goes to standard output')
      }
      for await (const line of corpusLines(folder)) {
        io.signal.throwIfAborted()
        await io.stdout(line)
      }
      return 0
    }
    const files = await exportCorpus(folder, values.output, await exportOptions(values), io.signal)
    await io.stdout(values.json ? `${JSON.stringify({ files })}\n` : `${files.join('\n')}\n`)
    return 0
  },
})

async function exportOptions(values: {
  readonly format: string | undefined
  readonly features: string | undefined
  readonly view: string | undefined
}): Promise<ExportOptions> {
  if (values.features === undefined) {
    return { format: oneOf('format', values.format, ['ndjson', 'parquet'] as const) ?? 'ndjson' }
  }
  const recipe = await readRecipe(values.features)
  const format = oneOf('format', values.format, ['parquet', 'csv', 'svmlight'] as const) ?? 'svmlight'
  return { format, recipe, view: oneOf('view', values.view, VIEWS) }
}

const split = command({
  name: 'split',
  summary: 'split a corpus into one to train on and one to test on',
  usage: 'DIR TRAIN TEST [options]',
  details: `By group: neither a content nor a sample stands on both sides, and classes and families have equal shares.
By date: the newest rows are the test side; rows without a date are left out.`,
  options: {
    test: { type: 'string', value: 'SHARE', help: 'share of the test side, between 0 and 1', default: '0.2' },
    by: { type: 'string', value: 'HOW', help: 'group or date', default: 'group' },
    seed: { type: 'string', value: 'N', help: 'seed of the split', default: '0' },
    balanced: { type: 'boolean', help: 'leave out rows until malicious and benign are as many' },
  },
  async run({ values, positionals }, io) {
    const [folder, train, test, ...more] = positionals
    if (folder === undefined || train === undefined || test === undefined || more.length > 0) {
      throw new UsageError('corpus split: three folders are wanted: taxon corpus split DIR TRAIN TEST')
    }
    const counts = await splitCorpus(folder, train, test, {
      test: numberBetween('test', values.test, 0, 1),
      seed: seedOf(values.seed),
      by: oneOf('by', values.by, ['group', 'date'] as const) ?? 'group',
      balanced: values.balanced,
    })
    await io.stdout(values.json ? `${JSON.stringify(counts)}\n` : splitText(counts))
    return 0
  },
})

function oneFolder(name: string, positionals: readonly string[]): string {
  const [folder, ...more] = positionals
  if (folder !== undefined && more.length === 0) return folder
  throw new UsageError(`corpus ${name}: one corpus is wanted, got ${positionals.length}`)
}

/** `taxon corpus`: import, pull, info, export, split. */
export const corpus = commandGroup({
  name: 'corpus',
  summary: 'build, fetch, describe, split and export labelled traces',
  commands: [importCommand, pull, info, exportCommand, split],
})
