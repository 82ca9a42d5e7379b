// Builds every native/<kernel>.cpp, which addon.cpp is not, into src/kernels/<kernel>/<kernel>.wasm.ts (base64 in a module,
// so that no file has to be found at run time). `node native/build.js` writes; `--check` rebuilds and fails if a committed
// file differs.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const native = fileURLToPath(new URL('.', import.meta.url))
const kernels = join(native, '..', 'src', 'kernels')
const check = process.argv.includes('--check')
const only = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))

if (!existsSync(join(native, 'node_modules'))) {
  execFileSync('npm', ['ci', '--prefix', native], { stdio: 'inherit', shell: process.platform === 'win32' })
}
const { runLLVM } = await import('@yowasp/clang')

// -ffp-contract=off: no fused multiply-add, so that every build gives the same bytes.
const COMPILE = [
  '--target=wasm32',
  '-std=c++20',
  '-O3',
  '-msimd128',
  '-mbulk-memory',
  '-ffp-contract=off',
  '-fno-exceptions',
  '-fno-rtti',
  '-ffreestanding',
  '-Wall',
  '-Wextra',
  '-Werror',
]
const LINK = [
  '--no-entry',
  '--import-memory',
  '--export=__heap_base',
  '-z',
  'stack-size=65536',
  '--strip-all',
]
/** Kernels whose memory threads share: each thread is an instance, with a stack of its own. */
const SHARED = {
  network: {
    compile: ['-matomics'],
    link: ['--shared-memory', '--max-memory=4294967296', '--export=__stack_pointer'],
  },
}
let stale = 0
for (const file of readdirSync(native).filter((name) => name.endsWith('.cpp') && name !== 'addon.cpp')) {
  const kernel = basename(file, '.cpp')
  if (only.length > 0 && !only.includes(kernel)) continue
  const headers = Object.fromEntries(
    readdirSync(native)
      .filter((name) => name.endsWith('.h'))
      .map((name) => [name, readFileSync(join(native, name), 'utf8')]),
  )
  const source = { ...headers, [file]: readFileSync(join(native, file), 'utf8') }
  const object = await runLLVM(
    ['clang++', ...COMPILE, ...(SHARED[kernel]?.compile ?? []), '-c', file, '-o', 'kernel.o'],
    source,
  )
  const linked = await runLLVM(
    ['wasm-ld', ...LINK, ...(SHARED[kernel]?.link ?? []), 'kernel.o', '-o', 'kernel.wasm'],
    object,
  )
  const bytes = linked['kernel.wasm']
  const base64 = Buffer.from(bytes).toString('base64')
  const text = `// Built from native/${file} by \`npm run build:wasm\`; not to be edited.\nexport const wasm = '${base64}'\n`
  const target = join(kernels, kernel, `${kernel}.wasm.ts`)
  const fresh = existsSync(target) && readFileSync(target, 'utf8') === text
  console.log(
    `${kernel}: ${bytes.length} bytes${fresh ? ', unchanged' : check ? ', DIFFERS from the committed file' : ''}`,
  )
  if (fresh) continue
  stale++
  if (check) continue
  mkdirSync(join(kernels, kernel), { recursive: true })
  writeFileSync(target, text)
}
process.exitCode = check && stale > 0 ? 1 : 0
