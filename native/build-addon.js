// How the Node-API addon of the network's operations is built with a C++ compiler, as data that src/pipeline/build-native.ts
// runs for `taxon doctor --build-native`; and, for those who change a kernel, `node native/build-addon.js FILE` after
// `npm run build`, which builds it without a check. Nothing is needed beside a compiler; where there is none, taxon works
// on WebAssembly and gives the same bytes.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const COMMON =
  '-std=c++20 -O3 -fPIC -fno-exceptions -fno-rtti -fno-math-errno -fno-trapping-math -fvisibility=hidden -Wall -Wextra'
const AVX512 = '-mavx512f -mavx512vl -mavx512dq -mavx512bw -mprefer-vector-width=512'
/** The builds that addon.cpp lists, with the width of their vectors and what the processor must have. */
const BUILDS = {
  baseline: '-DTAXON_LANES=4 -ffp-contract=off',
  avx2: '-DTAXON_LANES=8 -mavx2 -ffp-contract=off',
  avx512: `-DTAXON_LANES=16 ${AVX512} -ffp-contract=off`,
  avx2_fast: '-DTAXON_LANES=8 -mavx2 -mfma -ffp-contract=fast',
  avx512_fast: `-DTAXON_LANES=16 ${AVX512} -mfma -ffp-contract=fast`,
}

/** The folder that the compiler runs in. */
export const nativeFolder = fileURLToPath(new URL('.', import.meta.url))

/** Compilers to try in order, each with the arguments that go before all others: CXX, which may hold some, or the usual. */
export function compilers() {
  const { CXX } = process.env
  if (!CXX) return [['c++'], ['g++'], ['clang++']]
  return [existsSync(CXX) ? [CXX] : CXX.trim().split(/\s+/)]
}

/**
 * The runs of the compiler that make `file`, each a list of arguments.
 * @param folder for what lies in between @param sources what the addon is to name its sources by
 */
export function addonRuns(folder, file, sources) {
  const common = COMMON.split(' ')
  const names = process.arch === 'x64' ? Object.keys(BUILDS) : ['baseline']
  const objectOf = (name) => join(folder, `${name}.o`)
  const builds = names.map((name) => {
    const own = [`-DTAXON_BUILD=${name}`, ...BUILDS[name].split(' ')]
    return [...common, ...own, '-c', 'network.cpp', '-o', objectOf(name)]
  })
  const addon = [...common, `-DTAXON_SOURCES="${sources}"`, '-c', 'addon.cpp', '-o', objectOf('addon')]
  const undefinedSymbols = process.platform === 'darwin' ? ['-undefined', 'dynamic_lookup'] : []
  const link = ['-shared', ...undefinedSymbols, ...[...names, 'addon'].map(objectOf), '-o', file]
  return { objects: [...builds, addon], link }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , file] = process.argv
  if (file === undefined) throw new Error('say which file to build')
  const folder = mkdtempSync(join(tmpdir(), 'taxon-addon-'))
  const [[compiler, ...first]] = compilers()
  const { sourcesDigest } = await import('../dist/kernels/network/native-addon.js')
  const { objects, link } = addonRuns(folder, resolve(file), sourcesDigest())
  try {
    for (const args of [...objects, link])
      execFileSync(compiler, [...first, ...args], { cwd: nativeFolder, stdio: 'inherit' })
  } finally {
    rmSync(folder, { recursive: true })
  }
}
