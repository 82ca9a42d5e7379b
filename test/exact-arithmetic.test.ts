import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const src = resolve(import.meta.dirname, '../src')
/** What is split, learned, scored or measured: equal input gives equal bytes on every machine. */
const FOLDERS = ['corpus', 'features', 'kernels', 'models', 'evaluation']

/** ECMAScript leaves these to the engine; square roots, sums and quotients it does not. `core/math.ts` has the others. */
const INEXACT =
  /Math\.(?:a?(?:sin|cos|tan)h?|atan2|cbrt|exp|expm1|hypot|log|log10|log1p|log2|pow|random)\b|Date\.now|new Date\b/
/** A power of anything but the literals 2 and 1024 is `Math.pow` by another name. */
const POWER = /(?<!(?<![\w.])(?:2|1024)) \*\* /

const files = FOLDERS.flatMap((folder) =>
  readdirSync(join(src, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
).filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))

describe('what is learned, scored or measured', () => {
  it.each(files)('%s uses no arithmetic that engines may round each their own way', (file) => {
    const lines = readFileSync(join(src, file), 'utf8').split('\n')
    expect(lines.filter((line) => INEXACT.test(line) || POWER.test(line))).toEqual([])
  })

  it('is searched with patterns that find such arithmetic, and only that', () => {
    for (const line of ['Math.exp(x)', 'a ** 2', 'f(x) ** 2', 'x12 ** 2', 'Math.random()', 'Date.now()']) {
      expect(INEXACT.test(line) || POWER.test(line), line).toBe(true)
    }
    for (const line of [
      '2 ** 32',
      '20 * 2 ** 20',
      'Math.sqrt(x)',
      '/** Math. */',
      'Math.LOG2E',
      '1024 ** 3',
    ]) {
      expect(INEXACT.test(line) || POWER.test(line), line).toBe(false)
    }
  })
})
