import { DamagedFileError, UnwritableError } from '../core/index.ts'
import { StoreUnreachableError } from '../store/index.ts'

/** Whether an error is one of the store itself, which the next sample would meet too. */
export function isOfStore(error: unknown): boolean {
  return [StoreUnreachableError, UnwritableError, DamagedFileError].some((kind) => error instanceof kind)
}

/** Whether the store or the machine is at fault and may be well again, not the sample: a full disk, say. */
export function isTrouble(error: unknown): boolean {
  const { code = '' } = error as NodeJS.ErrnoException
  return isOfStore(error) || TROUBLES.has(code)
}

const TROUBLES: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE', 'EIO', 'ENOMEM'])
