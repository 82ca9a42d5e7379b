import { UnknownFormatError } from '../../core/index.ts'
import type { Listing, ListingOptions } from './listing.ts'

/** Whether text begins like a listing that taxon reads; 64 KiB of it are enough to tell. */
export function isListing(_head: Uint8Array): boolean {
  return false
}

/** Reads a listing as it comes, in memory bounded by the instructions kept. @throws UnknownFormatError */
export async function readListing(
  _chunks: AsyncIterable<Uint8Array>,
  _options: ListingOptions = {},
): Promise<Listing> {
  throw new UnknownFormatError('listing', 'not built yet')
}
