import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fakeIo } from '../../../test/fake-io.ts'
import { madeUpRows, madeUpSamples } from '../../../test/made-up-rows.ts'
import { sha256 } from '../../core/index.ts'
import { importRows } from '../../corpus/index.ts'
import { recipes as builtIn, parseRecipe } from '../../models/index.ts'
import type { Command } from '../command.ts'
import { model } from './model.ts'
import { recipes } from './recipes.ts'
import { train } from './train.ts'

let folder: string
let corpus: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'taxon-train-command-'))
  corpus = join(folder, 'corpus')
  await importRows(corpus, madeUpRows(madeUpSamples(100, 5)).rows())
})
afterAll(() => rm(folder, { recursive: true }))

async function run(command: Command, argv: readonly string[]) {
  const io = fakeIo()
  return { status: await command.run(argv, io), out: io.out }
}

const learn = (...argv: string[]) => run(train, ['naive-bayes', corpus, '--threads', '1', ...argv])

describe('taxon train', () => {
  it('shows the card of what it wrote', async () => {
    const path = join(folder, 'shown.safetensors')
    const terms = ['--source', 'made\x1b[31m up', '--licence', 'CC0']
    const { status, out } = await learn('-o', path, '--name', 'detector', ...terms)
    expect(status).toBe(0)
    expect(out).toMatch(/^model +detector, recipe naive-bayes \(multinomial\)$/m)
    expect(out).toContain(sha256(await readFile(path)))
    expect(out).toMatch(/^classes +benign 50, malicious 50$/m)
    expect(out).toMatch(/^source +made\\x1b\[31m up$/m)
    expect(out).toMatch(/^figures +cross-validation, 5 folds, no input on both sides, 100 rows$/m)
    expect(out).toMatch(/^accuracy +\d\.\d{3} {2}\(95 %: /m)
    expect((await run(model, ['show', path])).out).toBe(out)
  })

  it('says when a detector says nothing', async () => {
    const path = join(folder, 'silent.safetensors')
    const { out } = await run(train, ['calls-detect', corpus, '--threads', '1', '--no-evaluate', '-o', path])
    expect(out).toMatch(
      /^says nothing +on fewer than \d+ distinct tokens, where it knows less than \d+ % of them, at probabilities from 0\.\d{3} to \d\.\d{3}$/m,
    )
  })

  it('prints the card as JSON', async () => {
    const path = join(folder, 'json.safetensors')
    const { out } = await learn('-o', path, '--no-evaluate', '--json', '--target', 'family')
    const { file, card } = JSON.parse(out)
    expect(file).toEqual({ path, sha256: sha256(await readFile(path)) })
    expect(card).toMatchObject({ classes: ['family0', 'family1', 'family2'], figures: null })
    const shown = JSON.parse((await run(model, ['show', path, '--json'])).out)
    expect(shown.card).toEqual(card)
    expect(shown.recipe.name).toBe('naive-bayes')
    expect((await run(model, ['show', path])).out).toContain('none: it was not evaluated')
  })

  it.each([
    [[], 'say where the model goes'],
    [['more', '-o', 'x'], 'one recipe and one corpus'],
    [['-o', 'x', '--view', 'opcodes'], 'the corpus has no rows of it'],
    [['-o', 'x', '--target', 'category'], 'do not tell two classes apart'],
    [['-o', 'x', '--seed', '-1'], '--seed'],
  ])('refuses %j', async (argv, complaint) => {
    await expect(learn(...argv)).rejects.toThrow(complaint)
  })
})

describe('taxon model', () => {
  it('verifies a file and names its hash', async () => {
    const path = join(folder, 'sound.safetensors')
    await learn('-o', path, '--no-evaluate')
    const digest = sha256(await readFile(path))
    expect(await run(model, ['verify', path])).toEqual({
      status: 0,
      out: `${digest}  ${path}: whole and sound\n`,
    })
    expect(JSON.parse((await run(model, ['verify', path, '--json'])).out)).toEqual({
      valid: true,
      file: { path, sha256: digest },
      name: 'naive-bayes',
    })
  })

  it('refuses what is no model', async () => {
    const path = join(folder, 'text')
    await writeFile(path, 'not a model')
    await expect(run(model, ['verify', path])).rejects.toThrow('not a model that taxon wrote')
    await expect(run(model, ['show', join(folder, 'absent')])).rejects.toThrow('no such file')
    await expect(run(model, ['verify'])).rejects.toThrow('one model file is wanted')
    await expect(run(model, ['print', path])).rejects.toThrow('unknown command')
  })

  it('exports a file as ONNX, the same to a file and to standard output', async () => {
    const [path, out] = ['form.safetensors', 'form.onnx'].map((name) => join(folder, name))
    await learn('-o', path, '--no-evaluate')
    const told = (await run(model, ['export', path, '--onnx', '-o', out])).out
    const file = await readFile(out)
    expect(told).toMatch(/^input +columns float32 \[rows, \d+\]$/m)
    expect(told).toContain(`output  probabilities float32 [rows, 2]\n`)
    expect(JSON.parse((await run(model, ['export', path, '--onnx', '-o', out, '--json'])).out)).toEqual({
      file: out,
      sha256: sha256(file),
      inputs: [{ name: 'columns', type: 'float32', shape: ['rows', expect.any(Number)] }],
      outputs: ['decisions', 'probabilities'].map((name) => ({ name, type: 'float32', shape: ['rows', 2] })),
    })
    const piped = await run(model, ['export', path, '--onnx', '-o', '-'])
    expect(Buffer.from(piped.out, 'latin1').equals(file)).toBe(true)
    expect(file.includes(sha256(await readFile(path)))).toBe(true)
  })

  it.each([
    [['-o', 'x'], 'in which format'],
    [['--onnx'], 'say where to'],
    [['--onnx', '-o', '-', '--json'], 'not both'],
    [['--onnx', '-o', 'absent'], 'is the model itself'],
    [['--onnx', '-o', 'x'], 'no such file'],
    [['more', '--onnx', '-o', 'x'], 'one model file is wanted'],
  ])('refuses to export with %j', async (argv, complaint) => {
    await expect(run(model, ['export', 'absent', ...argv])).rejects.toThrow(complaint)
  })

  it('does not print an exported file on a terminal', async () => {
    const io = fakeIo({ isTTY: true })
    await expect(model.run(['export', 'x', '--onnx', '-o', '-'], io)).rejects.toThrow('not to a terminal')
  })
})

describe('taxon recipes', () => {
  it('lists every built-in recipe', async () => {
    const { out } = await run(recipes, [])
    for (const { name, summary } of builtIn) expect(out).toMatch(new RegExp(`^${name} .*${summary}$`, 'm'))
    const listed = JSON.parse((await run(recipes, ['--json'])).out).recipes
    expect(listed.map(({ name }: { name: string }) => name)).toEqual(builtIn.map(({ name }) => name))
  })

  it.each(builtIn.map((recipe) => [recipe.name, recipe] as const))(
    'shows %s as TOML that reads as the same recipe',
    async (name, recipe) => {
      expect(parseRecipe((await run(recipes, ['show', name])).out, 'other')).toEqual(recipe)
    },
  )

  it('refuses what it does not know', async () => {
    await expect(run(recipes, ['show', 'magic'])).rejects.toThrow('not built in')
    await expect(run(recipes, ['show'])).rejects.toThrow('show and one name')
    await expect(run(recipes, ['list'])).rejects.toThrow('show and one name')
  })
})
