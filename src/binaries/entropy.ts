import { log } from '../core/index.ts'

const PIECES = 64
const PIECE_BYTES = 1024

/**
 * Shannon entropy in bits a byte, 0 … 8: C. E. Shannon, "A mathematical theory of communication", 1948. Of more than 64
 * KiB, that of 64 pieces evenly taken, so that a file of many large sections costs no more than its reading.
 */
export function entropy(bytes: Uint8Array): number {
  const counts = new Uint32Array(256)
  let total = 0
  const step = bytes.length > PIECES * PIECE_BYTES ? Math.floor(bytes.length / PIECES) : PIECE_BYTES
  for (let start = 0; start < bytes.length; start += step) {
    const end = Math.min(start + PIECE_BYTES, bytes.length)
    for (let i = start; i < end; i++) counts[bytes[i]!]!++
    total += end - start
  }
  let sum = 0
  for (const count of counts) if (count > 0) sum -= count * log(count / total)
  return total === 0 ? 0 : sum / total / log(2)
}
