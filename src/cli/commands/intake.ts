import { UsageError } from '../../core/index.ts'
import {
  checkSuricata,
  type IntakeProblem,
  type IntakeSource,
  settingText,
  suricataRules,
  suricataSettings,
  watchIntake,
} from '../../pipeline/index.ts'
import { arrivalText } from '../arrival-text.ts'
import { command, commandGroup } from '../command.ts'
import { failureLine } from '../failure-line.ts'
import { jsonLine } from '../json-line.ts'
import { numberBetween } from '../option-values.ts'
import { printable } from '../printable.ts'

/** Characters of a line about a setting. */
const MAX_SHOWN = 500

const watch = command({
  name: 'watch',
  summary: 'tell of each file that Suricata, Zeek or a folder has',
  usage: '--suricata EVE --filestore DIR | --zeek LOG --extracted DIR | --folder DIR [options]',
  details: `Follows the log through rotation from its beginning, or looks at the folder again and again, until Ctrl-C. A file that
is known to be cut is told with the reasons. With --sweep also what lies in the file-store without an event.
Exit status: with --once 2 where there were problems; else 0.`,
  options: {
    suricata: { type: 'string', value: 'EVE', help: 'its eve.json' },
    filestore: { type: 'string', value: 'DIR', help: 'the folder of its file-store, version 2' },
    sweep: { type: 'boolean', help: 'tell of files in the file-store that no event tells of' },
    zeek: { type: 'string', value: 'LOG', help: 'its files.log, JSON or text' },
    extracted: { type: 'string', value: 'DIR', help: 'the folder of its extracted files' },
    folder: { type: 'string', value: 'DIR', help: 'a folder that files are put into' },
    recursive: { type: 'boolean', short: 'r', help: 'go down into folders' },
    settle: {
      type: 'string',
      value: 'SECONDS',
      default: '2',
      help: 'how long a file in a folder must not have changed',
    },
    once: { type: 'boolean', help: 'end where there is nothing more' },
  },
  async run({ values }, io) {
    const source = sourceOf(values)
    let problems = 0
    // Problems come while nothing can be waited for; they are told before what comes next.
    let owed = ''
    const onProblem = (problem: IntakeProblem) => {
      problems++
      if (values.json) owed += jsonLine({ problem })
      else io.stderr(`taxon: ${failureLine(problem.subject, `${problem.subject}: ${problem.problem}`)}\n`)
    }
    const pay = async () => {
      const lines = owed
      owed = ''
      if (lines !== '') await io.stdout(lines)
    }
    for await (const found of watchIntake(source, { once: values.once, signal: io.signal, onProblem })) {
      await pay()
      const { arrival, ...inspected } = found
      await io.stdout(values.json ? jsonLine({ ...arrival, ...inspected }) : arrivalText(found))
    }
    await pay()
    if (io.signal.aborted) return 130
    return problems > 0 ? 2 : 0
  },
})

function sourceOf(values: {
  readonly suricata: string | undefined
  readonly filestore: string | undefined
  readonly sweep: boolean
  readonly zeek: string | undefined
  readonly extracted: string | undefined
  readonly folder: string | undefined
  readonly recursive: boolean
  readonly settle: string
}): IntakeSource {
  const { suricata, filestore, zeek, extracted, folder, sweep, recursive } = values
  const given = [suricata, zeek, folder].filter((each) => each !== undefined)
  if (given.length !== 1) {
    throw new UsageError('intake watch: say what to watch: one of --suricata EVE, --zeek LOG, --folder DIR')
  }
  if (suricata !== undefined) {
    if (filestore === undefined)
      throw new UsageError('intake watch: say where the file-store is with --filestore DIR')
    return { type: 'suricata', eve: suricata, filestore, sweep }
  }
  if (zeek !== undefined) {
    if (extracted === undefined)
      throw new UsageError('intake watch: say where the extracted files are with --extracted DIR')
    return { type: 'zeek', log: zeek, extracted }
  }
  const settleMs = numberBetween('settle', values.settle, 0, 86_400) * 1000
  return { type: 'folder', folder: folder!, recursive, settleMs }
}

const settings = command({
  name: 'suricata-settings',
  summary: 'print the part of suricata.yaml that keeps files whole',
  usage: '[options]',
  options: {
    rules: { type: 'boolean', help: 'print rules that store only executables and archives' },
  },
  async run({ values }, io) {
    const text = values.rules ? suricataRules() : suricataSettings()
    await io.stdout(values.json ? jsonLine({ [values.rules ? 'rules' : 'settings']: text }) : text)
    return 0
  },
})

const check = command({
  name: 'check',
  summary: 'name each setting of a suricata.yaml that loses or cuts files',
  usage: 'SURICATA.YAML [options]',
  details: 'Exit status: 0 when files are stored whole, else 2.',
  options: {},
  async run({ values, positionals }, io) {
    const [path, ...more] = positionals
    if (path === undefined || more.length > 0)
      throw new UsageError('intake check: one suricata.yaml is wanted')
    const checked = await checkSuricata(path)
    const lines = [
      ...checked.wrong.map((each) => printable(settingText(each), MAX_SHOWN)),
      ...checked.notes.map((note) => printable(`note: ${note}`, MAX_SHOWN)),
    ]
    if (checked.wrong.length === 0) lines.unshift('files are stored, and whole')
    await io.stdout(values.json ? jsonLine(checked) : `${lines.join('\n')}\n`)
    return checked.wrong.length === 0 ? 0 : 2
  },
})

/** `taxon intake`: watch, check, suricata-settings. */
export const intake = commandGroup({
  name: 'intake',
  summary: 'take files from Suricata, Zeek or a folder',
  commands: [watch, check, settings],
})
