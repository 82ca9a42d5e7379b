import { LimitExceededError } from '../core/index.ts'

/** Caps of unpacking one archive with all archives within it. */
export interface UnpackLimits {
  /** Archives within archives; 1 opens the outermost only. */
  readonly depth: number
  readonly members: number
  readonly memberBytes: number
  readonly totalBytes: number
  /** Bytes that come out for each that is in the outermost archive, once more than FREE_BYTES came out. */
  readonly ratio: number
}

/** What is enough for anything that is sent on purpose. */
export const UNPACK_LIMITS: UnpackLimits = {
  depth: 4,
  members: 10_000,
  memberBytes: 512 * 1024 ** 2,
  totalBytes: 4 * 1024 ** 3,
  ratio: 200,
}

/** Bytes that a small archive may unpack to, whatever the ratio. */
const FREE_BYTES = 64 * 1024 ** 2

/** What is left of the limits. */
export interface Budget {
  /** Bytes that may still come out. */
  bytes(): number
  /** Whether nothing more may. */
  isSpent(): boolean
  /** @throws LimitExceededError */
  takeMember(): void
  /** Counts bytes of a file. @param before those of it that were counted already @throws LimitExceededError */
  takeBytes(bytes: number, before: number): void
}

/** @param archiveBytes of the outermost archive */
export function budget(limits: UnpackLimits, archiveBytes: number): Budget {
  const most = Math.min(limits.totalBytes, Math.max(FREE_BYTES, archiveBytes * limits.ratio))
  const what =
    most < limits.totalBytes ? `unpacked bytes of an archive of ${archiveBytes} bytes` : 'unpacked bytes'
  let [members, total] = [0, 0]
  return {
    bytes: () => Math.max(0, most - total),
    isSpent: () => total > most || members > limits.members,
    takeMember() {
      if (++members > limits.members) throw new LimitExceededError('unpacked files', limits.members)
    },
    takeBytes(bytes, before) {
      total += bytes
      if (total > most) throw new LimitExceededError(what, most)
      if (before + bytes > limits.memberBytes) {
        throw new LimitExceededError('bytes of one unpacked file', limits.memberBytes)
      }
    },
  }
}
