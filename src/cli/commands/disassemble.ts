import { UsageError } from '../../core/index.ts'
import { disassemblePaths, whatWasFound } from '../../pipeline/index.ts'
import type { ExecutableSummary, Report } from '../../samples/index.ts'
import { command } from '../command.ts'
import { failureLine } from '../failure-line.ts'
import type { Io } from '../io.ts'
import { opcodeJson, opcodeText } from '../opcode-lines.ts'
import { printable } from '../printable.ts'
import { readingOptions, readingSettings } from '../reading-options.ts'
import { signerText } from '../signer-text.ts'
import { table } from '../table.ts'

/** `taxon disassemble`: the opcodes of executables and listings, a line each; a summary on standard error. */
export const disassemble = command({
  name: 'disassemble',
  summary: 'print the opcodes of executables and listings with their addresses',
  usage: 'PATH…|- [options]',
  details: `A path is an executable (PE or ELF) or a listing (IDA Pro, objdump, radare2), plain or packed by gzip or zstd,
in a zip or tar, or with -r in a folder; - is standard input. With --json each instruction is an object on a
line of its own. Format, processor, sections and what is odd about a file go to standard error; --info prints
them alone.`,
  options: {
    recursive: { type: 'boolean', short: 'r', help: 'go down into folders' },
    info: { type: 'boolean', help: 'print what the headers say, and no opcodes' },
    ...readingOptions,
  },
  async run({ values, positionals }, io) {
    if (positionals.length === 0)
      throw new UsageError('disassemble: say what: executables, listings, or - for standard input')
    const samples = disassemblePaths(positionals, {
      recursive: values.recursive,
      reading: { ...readingSettings(values), addresses: !values.info },
      ...(values.password !== undefined && { password: values.password }),
      onSkip: (path, reason) => io.stderr(`passed over ${printable(path)}: ${printable(reason)}\n`),
      signal: io.signal,
    })
    let failed = false
    for await (const sample of samples) {
      if ('error' in sample) {
        failed = true
        io.stderr(`taxon: ${failureLine(sample.sample.path, sample.error.message)}\n`)
      } else if (values.info) await io.stdout(infoOf(sample.path, sample.report, values.json, io.colour))
      else await print(sample.path, sample.report, values.json, io)
    }
    return failed ? 2 : 0
  },
})

async function print(path: string, report: Report, json: boolean, io: Io): Promise<void> {
  io.stderr(`${printable(path)}: ${printable(whatWasFound(report), 500)}\n`)
  for (const reason of report.reasons) io.stderr(`  ${printable(reason, 500)}\n`)
  for (const piece of json ? opcodeJson(report, path) : opcodeText(report)) {
    io.signal.throwIfAborted()
    await io.stdout(piece)
  }
}

/** What is known of a sample but for its opcodes, for people or as a line of JSON. */
function infoOf(path: string, report: Report, json: boolean, colour: boolean): string {
  const { sample, format, executable, state, reasons, trace } = report
  if (json) {
    const counts = { length: trace.length, distinct: trace.tally.tokens.length }
    const { dialect } = trace
    return `${JSON.stringify({ path, ...sample, format, dialect, opcodes: counts, executable, state, reasons })}\n`
  }
  const lines = [
    `${printable(path)}: ${printable(whatWasFound(report), 500)}`,
    ...(sample.sha256 === null ? [] : [`sha256 ${sample.sha256}`]),
    ...(executable?.signer ? [signerText(executable.signer)] : []),
    ...reasons.map((reason) => printable(reason, 500)),
  ]
  return `${lines.join('\n')}\n${executable ? `\n${sectionTable(executable, colour)}` : ''}`
}

function sectionTable({ sections, moreSections }: ExecutableSummary, colour: boolean): string {
  const right = (title: string) => ({ title, align: 'right' as const })
  const columns = [
    { title: 'section' },
    right('address'),
    right('bytes'),
    right('entropy'),
    { title: 'code' },
  ]
  const rows = sections.map(({ name, address, size, entropy, isExecutable }) => [
    printable(name, 40),
    ...[address, String(size), entropy.toFixed(2)],
    isExecutable ? 'yes' : '',
  ])
  return `${table(columns, rows, colour)}${moreSections > 0 ? `and ${moreSections} more\n` : ''}`
}
