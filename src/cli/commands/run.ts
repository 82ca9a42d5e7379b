import { UsageError } from '../../core/index.ts'
import { checkRun, type RunSettings, readRunSettings, runStore } from '../../pipeline/index.ts'
import { command } from '../command.ts'
import type { Io } from '../io.ts'
import { jsonLine } from '../json-line.ts'
import { printable } from '../printable.ts'
import { eventText, runStatus } from '../run-text.ts'

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
    const write = (text: string) => {
      // One after another: whoever reads slowly is waited for at the end.
      written = written.then(() => io.stdout(text))
    }
    try {
      await runStore(settings, {
        once: values.once,
        again: values.again,
        signal: io.signal,
        onEvent(event) {
          if (event.event === 'verdict' && event.verdict === 'malicious') malicious++
          if (values.json) return write(jsonLine(event))
          const told = eventText(event, io.colour)
          if (told === null) return
          status.hide()
          if (told.to === 'stdout') write(told.text)
          else io.stderr(told.text)
        },
        onCounts: status.show,
      })
    } finally {
      status.hide()
      await written
    }
    if (io.signal.aborted) return 130
    return malicious > 0 ? 1 : 0
  },
})

async function check(path: string, settings: RunSettings, json: boolean, io: Io): Promise<number> {
  const problems = await checkRun(settings)
  if (json) await io.stdout(jsonLine({ settings, problems }))
  else if (problems.length === 0) await io.stdout(`${path}: all settings are right\n`)
  else for (const problem of problems) await io.stdout(`${printable(problem, 1000)}\n`)
  return problems.length > 0 ? 2 : 0
}
