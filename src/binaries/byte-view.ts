/** Bytes read at any offset: what lies beyond the end reads as zero, so that no offset in a hostile file can do harm. */
export interface ByteView {
  readonly bytes: Uint8Array
  readonly size: number
  u8(at: number): number
  u16(at: number): number
  u32(at: number): number
  /** Exact to 2⁵³, rounded above: good for sizes and offsets, which are held to the file anyway. */
  u64(at: number): number
  /** A 64-bit address without its 11 highest bits, so that sums of addresses stay exact; the kernel's are thus shifted. */
  address64(at: number): number
  /** Latin-1 text up to a zero byte or `most` bytes. */
  text(at: number, most: number): string
}

/** A view of `bytes` in the byte order of the file. */
export function byteView(bytes: Uint8Array, littleEndian = true): ByteView {
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const size = bytes.length
  const fits = (at: number, length: number) => at >= 0 && at + length <= size
  const u32 = (at: number) => (fits(at, 4) ? data.getUint32(at, littleEndian) : 0)
  const high = (at: number) => u32(littleEndian ? at + 4 : at)
  const low = (at: number) => u32(littleEndian ? at : at + 4)
  return {
    bytes,
    size,
    u8: (at) => (fits(at, 1) ? bytes[at]! : 0),
    u16: (at) => (fits(at, 2) ? data.getUint16(at, littleEndian) : 0),
    u32,
    u64: (at) => high(at) * 2 ** 32 + low(at),
    address64: (at) => (high(at) & 0x1fffff) * 2 ** 32 + low(at),
    text: (at, most) => {
      const field = bytes.subarray(Math.min(Math.max(at, 0), size), Math.min(Math.max(at, 0) + most, size))
      const end = field.indexOf(0)
      return Buffer.from(end < 0 ? field : field.subarray(0, end)).toString('latin1')
    },
  }
}
