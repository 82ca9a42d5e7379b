// A corpus of two classes of real x86-64 ELF files: C++ against C. No public set of executables has both malicious and
// benign x86 programs and may be passed on, so this STANDS IN for one: label 1 is C++ (it needs libstdc++), label 0 is C
// (it does not, and exports or imports no mangled name). Nothing in it is malware. The family is the source package.
//
//   node corpora/two-classes.js FOLDER
//   taxon corpus import FOLDER/files --labels FOLDER/labels.csv --source debian-two-classes -o CORPUS
import { collect, elfHeader } from './collect.js'

const C = [
  'coreutils',
  'util-linux',
  'binutils-x86-64-linux-gnu',
  'netpbm',
  'gimp',
  'gstreamer1.0-plugins-bad',
  'gstreamer1.0-plugins-good',
  'gstreamer1.0-plugins-base',
  'vlc-plugin-base',
  'apache2-bin',
  'x11-apps',
  'xscreensaver-gl',
  'xscreensaver-data',
  'emboss',
  'grass-core',
  'libpython3.11-stdlib',
  'libmagickcore-6.q16-6-extra',
  'libmagickcore-6.q16-6',
  'samba',
  'samba-libs',
  'swh-plugins',
  'frei0r-plugins',
  'monitoring-plugins-basic',
  'bsdgames',
  'sox',
  'freeradius',
  'postgresql-15',
  'e2fsprogs',
  'xfsprogs',
  'procps',
  'iproute2',
  'texlive-binaries',
  'krb5-kdc',
  'openssh-client',
  'mtools',
  'inetutils-tools',
  'ntfs-3g',
  'ibus',
]
const CPP = [
  'openfoam',
  'libvtk9.1',
  'libinsighttoolkit4.13',
  'libopenscenegraph161',
  'libopencv-contrib406',
  'krita',
  'qtcreator',
  'marble-plugins',
  'digikam-private-libs',
  'calligra-libs',
  'audacious-plugins',
  'kate',
  'okular',
  'dolphin',
  'plasma-workspace',
  'plasma-desktop',
  'kwin-common',
  'kio',
  'kio-extras',
  'kdepim-runtime',
  'kmail',
  'korganizer',
  'akonadi-server',
  'ktorrent',
  'kdevelop',
  'k3b',
  'kdenlive',
  'umbrello',
  'cantor',
  'plasma-nm',
  'qgis-providers',
  'qttools5-dev-tools',
  'qtbase5-dev-tools',
  'qt6-base-dev-tools',
  'otb-bin',
  'gdal-bin',
  'libopenbabel7',
  'llvm-14',
  'seqan-apps',
  'fcitx5-modules',
  'lmms',
  'zynaddsubfx',
  'bedtools',
  'mummer',
  'sc3-plugins-server',
  'hugin-tools',
  'kmymoney',
  'skrooge',
  'codeblocks-contrib',
  'poppler-utils',
  'proj-bin',
]

const X86_64 = 62
/** Larger files are left out: one in eight, which hold three quarters of all bytes. */
const MAX_BYTES = 256 * 1024

const [folder] = process.argv.slice(2)
if (folder === undefined) throw new Error('usage: node corpora/two-classes.js FOLDER')
await collect(folder, [...C, ...CPP], (bytes) => {
  const header = elfHeader(bytes)
  const isProgram =
    header?.bits === 64 && header.machine === X86_64 && (header.type === 2 || header.type === 3)
  if (!isProgram || bytes.length > MAX_BYTES || !bytes.includes('\0libc.so.6\0')) return null
  if (bytes.includes('\0libstdc++.so.6\0')) return { label: '1' }
  return bytes.includes('\0_Z') ? null : { label: '0' }
})
