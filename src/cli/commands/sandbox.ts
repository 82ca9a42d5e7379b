import { UsageError } from '../../core/index.ts'
import {
  ANALYSIS_OPTIONS,
  type AnalysisOptions,
  type SandboxAddress,
  type SubmitOutcome,
  sandboxFromEnvironment,
  sandboxState,
  submitPaths,
} from '../../pipeline/index.ts'
import { command, commandGroup, type Options, type Values } from '../command.ts'
import { failureLine } from '../failure-line.ts'
import { wholeText } from '../number-text.ts'
import { numberBetween, sizeInBytes, wholeNumber } from '../option-values.ts'
import { printable } from '../printable.ts'
import { serverStateText, submitOutcomeJson, submitOutcomeText } from '../sandbox-text.ts'

const addressOptions = {
  cuckoo: { type: 'string', value: 'URL', help: 'a Cuckoo 2 by the address of its API' },
  cape: { type: 'string', value: 'URL', help: 'a CAPEv2 by the address of its web server' },
  'token-file': { type: 'string', value: 'FILE', help: 'file that holds the token and nothing else' },
} as const satisfies Options

function addressOf(values: Values<typeof addressOptions>): SandboxAddress {
  const { cuckoo, cape, 'token-file': tokenFile } = values
  if (cuckoo !== undefined && cape !== undefined)
    throw new UsageError('sandbox: --cuckoo or --cape, not both')
  const [kind, url] = cuckoo === undefined ? ['cape', cape] : ['cuckoo', cuckoo]
  const named = url === undefined ? sandboxFromEnvironment() : { kind, url }
  if (!named) throw new UsageError('sandbox: say which with --cuckoo URL or --cape URL')
  return tokenFile === undefined ? named : { ...named, tokenFile }
}

const submit = command({
  name: 'submit',
  summary: 'have a Cuckoo or CAPE run samples, wait for the reports and keep them',
  usage: 'PATH… --cuckoo URL|--cape URL --out DIR [options]',
  details: `Each file is a sample: in a zip (with the password infected) each member, with -r each file below a folder. A report
is read while it comes, whatever its size, and kept as DIR/<sha256>.json.gz; DIR/tasks says how far each sample
is. After Ctrl-C, a failure of the network or a kill the same command goes on: what was submitted is not
submitted again. The variables TAXON_CUCKOO or TAXON_CAPE, and TAXON_SANDBOX_TOKEN_FILE, stand in for the options.
--set passes ${ANALYSIS_OPTIONS.join(', ')}
to the sandbox in its own words, e.g. --set timeout=120 --set package=dll.
Exit status: 2 where a sample has no report, else 3 where a report is not whole, else 0.`,
  options: {
    ...addressOptions,
    out: { type: 'string', short: 'o', value: 'DIR', help: 'folder of the reports' },
    recursive: { type: 'boolean', short: 'r', help: 'go down into folders' },
    timeout: {
      type: 'string',
      value: 'SECONDS',
      default: '7200',
      help: 'longest wait for one report',
    },
    limit: { type: 'string', value: 'N', default: '8', help: 'samples with the sandbox at once' },
    rate: { type: 'string', value: 'N', help: 'most submissions a minute' },
    poll: {
      type: 'string',
      value: 'SECONDS',
      default: '2',
      help: 'first wait between two looks at a task; later ones are longer',
    },
    set: {
      type: 'string',
      value: 'NAME=VALUE',
      multiple: true,
      help: 'how the sandbox is to run the samples',
    },
    again: { type: 'boolean', help: 'submit what failed before once more' },
    'max-bytes': { type: 'string', value: 'SIZE', help: 'most bytes of one report (default 8GiB)' },
    password: { type: 'string', value: 'WORD', help: 'of encrypted zip members (infected by custom)' },
  },
  async run({ values, positionals }, io) {
    if (positionals.length === 0) throw new UsageError('sandbox submit: say what: files, or folders with -r')
    if (values.out === undefined) throw new UsageError('sandbox submit: say where reports go with --out DIR')
    const bar = io.progress('settled', null)
    const tally = new Map<string, number>()
    const count = (what: string) => tally.set(what, (tally.get(what) ?? 0) + 1)
    let done = 0
    const onOutcome = async (outcome: SubmitOutcome) => {
      done++
      count('error' in outcome ? 'failed' : outcome.settlement.state)
      if (isPartial(outcome)) count('partial')
      if (io.isTTY) bar.done()
      if (values.json) await io.stdout(submitOutcomeJson(outcome))
      else if ('error' in outcome) io.stderr(`taxon: ${failureLine(outcome.path, outcome.error.message)}\n`)
      else await io.stdout(submitOutcomeText(outcome, io.colour))
    }
    const { rate, password, 'max-bytes': maxBytes } = values
    try {
      await submitPaths(positionals, addressOf(values), {
        folder: values.out,
        recursive: values.recursive,
        again: values.again,
        analysis: analysisOf(values.set),
        inFlight: wholeNumber('limit', values.limit, 1, 1000),
        timeoutMs: numberBetween('timeout', values.timeout, 1, 30 * 86_400) * 1000,
        pollMs: numberBetween('poll', values.poll, 0.01, 3600) * 1000,
        ...(rate !== undefined && { intervalMs: 60_000 / numberBetween('rate', rate, 0.01, 60_000) }),
        ...(maxBytes !== undefined && { maxReportBytes: sizeInBytes('max-bytes', maxBytes) }),
        ...(password !== undefined && { password }),
        signal: io.signal,
        onOutcome,
        onSkip: (path, reason) => io.stderr(`passed over ${printable(path)}: ${printable(reason)}\n`),
        onStates: (counts) =>
          bar.update(done, null, [...counts].map(([state, n]) => `${n} ${state}`).join(', ')),
      })
    } finally {
      bar.done()
    }
    if (!values.json && done > 1) await io.stdout(`\n${summary(tally, done)}\n`)
    if (tally.has('failed') || tally.has('unsettled')) return 2
    return tally.has('partial') ? 3 : 0
  },
})

