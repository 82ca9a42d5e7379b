import { csvLine, UsageError } from '../../core/index.ts'
import { classify as classifySamples } from '../../pipeline/index.ts'
import type { Outcome, Place } from '../../samples/index.ts'
import { command } from '../command.ts'
import type { Io } from '../io.ts'
import { wholeText } from '../number-text.ts'
import { threadCount, wholeNumber } from '../option-values.ts'
import { printable } from '../printable.ts'
import { styled } from '../table.ts'

/** `taxon classify`: verdicts for people, as JSON lines or as CSV; the exit status tells the worst. */
export const classify = command({
  name: 'classify',
  summary: 'say of each sample whether it is malicious or benign, how sure, and why',
  usage: 'PATH…|- [options]',
  details: `A path is a sandbox report or a traces file (plain, gzip, zstd), a zip or tar of them, a sandbox's storage
folder, or with -r any folder; - is standard input. What a path is, is seen from its content.
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
    csv: { type: 'boolean', help: 'print CSV' },
    evidence: { type: 'string', value: 'N', default: '5', help: 'features shown as evidence' },
    threads: { type: 'string', value: 'N', help: 'threads, all cores by default' },
    timeout: { type: 'string', value: 'SECONDS', default: '600', help: 'longest time for one file' },
    'max-calls': { type: 'string', value: 'N', help: 'calls whose order is kept for each report' },
    password: { type: 'string', value: 'WORD', help: 'of encrypted zip members (infected by custom)' },
    'exit-zero': { type: 'boolean', help: 'exit with 0 whatever is found' },
  },
  async run({ values, positionals }, io) {
    if (positionals.length === 0)
      throw new UsageError('classify: say what: files, folders with -r, or - for standard input')
    if (values.json && values.csv) throw new UsageError('classify: --json or --csv, not both')
    const show = values.json ? showJson : values.csv ? showCsv : showLines
    const tally = new Map<string, number>()
    const count = (what: string) => tally.set(what, (tally.get(what) ?? 0) + 1)
    const bar = io.progress('classifying', null)
    let skipped = 0
    const maxCalls = values['max-calls']
    const outcomes = classifySamples(positionals, {
      recursive: values.recursive,
      models: values.model,
      threads: threadCount(values.threads),
      timeoutMs: wholeNumber('timeout', values.timeout, 1, 86_400) * 1000,
      evidence: { features: wholeNumber('evidence', values.evidence, 0, 1000) },
      ...(maxCalls === undefined ? {} : { maxCalls: wholeNumber('max-calls', maxCalls, 1, 100_000_000) }),
      ...(values.password === undefined ? {} : { password: values.password }),
      signal: io.signal,
      onSkip: (path, reason) => {
        bar.done()
        if (++skipped <= MAX_SKIPPED_SHOWN)
          io.stderr(`passed over ${printable(path)}: ${printable(reason)}\n`)
      },
      onProgress: (done) => bar.update(done),
    })
    if (values.csv) await io.stdout(csvLine(CSV_COLUMNS))
    try {
      for await (const outcome of outcomes) {
        if (io.isTTY) bar.done()
        await io.stdout(show(outcome, io))
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

function showJson(outcome: Outcome): string {
  return `${JSON.stringify(outcome)}\n`
}

const CSV_COLUMNS = [
  'path',
  'sha256',
  'view',
  'verdict',
  'probability',
  'family',
  'category',
  'state',
  'tokens',
  'reasons',
]

function showCsv(outcome: Outcome): string {
  if ('error' in outcome) {
    return csvLine([
      outcome.sample.path,
      null,
      null,
      'error',
      null,
      null,
      null,
      null,
      null,
      outcome.error.message,
    ])
  }
  const { sample, view, verdict, probability, family, category, state, trace, reasons } = outcome
  const why = reasons.join('; ')
  return csvLine([
    sample.path,
    sample.sha256,
    view,
    verdict,
    probability,
    family,
    category,
    state,
    trace.tokens,
    why,
  ])
}

const COLOURS = { malicious: 'red', benign: 'green', unknown: 'yellow' } as const
const INDENT = ' '.repeat(18)

function showLines(outcome: Outcome, { colour }: Io): string {
  if ('error' in outcome) {
    const path = printable(outcome.sample.path)
    return `${styled('error'.padEnd(16), 'yellow', colour)}  ${path}\n${INDENT}${printable(outcome.error.message, 500)}\n`
  }
  const { sample, verdict, probability, family, category, state, trace, reasons, evidence } = outcome
  const sure = probability === null ? '    –' : probability.toFixed(3)
  const head = `${styled(verdict.padEnd(9), COLOURS[verdict], colour)}  ${sure}`
  const names = [family, category].filter((name) => name !== null).map((name) => printable(name))
  const size = `${wholeText(trace.tokens)} ${trace.tokens === 1 ? outcome.view.slice(0, -1) : outcome.view}`
  const about = [...names, size, ...(state === 'partial' ? ['partial'] : [])].join(', ')
  const lines = [`${head}  ${printable(sample.path)}  ${styled(about, 'dim', colour)}`]
  for (const reason of reasons) lines.push(`${INDENT}${printable(reason, 500)}`)
  for (const { feature, contribution, places } of evidence) {
    const sign = contribution < 0 ? '−' : '+'
    const where = places.map(placeText).join(', ')
    const amount = `${sign}${Math.abs(contribution).toFixed(2)}`
    lines.push(`${INDENT}${amount}  ${printable(feature)}${where && styled(`  at ${where}`, 'dim', colour)}`)
  }
  return `${lines.join('\n')}\n`
}

function placeText(place: Place): string {
  if ('address' in place) return place.address
  if (place.pid !== null) return `pid ${place.pid} call ${place.call}`
  return place.process === null ? `call ${place.call}` : `process ${place.process} call ${place.call}`
}

function summary(tally: ReadonlyMap<string, number>): string {
  const kinds = ['malicious', 'benign', 'unknown', 'failed']
  const total = kinds.reduce((sum, kind) => sum + (tally.get(kind) ?? 0), 0)
  const parts = kinds.filter((kind) => tally.has(kind)).map((kind) => `${tally.get(kind)} ${kind}`)
  return total > 1 ? `\n${wholeText(total)} samples: ${parts.join(', ')}\n` : ''
}
