import { UsageError } from '../../core/index.ts'
import {
  AVCLASS,
  fetchAvclass,
  type Labelled,
  labelPaths,
  labelReports,
  openAvclass,
  openLabelSources,
} from '../../pipeline/index.ts'
import { command } from '../command.ts'
import { failureLine } from '../failure-line.ts'
import type { Io } from '../io.ts'
import { labelledCsv, labelledCsvTitles, labelledText } from '../labelled-text.ts'
import { wholeText } from '../number-text.ts'
import { printable } from '../printable.ts'

/** `taxon label`: what antivirus engines and lists say of files, and their consensus. */
export const label = command({
  name: 'label',
  summary: 'ask antivirus engines, VirusTotal reports and lists what files are; show consensus and clash',
  usage: 'PATH… [-r] [options]',
  details: `Files are labelled as they lie, archives whole. Without a PATH the samples of the VirusTotal reports are labelled.
Families and categories come of the words in detections as AVClass 2 has it, which needs its files: fetch them once with
--fetch-avclass DIR, then give --avclass DIR or set TAXON_AVCLASS. What was over a limit, timed out or failed is never
called clean. Exit status: 2 where a file or a source failed, else 0.`,
  options: {
    recursive: { type: 'boolean', short: 'r', help: 'go down into folders' },
    clamd: { type: 'string', value: 'ADDRESS', help: "ask clamd: a socket's path, HOST:PORT, or auto" },
    clamscan: { type: 'boolean', help: 'run clamscan, which is slow: it loads its signatures for each file' },
    virustotal: {
      type: 'string',
      value: 'FILE',
      help: 'reports (JSON, v2 or v3, one or many), or a folder of them named by hash',
      multiple: true,
    },
    labels: { type: 'string', value: 'CSV', help: 'labels file, as for corpus import' },
    avclass: { type: 'string', value: 'DIR', help: "AVClass's taxonomy, tagging and expansion" },
    'fetch-avclass': { type: 'string', value: 'DIR', help: 'fetch those from their repository, and end' },
    csv: { type: 'boolean', help: 'print CSV' },
  },
  async run({ values, positionals }, io) {
    const { recursive, clamd, clamscan, virustotal, labels, avclass, json, csv } = values
    if (values['fetch-avclass'] !== undefined) return await fetch(values['fetch-avclass'], json, io)
    const isAsked = clamd !== undefined || clamscan || virustotal.length > 0 || labels !== undefined
    if (!isAsked) throw new UsageError('label: say who to ask: --clamd, --clamscan, --virustotal or --labels')
    if (positionals.length === 0 && virustotal.length === 0) throw new UsageError('label: say which files')
    const shared = {
      avclass: await openAvclass(avclass),
      signal: io.signal,
      onSkip: (path: string, reason: string) =>
        io.stderr(`passed over ${printable(path)}: ${printable(reason)}\n`),
    }
    const asked = {
      ...(clamd !== undefined && { clamd }),
      ...(labels !== undefined && { labels }),
      ...{ clamscan, virusTotal: virustotal },
    }
    const labelled =
      positionals.length === 0
        ? labelReports(virustotal, shared)
        : labelPaths(positionals, {
            ...{ ...shared, recursive },
            sources: await openLabelSources({ ...asked, signal: io.signal, onSkip: shared.onSkip }),
          })
    return await show(labelled, json ? 'json' : csv ? 'csv' : 'text', io)
  },
})

async function show(labelled: AsyncIterable<Labelled>, as: 'json' | 'csv' | 'text', io: Io): Promise<number> {
  let failed = false
  let notes: readonly string[] = []
  if (as === 'csv') await io.stdout(labelledCsvTitles())
  for await (const each of labelled) {
    if ('error' in each) {
      failed = true
      io.stderr(`taxon: ${failureLine(each.sample.path, each.error.message)}\n`)
    } else if (each.consensus.notes.length > 0) notes = each.consensus.notes
    if (as === 'json') await io.stdout(`${JSON.stringify(each)}\n`)
    else if (as === 'csv') await io.stdout(labelledCsv(each))
    else if (!('error' in each)) await io.stdout(labelledText(each, io.colour))
  }
  for (const note of notes) io.stderr(`taxon: ${printable(note, 500)}\n`)
  return failed ? 2 : 0
}

async function fetch(folder: string, json: boolean, io: Io): Promise<number> {
  const { repository, licence } = AVCLASS
  io.stderr(`AVClass's taxonomy, tagging and expansion\nsource   ${repository}\nlicence  ${licence}\n`)
  const files = await fetchAvclass(folder, { signal: io.signal })
  if (json) await io.stdout(`${JSON.stringify({ folder, repository, licence, files })}\n`)
  else {
    const lines = files.map(
      ({ name, bytes, sha256 }) => `${name}: ${wholeText(bytes)} bytes, SHA-256 ${sha256}`,
    )
    await io.stdout(`${lines.join('\n')}\nuse them with --avclass ${printable(folder)}\n`)
  }
  return 0
}