function isPartial(outcome: SubmitOutcome): boolean {
  if ('error' in outcome || outcome.settlement.state !== 'read') return false
  return outcome.settlement.read.completeness === 'partial'
}

function summary(tally: ReadonlyMap<string, number>, done: number): string {
  const parts = [...tally].map(([what, n]) => `${wholeText(n)} ${what}`)
  const rest = tally.has('unsettled') ? '; the same command goes on with what is unsettled' : ''
  return `${wholeText(done)} samples: ${parts.join(', ')}${rest}`
}

/** The settings of the analysis. @throws UsageError for others than both sandboxes know */
function analysisOf(settings: readonly string[]): AnalysisOptions {
  const pairs = settings.map((setting) => {
    const [name, ...value] = setting.split('=')
    const known = ANALYSIS_OPTIONS.find((each) => each === name)
    if (known && value.length > 0) return [known, value.join('=')] as const
    throw new UsageError(
      `--set: one of ${ANALYSIS_OPTIONS.join(', ')} with its value is wanted, got ${JSON.stringify(setting)}`,
    )
  })
  return Object.fromEntries(pairs)
}

const status = command({
  name: 'status',
  summary: 'show what a sandbox says of itself: version, machines, tasks',
  usage: '--cuckoo URL|--cape URL [options]',
  options: addressOptions,
  async run({ values, positionals }, io) {
    if (positionals.length > 0)
      throw new UsageError('sandbox status: the address is given with --cuckoo or --cape')
    const found = await sandboxState(addressOf(values), io.signal)
    await io.stdout(
      values.json
        ? `${JSON.stringify({ sandbox: found.sandbox, ...found.state })}\n`
        : serverStateText(found),
    )
    return 0
  },
})

/** `taxon sandbox`: what is asked of a Cuckoo or CAPE. */
export const sandbox = commandGroup({
  name: 'sandbox',
  summary: 'have a Cuckoo or CAPE sandbox run samples, and fetch the reports',
  commands: [submit, status],
})
