import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'

const src = resolve(import.meta.dirname, '../src')
const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !file.endsWith('.wasm.ts'),
)
const EXPORT = /^export (?:abstract |async )*(?:function\*?|const|class|interface|type) (\w+)/

it.each(files)('every export of %s has a doc comment', (file) => {
  const lines = readFileSync(join(src, file), 'utf8').split('\n')
  const bare = lines.flatMap((line, i) => {
    const name = EXPORT.exec(line)?.[1]
    return name !== undefined && !lines[i - 1]?.trimEnd().endsWith('*/') ? [name] : []
  })
  expect(bare).toEqual([])
})
