import { UsageError } from '../../core/index.ts'
import { applyAllowances, classify as classifySamples } from '../../pipeline/index.ts'
import type { Outcome } from '../../samples/index.ts'
import { command } from '../command.ts'
import { wholeText } from '../number-text.ts'
import { threadCount, wholeNumber } from '../option-values.ts'
import { outcomeCsv, outcomeCsvTitles } from '../outcome-csv.ts'
import { outcomeText } from '../outcome-text.ts'
import { printable } from '../printable.ts'
import { readingOptions, readingSettings } from '../reading-options.ts'

/** `taxon classify`: verdicts for people, as JSON lines or as CSV; the exit status tells the worst. */
export const classify = command({
  name: 'classify',
  summary: 'say of each sample whether it is malicious or benign, how sure, and why',
  usage: 'PATH…|- [options]',
  details: `A path is an executable (PE or ELF), a listing of one (IDA Pro, objdump, radare2), a sandbox report or a
traces file, plain or packed by gzip or zstd; a zip or tar of them, a sandbox's storage folder, or with -r any
folder; - is standard input. What a path is, is seen from its content. Samples are never run, and only
--disassembler ida puts one on disk, where IDA reads it.
Exit status: 1 something malicious, else 2 an error, else 3 something unknown or partial, else 0.`,
  options: {
    recursive: { type: 'boolean', short: 'r', help: 'go down into folders' },
    model: {
      type: 'string',
      short: 'm',
      value: 'FILE',
      multiple: true,
      help: 'use this model, not the shipped ones',
    },
    store: { type: 'string', value: 'DIR', help: 'apply the allow-list of this store of samples' },
    csv: { type: 'boolean', help: 'print CSV' },
    evidence: { type: 'string', value: 'N', default: '5', help: 'features shown as evidence' },
    threads: { type: 'string', value: 'N', help: 'threads, all cores by default' },
    timeout: { type: 'string', value: 'SECONDS', default: '600', help: 'longest time for one file' },
    ...readingOptions,
    'exit-zero': { type: 'boolean', help: 'exit with 0 whatever is found' },
  },
  async run({ values, positionals }, io) {
    if (positionals.length === 0)
      throw new UsageError('classify: say what: files, folders with -r, or - for standard input')
    if (values.json && values.csv) throw new UsageError('classify: --json or --csv, not both')
    const show = (outcome: Outcome) => {
      if (values.json) return `${JSON.stringify(outcome)}\n`
      return values.csv ? outcomeCsv(outcome) : outcomeText(outcome, io.colour)
    }
    const tally = new Map<string, number>()
    const count = (what: string) => tally.set(what, (tally.get(what) ?? 0) + 1)
    const bar = io.progress('classifying', null)
    let skipped = 0
    const judged = classifySamples(positionals, {
      recursive: values.recursive,
      models: values.model,
      threads: threadCount(values.threads),
      timeoutMs: wholeNumber('timeout', values.timeout, 1, 86_400) * 1000,
      evidence: { features: wholeNumber('evidence', values.evidence, 0, 1000) },
      reading: readingSettings(values),
      ...(values.password === undefined ? {} : { password: values.password }),
      signal: io.signal,
      onSkip: (path, reason) => {
        bar.done()
        if (++skipped <= MAX_SKIPPED_SHOWN)
          io.stderr(`passed over ${printable(path)}: ${printable(reason)}\n`)
      },
      onProgress: (done) => bar.update(done),
    })
    const { store } = values
    const outcomes = store === undefined ? judged : applyAllowances(judged, { folder: store })
    if (values.csv) await io.stdout(outcomeCsvTitles())
    try {
      for await (const outcome of outcomes) {
        if (io.isTTY) bar.done()
        await io.stdout(show(outcome))
        count('error' in outcome ? 'failed' : outcome.verdict)
        if (!('error' in outcome) && outcome.state === 'partial') count('partial')
      }
    } finally {
      bar.done()
    }
    if (!values.json && !values.csv) await io.stdout(summary(tally))
    const untold = skipped - MAX_SKIPPED_SHOWN
    if (untold > 0) io.stderr(`passed over ${wholeText(untold)} more\n`)
    return values['exit-zero'] ? 0 : exitStatus(tally)
  },
})

/** Things passed over that are named one by one, so that nobody takes them for clean. */
const MAX_SKIPPED_SHOWN = 5

function exitStatus(tally: ReadonlyMap<string, number>): number {
  const any = (what: string) => (tally.get(what) ?? 0) > 0
  if (any('malicious')) return 1
  if (any('failed')) return 2
  return any('unknown') || any('partial') ? 3 : 0
}

function summary(tally: ReadonlyMap<string, number>): string {
  const kinds = ['malicious', 'benign', 'unknown', 'failed']
  const total = kinds.reduce((sum, kind) => sum + (tally.get(kind) ?? 0), 0)
  const parts = kinds.filter((kind) => tally.has(kind)).map((kind) => `${tally.get(kind)} ${kind}`)
  return total > 1 ? `\n${wholeText(total)} samples: ${parts.join(', ')}\n` : ''
}
