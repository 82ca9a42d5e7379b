// Builds the Node-API addon of the network's operations with the C++ compiler of this machine (CXX, or the first of
// c++, g++, clang++ there is): `node native/build-addon.js FILE`. Nothing is needed beside a compiler; where there is none,
// taxon works on WebAssembly and gives the same bytes.
import { spawn } from 'node:child_process'
import { mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const native = fileURLToPath(new URL('.', import.meta.url))

const COMMON =
  '-std=c++20 -O3 -fPIC -fno-exceptions -fno-rtti -fno-math-errno -fno-trapping-math -fvisibility=hidden -Wall -Wextra'.split(
    ' ',
  )
const AVX512 = '-mavx512f -mavx512vl -mavx512dq -mavx512bw -mprefer-vector-width=512'
/** The builds that addon.cpp lists, with the width of their vectors and what the processor must have. */
const BUILDS = {
  baseline: '-DTAXON_LANES=4 -ffp-contract=off',
  avx2: '-DTAXON_LANES=8 -mavx2 -ffp-contract=off',
  avx512: `-DTAXON_LANES=16 ${AVX512} -ffp-contract=off`,
  avx2_fast: '-DTAXON_LANES=8 -mavx2 -mfma -ffp-contract=fast',
  avx512_fast: `-DTAXON_LANES=16 ${AVX512} -mfma -ffp-contract=fast`,
}
const COMPILERS = process.env.CXX ? [process.env.CXX] : ['c++', 'g++', 'clang++']

/** Runs a program; what it printed, and its status (null where it could not be started). */
function run(command, args) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: native, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    child.stdout.on('data', (chunk) => {
      output += chunk
    })
    child.stderr.on('data', (chunk) => {
      output += chunk
    })
    child.on('error', () => resolve({ status: null, output }))
    child.on('close', (status) => resolve({ status, output }))
  })
}

/** The first compiler that works, or null. */
export async function findCompiler() {
  for (const each of COMPILERS) if ((await run(each, ['--version'])).status === 0) return each
  return null
}

/**
 * Compiles the addon to `file`, which appears whole or not at all. @throws Error with what the compiler said
 * @param onProgress told how many of the compiler's runs are done
 */
export async function buildAddon(compiler, file, onProgress = () => {}) {
  const names = process.arch === 'x64' ? Object.keys(BUILDS) : ['baseline']
  const folder = await mkdtemp(join(tmpdir(), 'taxon-addon-'))
  let done = 0
  const compile = async (...args) => {
    const { status, output } = await run(compiler, args)
    if (status !== 0) throw new Error(`${compiler} failed: ${output.trim().slice(0, 2000)}`)
    onProgress(++done, names.length + 2)
  }
  try {
    const objects = []
    for (const name of names) {
      const object = join(folder, `${name}.o`)
      objects.push(object)
      await compile(
        ...COMMON,
        `-DTAXON_BUILD=${name}`,
        ...BUILDS[name].split(' '),
        '-c',
        'network.cpp',
        '-o',
        object,
      )
    }
    const addon = join(folder, 'addon.o')
    await compile(...COMMON, '-c', 'addon.cpp', '-o', addon)
    const undefinedSymbols = process.platform === 'darwin' ? ['-undefined', 'dynamic_lookup'] : []
    const built = join(dirname(file), `.${process.pid}.node.tmp`)
    await compile('-shared', ...undefinedSymbols, ...objects, addon, '-o', built)
    await rename(built, file)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , file] = process.argv
  const compiler = await findCompiler()
  if (file === undefined || compiler === null) {
    console.error(
      file === undefined ? 'say which file to build' : `no C++ compiler (${COMPILERS.join(', ')})`,
    )
    process.exitCode = 2
  } else await buildAddon(compiler, join(process.cwd(), file))
}
