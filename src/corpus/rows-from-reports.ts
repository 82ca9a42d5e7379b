import { basename } from 'node:path'
import { type Kind, knowsLess, type Label, type Report } from '../samples/index.ts'
import { traceGroup } from './content.ts'
import type { Labels } from './labels.ts'
import { applyNotes } from './notes.ts'
import type { Row } from './row.ts'
import { asKind, takeSets } from './sets.ts'

/** How reports become rows. */
export interface ReportsToRows {
  /** Path of the file, as shown to the user; names samples that have no other name. */
  readonly path: string
  /** Name of the source; by default the sandbox format, of a traces file its name without endings. */
  readonly source?: string | undefined
  /** Dialect of the traces, where it is other than the reports say. */
  readonly dialect?: string | undefined
  /** Reduce every trace to this kind; by default traces stay as they are but for sets that pose as sequences. */
  readonly kind?: Kind | undefined
  /** Labels that go before those of a traces file. */
  readonly labels?: Labels | undefined
  /** Told when sequences are taken as sets; with the number of traces looked at. */
  readonly onSets?: (lookedAt: number) => void
  /** Told of each trace that knows too little for `kind`. */
  readonly onSkip?: (problem: string) => void
}

/** The rows of one file's reports, in its order. */
export function rowsFromReports(reports: AsyncIterable<Report>, options: ReportsToRows): AsyncGenerator<Row> {
  const rows = everyRow(reports, options)
  return options.kind === undefined ? takeSets(rows, options.onSets ?? (() => {})) : rows
}

async function* everyRow(reports: AsyncIterable<Report>, options: ReportsToRows): AsyncGenerator<Row> {
  const { kind } = options
  for await (const report of reports) {
    const row = rowFromReport(report, options)
    if (kind === undefined) yield row
    else if (knowsLess(row.trace.kind, kind)) {
      options.onSkip?.(`${row.id}: a trace of kind ${row.trace.kind} cannot become a ${kind}`)
    } else yield asKind(row, kind)
  }
}

function rowFromReport(report: Report, { path, source, dialect, labels }: ReportsToRows): Row {
  const { sample, format } = report
  const name = basename(path)
  const id = report.id ?? sample.sha256 ?? path
  const from = source ?? (format === 'traces' ? plainName(name) : format)
  const names = [id, sample.sha256, sample.sha1, sample.md5, sample.name, name, plainName(name)]
  const row = {
    id,
    source: from,
    trace: dialect === undefined ? report.trace : { ...report.trace, dialect },
    label: labels?.find(names) ?? withAuthor(report.label, from),
    state: report.state,
    extra: report.extra,
  }
  const noted = applyNotes(row)
  const kept = {
    ...noted,
    // What the user says now goes before what the line remembers of an earlier corpus.
    source: source ?? noted.source,
    trace: dialect === undefined ? noted.trace : { ...noted.trace, dialect },
  }
  return { ...kept, group: traceGroup(kept.trace) }
}

/** A label that says something says who said it. */
function withAuthor(label: Label, source: string): Label {
  const says = label.malicious !== null || label.family !== null || label.category !== null
  return says && label.by === null ? { ...label, by: source } : label
}

/** `malbehavd-v1` of `malbehavd-v1.jsonl.gz`; of a listing without `.asm` or `.lst`. */
function plainName(name: string): string {
  return name.replace(/\.(gz|zst|zstd)$/i, '').replace(/\.(jsonl|ndjson|json|asm|lst)$/i, '') || name
}
