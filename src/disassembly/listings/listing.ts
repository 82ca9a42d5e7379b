import type { Architecture } from '../../binaries/index.ts'
import { type Container, opcodeDialect, type Report, type ReportedSample } from '../../samples/index.ts'
import type { Disassembly } from '../disassembly.ts'
import { reportOf } from '../report-of.ts'

/** What wrote a listing. */
export type ListingName = 'ida' | 'objdump' | 'radare2'

/** The instructions that a listing tells, with who wrote it and for which processor. */
export interface Listing extends Disassembly {
  readonly format: ListingName
  readonly architecture: Architecture
  /** What its executable is laid out as; null where the listing does not say. */
  readonly container: Container | null
  /** Lines that look like an instruction but begin with no mnemonic of that processor; they are left out. */
  readonly rejected: number
  /** What is worth saying and makes nothing partial, each a short sentence. */
  readonly remarks: readonly string[]
}

/** How a listing is read. */
export interface ListingOptions {
  /** Most instructions that are kept in order; DEFAULT_MAX_OPCODES by default. */
  readonly maxOpcodes?: number | undefined
  /** What wrote it, where that is known. */
  readonly format?: ListingName | undefined
  /** Its processor, where that is known better than from the listing. */
  readonly architecture?: Architecture | undefined
}

/** A listing in the form that all sources have: its trace has no places where the listing has no addresses. */
export function listingReport(listing: Listing, sample: ReportedSample): Report {
  const { format, container, architecture } = listing
  const report = reportOf(listing, sample, format, opcodeDialect(container, architecture))
  const { trace } = report
  const places = listing.addresses.every(Number.isNaN) ? null : trace.places
  return { ...report, trace: { ...trace, places }, reasons: [...report.reasons, ...listing.remarks] }
}
