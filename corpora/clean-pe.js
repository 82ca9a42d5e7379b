// Benign Windows programs and libraries from Debian packages, x86 and x86-64, to measure false alarms on. Mostly Wine's own
// libraries and the runtime of the MinGW compilers: real PE files, yet of two toolchains only, which is less variety than
// a Windows machine has. Managed (.NET) code is left out: it has no x86 opcodes. The family is the source package.
//
//   node corpora/clean-pe.js FOLDER
//   taxon corpus import FOLDER/files --labels FOLDER/labels.csv --source debian-clean-pe -o CORPUS
import { collect, peHeader } from './collect.js'

const PACKAGES = [
  'libwine',
  'libwine:i386',
  ...['i686', 'x86-64'].flatMap((cpu) => [
    `gcc-mingw-w64-${cpu}-win32-runtime`,
    `gcc-mingw-w64-${cpu}-posix-runtime`,
  ]),
  'libz-mingw-w64',
  'libgpg-error-mingw-w64-dev',
  'libgcrypt-mingw-w64-dev',
  'libassuan-mingw-w64-dev',
  'libksba-mingw-w64-dev',
  'gpgv-win32',
  'gzip-win32',
  'cpio-win32',
  'gdb-mingw-w64-target',
  'nsis-common',
  'python3-distlib',
  'fwupd-unsigned',
  'systemd-boot-efi',
]

const MACHINES = [0x14c, 0x8664]

const [folder] = process.argv.slice(2)
if (folder === undefined) throw new Error('usage: node corpora/clean-pe.js FOLDER')
await collect(folder, PACKAGES, (bytes) => {
  const header = peHeader(bytes)
  return header && !header.managed && MACHINES.includes(header.machine) ? { label: '0' } : null
})
