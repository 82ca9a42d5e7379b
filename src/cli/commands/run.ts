import { UsageError } from '../../core/index.ts'
import {
  checkRun,
  type RunEvent,
  type RunSettings,
  readRunSettings,
  runStore,
  type StepCount,
} from '../../pipeline/index.ts'
import { command } from '../command.ts'
import type { Io } from '../io.ts'
import { jsonLine } from '../json-line.ts'
import { printable } from '../printable.ts'
import { eventText, leftText, runStatus } from '../run-text.ts'

/** `taxon run`: from an IDS's files to verdicts, unattended. */
export const run = command({
  name: 'run',
  summary: 'take in files, label, disassemble, sandbox and judge them, unattended',
  usage: 'SETTINGS [options]',
  details: `SETTINGS is a file in TOML or YAML: where files come from, the store, who labels, which sandbox, which models, who
is told; docs/run.md has each setting. Every step is recorded for each sample: after a crash or a kill at any moment
the same command goes on, and nothing is lost. Ctrl-C ends it in order.

  taxon run taxon.toml --check
  taxon run taxon.toml
  taxon run taxon.toml --once --json > events.ndjson`,
  options: {
    check: {
      type: 'boolean',
      help: 'say whether the settings are right and what they name is there, and end',
    },
    once: { type: 'boolean', help: 'end when all that is there is done' },
    again: { type: 'boolean', help: 'try once more what failed in earlier runs' },
  },
  async run({ values, positionals }, io) {
    const [path, ...others] = positionals
    if (path === undefined || others.length > 0) throw new UsageError('run: say which settings file')
    const settings = await readRunSettings(path)
    if (values.check) return await check(path, settings, values.json, io)
    const status = runStatus(io)
    let malicious = 0
    let written: Promise<void> = Promise.resolve()
    let waiting = 0
    let counts: readonly StepCount[] = []
    const write = (text: string) => {
      waiting++
      written = written.then(() => io.stdout(text)).finally(() => waiting--)
    }
    try {
      await runStore(settings, {
        once: values.once,
        again: values.again,
        signal: io.signal,
        onEvent(event) {
          if (event.event === 'verdict' && isAlert(event)) malicious++
          if (values.json) return write(jsonLine(event))
          const told = eventText(event, io.colour)
          if (told === null) return
          status.hide()
          if (told.to === 'stdout') write(told.text)
          else io.stderr(told.text)
        },
        // Whoever reads slowly is waited for.
        ready: async () => {
          if (waiting > MAX_WAITING) await written
        },
        onCounts(now) {
          counts = now
          status.show(now)
        },
      })
    } finally {
      status.hide()
      await written
    }
    const left = leftText(counts)
    if (left !== null && values.once && !values.json) io.stderr(left)
    if (io.signal.aborted) return 130
    return malicious > 0 ? 1 : 0
  },
})

/** Lines that wait for whoever reads them. */
const MAX_WAITING = 1000

/** What somebody must look at: malicious by a model, or by what labels agree on, and not allowed. */
function isAlert({ verdict, labels, allowed }: Extract<RunEvent, { event: 'verdict' }>): boolean {
  return verdict === 'malicious' || (labels?.malicious === 1 && allowed === null)
}

async function check(path: string, settings: RunSettings, json: boolean, io: Io): Promise<number> {
  const problems = await checkRun(settings)
  if (json) await io.stdout(jsonLine({ problems }))
  else if (problems.length === 0) await io.stdout(`${path}: all settings are right\n`)
  else for (const problem of problems) await io.stdout(`${printable(problem, 1000)}\n`)
  return problems.length > 0 ? 2 : 0
}
