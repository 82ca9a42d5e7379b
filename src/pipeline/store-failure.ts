import { DamagedFileError, UnwritableError } from '../core/index.ts'
import { StoreUnreachableError } from '../store/index.ts'

/** Whether an error is one of the store itself, which the next sample would meet too. */
export function isOfStore(error: unknown): boolean {
  return [StoreUnreachableError, UnwritableError, DamagedFileError].some((kind) => error instanceof kind)
}
