/** What the first bytes of files are that taxon is often given and does not read; `at` is where they stand, 0 by default. */
const SIGNATURES: readonly { readonly is: string; readonly hex: string; readonly at?: number }[] = [
  { is: 'a PDF document', hex: '25504446' },
  { is: 'an Office document or installer (OLE2)', hex: 'd0cf11e0a1b11ae1' },
  { is: 'an Office document in RTF', hex: '7b5c727466' },
  { is: 'an archive (zip) inside an archive or cut off', hex: '504b0304' },
  { is: 'an archive (RAR), which is to be unpacked first', hex: '526172211a07' },
  { is: 'an archive (7z), which is to be unpacked first', hex: '377abcaf271c' },
  { is: 'an archive (cabinet), which is to be unpacked first', hex: '4d534346' },
  { is: 'an archive (xz), which is to be unpacked first', hex: 'fd377a585a00' },
  { is: 'an archive (bzip2), which is to be unpacked first', hex: '425a68' },
  {
    is: 'an archive (ar: static library or Debian package), which is to be unpacked first',
    hex: '213c617263683e0a',
  },
  { is: 'a Mach-O program, of which only PE and ELF are disassembled', hex: 'cffaedfe' },
  { is: 'a Mach-O program, of which only PE and ELF are disassembled', hex: 'cefaedfe' },
  { is: 'a Java class or Mach-O program', hex: 'cafebabe' },
  { is: 'an Android program (DEX)', hex: '6465780a' },
  { is: 'a WebAssembly module', hex: '0061736d' },
  { is: 'a Windows shortcut', hex: '4c0000000114020000000000c000000000000046' },
  { is: 'a packet capture', hex: 'd4c3b2a1' },
  { is: 'a packet capture', hex: '0a0d0d0a' },
  {
    is: 'an SQLite database (an IDA or Cuckoo database is not its report)',
    hex: '53514c69746520666f726d6174',
  },
  { is: 'an IDA database, of which IDA writes a listing (File, Produce file)', hex: '49444131' },
  { is: 'an IDA database, of which IDA writes a listing (File, Produce file)', hex: '49444132' },
  { is: 'a PNG image', hex: '89504e47' },
  { is: 'a JPEG image', hex: 'ffd8ff' },
  { is: 'a GIF image', hex: '47494638' },
  { is: 'a script', hex: '2321' },
  { is: 'a tar archive inside an archive', hex: '7573746172', at: 257 },
]

/** In words what a file is that begins so, if it is nothing that taxon reads. */
export function otherFormat(head: Uint8Array): string {
  const start = Buffer.from(head.subarray(0, 512))
  const hex = start.toString('hex')
  const found = SIGNATURES.find((each) => hex.startsWith(each.hex, 2 * (each.at ?? 0)))
  if (found) return found.is
  if (start[0] === 0xff || start[0] === 0xfe) return 'UTF-16 or binary data, UTF-8 is expected of text'
  if (start.includes(0)) return 'binary data that is neither PE nor ELF'
  return 'neither PE nor ELF, a listing, nor JSON'
}
