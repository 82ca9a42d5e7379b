/** Bytes of a sample's beginning that its type is told from. */
export const TYPE_HEAD_BYTES = 4096

/** Signs at the beginning of files, or at an offset; the first that fits counts. */
const SIGNS: readonly (readonly [type: string, sign: string, offset?: number])[] = [
  ['elf', '\x7fELF'],
  ['zip', 'PK\x03\x04'],
  ['zip', 'PK\x05\x06'],
  ['gzip', '\x1f\x8b'],
  ['zstd', '\x28\xb5\x2f\xfd'],
  ['bzip2', 'BZh'],
  ['xz', '\xfd7zXZ\x00'],
  ['7z', '7z\xbc\xaf\x27\x1c'],
  ['rar', 'Rar!\x1a\x07'],
  ['cab', 'MSCF'],
  ['tar', 'ustar', 257],
  ['ole', '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'],
  ['pdf', '%PDF-'],
  ['rtf', '{\\rtf'],
  ['macho', '\xcf\xfa\xed\xfe'],
  ['macho', '\xce\xfa\xed\xfe'],
  ['dex', 'dex\n'],
  ['class', '\xca\xfe\xba\xbe'],
  ['wasm', '\x00asm'],
  ['png', '\x89PNG'],
  ['jpeg', '\xff\xd8\xff'],
  ['gif', 'GIF8'],
  ['script', '#!'],
]

/** What bytes are by how they begin: a word such as `pe`, `elf`, `zip`, `report` (it starts like JSON), or `other`. */
export function sampleType(head: Uint8Array): string {
  const text = Buffer.from(head.buffer, head.byteOffset, head.byteLength).toString('latin1')
  if (text.startsWith('MZ')) return isPe(head) ? 'pe' : 'dos'
  for (const [type, sign, offset = 0] of SIGNS) if (text.startsWith(sign, offset)) return type
  if (/^(?:\xef\xbb\xbf)?\s*[{[]/.test(text)) return 'report'
  return head.length === 0 ? 'empty' : 'other'
}

/** Whether the DOS header leads to a PE header; where it leads past the head, as in a file that is cut, it is taken for one. */
function isPe(head: Uint8Array): boolean {
  if (head.length < 64) return true
  const at = new DataView(head.buffer, head.byteOffset, head.byteLength).getUint32(60, true)
  return at + 4 > head.length || (head[at] === 0x50 && head[at + 1] === 0x45)
}
