import type { Tensor } from './classifier.ts'

/**
 * The safetensors format, 2022 (github.com/huggingface/safetensors): a little-endian u64 with the header's length, the
 * header as one JSON object of tensors by name with `__metadata__` (text by text), then the tensors' bytes without gaps.
 */

/** Longest header that is read: the format's own limit. */
const MAX_HEADER_BYTES = 100_000_000

const DTYPES = { F64: Float64Array, F32: Float32Array, U32: Uint32Array, U8: Uint8Array } as const
type Dtype = keyof typeof DTYPES

/** What a file holds. */
export interface TensorFile {
  readonly metadata: Readonly<Record<string, string>>
  readonly tensors: Readonly<Record<string, Tensor>>
}

/** One file of some tensors: the widest numbers first, so that all are aligned, then by name; metadata in its own order. */
export function writeTensors({ metadata, tensors }: TensorFile): Uint8Array {
  const names = Object.keys(tensors).sort((a, b) => {
    return tensors[b].data.BYTES_PER_ELEMENT - tensors[a].data.BYTES_PER_ELEMENT || (a < b ? -1 : 1)
  })
  const header: Record<string, unknown> = { __metadata__: metadata }
  let end = 0
  for (const name of names) {
    const { shape, data } = tensors[name]
    header[name] = { dtype: dtypeOf(data), shape, data_offsets: [end, end + data.byteLength] }
    end += data.byteLength
  }
  const text = new TextEncoder().encode(JSON.stringify(header))
  const headerBytes = Math.ceil(text.length / 8) * 8
  const file = new Uint8Array(8 + headerBytes + end)
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true)
  file.fill(0x20, 8, 8 + headerBytes)
  file.set(text, 8)
  let at = 8 + headerBytes
  for (const name of names) {
    const { data } = tensors[name]
    file.set(
      littleEndian(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), data.BYTES_PER_ELEMENT),
      at,
    )
    at += data.byteLength
  }
  return file
}

/** The tensors and metadata of a file, copied out of it; a text says what is wrong with it. */
export function readTensors(file: Uint8Array): TensorFile | string {
  if (file.length < 8) return 'shorter than its first field'
  const headerBytes = new DataView(file.buffer, file.byteOffset).getBigUint64(0, true)
  if (headerBytes > MAX_HEADER_BYTES) return `its header is over the limit of ${MAX_HEADER_BYTES} bytes`
  const body = 8 + Number(headerBytes)
  if (body > file.length) return 'it ends within its header'
  const header = parseObject(file.subarray(8, body))
  if (!header) return 'its header is not a JSON object'
  const metadata = readMetadata(header.get('__metadata__'))
  if (!metadata) return 'its metadata is not text by text'
  header.delete('__metadata__')
  const tensors: Record<string, Tensor> = Object.create(null)
  let end = 0
  for (const [name, entry] of header) {
    const extent = readExtent(entry)
    if (!extent) return `tensor ${JSON.stringify(name)} is not described as a tensor`
    // In the order of the header, without gaps or overlaps: no byte is unaccounted for and none is read twice.
    if (extent.from !== end || extent.to > file.length - body)
      return `tensor ${JSON.stringify(name)} is misplaced`
    end = extent.to
    // Not `slice`: a Buffer's shares its memory.
    const bytes = new Uint8Array(file.subarray(body + extent.from, body + extent.to))
    const type = DTYPES[extent.dtype]
    const data = new type(littleEndian(bytes, type.BYTES_PER_ELEMENT).buffer)
    tensors[name] = { shape: extent.shape, data }
  }
  if (body + end !== file.length) return 'it has bytes that belong to no tensor'
  return { metadata, tensors }
}

function parseObject(bytes: Uint8Array): Map<string, unknown> | null {
  try {
    return mapOf(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)))
  } catch {
    return null
  }
}

function mapOf(value: unknown): Map<string, unknown> | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
  return new Map(Object.entries(value))
}

function readMetadata(value: unknown): Record<string, string> | null {
  const metadata: Record<string, string> = Object.create(null)
  for (const [key, text] of mapOf(value) ?? [['', null]]) {
    if (typeof text !== 'string') return null
    metadata[key] = text
  }
  return metadata
}

interface Extent {
  readonly dtype: Dtype
  readonly shape: readonly number[]
  readonly from: number
  readonly to: number
}

function readExtent(value: unknown): Extent | null {
  const entry = mapOf(value)
  const dtype = entry?.get('dtype')
  const shape = wholeNumbers(entry?.get('shape'))
  const offsets = wholeNumbers(entry?.get('data_offsets'))
  if (entry?.size !== 3 || !isDtype(dtype) || !shape || shape.length > 8 || offsets?.length !== 2) return null
  const items = shape.reduce((product, n) => product * n, 1)
  const [from, to] = offsets
  if (!Number.isSafeInteger(items) || to - from !== items * DTYPES[dtype].BYTES_PER_ELEMENT) return null
  return { dtype, shape, from, to }
}

function wholeNumbers(value: unknown): number[] | null {
  if (!Array.isArray(value) || !value.every((n) => Number.isSafeInteger(n) && n >= 0)) return null
  return value
}

function isDtype(value: unknown): value is Dtype {
  return typeof value === 'string' && Object.hasOwn(DTYPES, value)
}

function dtypeOf(data: Tensor['data']): Dtype {
  if (data instanceof Float64Array) return 'F64'
  if (data instanceof Float32Array) return 'F32'
  return data instanceof Uint32Array ? 'U32' : 'U8'
}

const BIG_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 0

/** Bytes of numbers between this machine's order and the file's; a no-op where both are little-endian. */
export function littleEndian<T extends Uint8Array>(bytes: T, size: number): T {
  if (!BIG_ENDIAN || size === 1) return bytes
  const turned = bytes.slice() as T
  for (let at = 0; at < turned.length; at += size) turned.subarray(at, at + size).reverse()
  return turned
}
