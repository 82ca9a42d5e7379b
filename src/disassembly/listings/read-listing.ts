import { peek, UnknownFormatError } from '../../core/index.ts'
import { DEFAULT_MAX_OPCODES } from '../disassembly.ts'
import { idaListing } from './ida-listing.ts'
import { eachLine, headOf } from './lines.ts'
import type { Listing, ListingOptions } from './listing.ts'
import type { ListingFormat } from './listing-format.ts'
import { listingOf, newReading, takeLine } from './listing-reading.ts'
import { objdumpListing } from './objdump-listing.ts'
import { radare2Listing } from './radare2-listing.ts'

/** The formats in the order in which they are tried: what is told with certainty first. */
export const listingFormats: readonly ListingFormat[] = [objdumpListing, idaListing, radare2Listing]

/** Bytes of a listing by which its format and processor are told. */
export const LISTING_HEAD_BYTES = 65_536

/** Whether text begins like a listing that taxon reads; `LISTING_HEAD_BYTES` of it are enough to tell. */
export function isListing(head: Uint8Array): boolean {
  return formatOf(headOf(head)) !== null
}

function formatOf(head: string): ListingFormat | null {
  if (head.includes('\0')) return null
  return listingFormats.find(({ accepts }) => accepts(head)) ?? null
}

/**
 * Reads a listing as it comes, in memory bounded by the instructions kept. Padding between functions is left out as it is
 * of executables. @throws UnknownFormatError when it is no listing, and what the chunks throw
 */
export async function readListing(
  chunks: AsyncIterable<Uint8Array>,
  options: ListingOptions = {},
): Promise<Listing> {
  const { head, rest } = await peek(chunks, LISTING_HEAD_BYTES)
  try {
    const text = headOf(head)
    const format = listingFormats.find(({ name }) => name === options.format) ?? formatOf(text)
    if (format === null) throw new UnknownFormatError('listing', 'text of another kind')
    const { maxOpcodes = DEFAULT_MAX_OPCODES, architecture } = options
    const reading = await newReading(format, text, maxOpcodes, architecture)
    await eachLine(rest, (line) => takeLine(reading, line))
    return listingOf(reading)
  } finally {
    await rest.return?.()
  }
}
