// Benign Linux programs and libraries for x86-64 from Debian packages, to measure false alarms on: the architecture of the
// public set elf-opcode-counts, whose repository shows a listing of `elf64-x86-64`. The family is the source package.
//
//   node corpora/clean-elf.js FOLDER
//   taxon corpus import FOLDER/files --labels FOLDER/labels.csv --source debian-clean-elf -o CORPUS
import { collect, elfHeader } from './collect.js'

const PACKAGES = [
  ...[
    'bash',
    'dash',
    'tar',
    'gzip',
    'sed',
    'grep',
    'findutils',
    'diffutils',
    'coreutils',
    'util-linux',
    'procps',
  ],
  ...[
    'psmisc',
    'e2fsprogs',
    'xfsprogs',
    'iproute2',
    'systemd',
    'udev',
    'libc-bin',
    'libc6',
    'login',
    'passwd',
  ],
  ...['dpkg', 'apt', 'perl-base', 'python3.11-minimal', 'libpython3.11-stdlib', 'git', 'openssh-client'],
  ...[
    'openssh-server',
    'apache2-bin',
    'postgresql-15',
    'samba',
    'krb5-kdc',
    'bind9-utils',
    'texlive-binaries',
  ],
  ...[
    'binutils-x86-64-linux-gnu',
    'netpbm',
    'poppler-utils',
    'gimp',
    'vlc-plugin-base',
    'x11-apps',
    'emboss',
  ],
  ...[
    'gstreamer1.0-plugins-base',
    'gstreamer1.0-plugins-good',
    'kate',
    'okular',
    'plasma-workspace',
    'llvm-14',
  ],
]

const X86_64 = 62

const [folder] = process.argv.slice(2)
if (folder === undefined) throw new Error('usage: node corpora/clean-elf.js FOLDER')
await collect(folder, PACKAGES, (bytes) => {
  const header = elfHeader(bytes)
  const isProgram =
    header?.bits === 64 && header.machine === X86_64 && (header.type === 2 || header.type === 3)
  return isProgram ? { label: '0' } : null
})
