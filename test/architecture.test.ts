import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { describe, expect, it } from 'vitest'

/** The layer of each folder of src/: a file imports its own folder and folders of lower numbers only. */
const LAYERS: Readonly<Record<string, number>> = {
  core: 0,
  samples: 1,
  sources: 1,
  kernels: 1,
  binaries: 2,
  reports: 2,
  store: 2,
  disassembly: 3,
  corpus: 3,
  features: 4,
  models: 5,
  evaluation: 6,
  intake: 6,
  pipeline: 7,
  cluster: 8,
  service: 9,
  cli: 9,
}

const src = resolve(import.meta.dirname, '../src')
const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
const imports = files.flatMap((file) =>
  [...readFileSync(join(src, file), 'utf8').matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map(
    (match) => ({
      file,
      target: relative(src, resolve(src, dirname(file), match[1]!)),
    }),
  ),
)
/** Sources of the kernels, which one file has compiled: no folder of src/. */
const isNative = (target: string) => target.startsWith(join('..', 'native', sep))
const folder = (file: string) => (file.includes(sep) ? file.slice(0, file.indexOf(sep)) : null)

describe('layers', () => {
  it('finds the source', () => {
    expect(imports.length).toBeGreaterThan(10)
  })

  it('has a number for every folder', () => {
    for (const file of files) {
      const name = folder(file)
      if (name !== null) expect(Object.keys(LAYERS), file).toContain(name)
    }
  })

  it('imports only its own folder and lower layers', () => {
    const wrong = imports.filter(({ file, target }) => {
      const [from, to] = [folder(file), folder(target)]
      if (from === null || from === to || isNative(target)) return false
      return to === null || LAYERS[to]! >= LAYERS[from]!
    })
    expect(wrong).toEqual([])
  })

  it('reaches other folders through their index', () => {
    const wrong = imports.filter(
      ({ file, target }) =>
        folder(file) !== folder(target) &&
        folder(target) !== 'kernels' &&
        !isNative(target) &&
        !target.endsWith(`${sep}index.ts`),
    )
    expect(wrong.filter(({ file }) => !file.endsWith('.test.ts'))).toEqual([])
  })

  it('leaves src only where the kernels are built', () => {
    const outside = imports.filter(
      ({ file, target }) => target.startsWith('..') && !file.endsWith('.test.ts'),
    )
    expect(new Set(outside.map(({ file }) => file))).toEqual(new Set([join('pipeline', 'build-native.ts')]))
    expect(outside.every(({ target }) => isNative(target))).toBe(true)
  })
})
