// Makes the optional npm package that brings the network's kernels ready built for this platform, checked as those are that
// `taxon doctor --build-native` builds: `npm run build && node native/package-addon.js FOLDER`, then `npm publish FOLDER`.
// Nothing depends on it: taxon finds it where it is installed beside it, and takes it where its sources are the same.
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { prebuiltPackage } from '../dist/kernels/network/native-addon.js'
import { buildNative } from '../dist/pipeline/index.js'

const [, , folder] = process.argv
if (folder === undefined) throw new Error('say which folder to write')
const { version, license } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'))
const { path } = await buildNative()
const isGlibc = Boolean(process.report.getReport().header.glibcVersionRuntime)
const about = {
  name: prebuiltPackage,
  version,
  description: `Faster kernels of taxon's networks for ${process.platform} on ${process.arch}`,
  license,
  main: 'taxon.node',
  files: ['taxon.node'],
  os: [process.platform],
  cpu: [process.arch],
  ...(process.platform === 'linux' ? { libc: [isGlibc ? 'glibc' : 'musl'] } : {}),
}
await mkdir(folder, { recursive: true })
await writeFile(join(folder, 'package.json'), `${JSON.stringify(about, null, 2)}\n`)
await copyFile(path, join(folder, about.main))
