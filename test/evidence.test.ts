import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { disassemble } from '../src/disassembly/index.ts'
import { classify, importCorpus, readRecipe, train } from '../src/pipeline/index.ts'
import type { Verdict } from '../src/samples/index.ts'
import { debianFiles } from './debian-files.ts'
import { hasObjdump, objdumpOpcodes } from './objdump.ts'

/**
 * Wine's programs against its libraries, as a stand-in for malicious against benign: a model is trained on the spot, and the
 * evidence of its verdicts is looked up by objdump in files that it has not seen.
 */
const files = hasObjdump() ? await debianFiles(['libwine:i386']) : null
const small = (ending: string) =>
  (files ?? []).filter((file) => file.endsWith(ending) && statSync(file).size < 200_000)
const TRAINED_ON = 40
const ASKED_OF = 6

/** Addresses of what taxon leaves out between functions, and objdump does not. */
async function paddingOf(bytes: Uint8Array): Promise<Set<number>> {
  const [all, kept] = await Promise.all([disassemble(bytes, { padding: true }), disassemble(bytes)])
  const padding = new Set(all.addresses)
  for (const address of kept.addresses) padding.delete(address)
  return padding
}

let folder: string
let verdicts: Verdict[] = []

describe.skipIf(!files)('evidence of opcodes', () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'taxon-evidence-'))
    const samples = join(folder, 'samples')
    mkdirSync(samples)
    const lines = ['name,label']
    for (const [label, ending] of ['.dll', '.exe'].entries()) {
      for (const file of small(ending).slice(0, TRAINED_ON)) {
        copyFileSync(file, join(samples, basename(file)))
        lines.push(`${basename(file)},${label}`)
      }
    }
    const labels = join(folder, 'labels.csv')
    writeFileSync(labels, lines.join('\n'))
    const [corpus, model] = ['corpus', 'model.safetensors'].map((name) => join(folder, name)) as [
      string,
      string,
    ]
    const imported = await importCorpus([samples], corpus, { labels, threads: 2 })
    expect(imported).toMatchObject({ added: 2 * TRAINED_ON, unlabelled: 0 })
    await train(await readRecipe('svm'), corpus, model, { target: 'malicious', folds: 0, threads: 2 })
    const others = ['.dll', '.exe'].flatMap((ending) =>
      small(ending).slice(TRAINED_ON, TRAINED_ON + ASKED_OF),
    )
    const evidence = { features: 5, places: 3 }
    for await (const outcome of classify(others, { models: [model], threads: 2, evidence })) {
      expect(outcome).not.toHaveProperty('error')
      verdicts.push(outcome as Verdict)
    }
  }, 240_000)

  afterAll(() => {
    verdicts = []
    rmSync(folder, { recursive: true, force: true })
  })

  it('is there for each of the files', () => {
    expect(verdicts).toHaveLength(2 * ASKED_OF)
    for (const { sample, evidence, trace } of verdicts) {
      expect(trace.tokens, sample.path).toBeGreaterThan(20)
      expect(evidence.flatMap(({ places }) => places).length, sample.path).toBeGreaterThan(0)
    }
  })

  it('stands at addresses where objdump finds the same opcodes in the same order', async () => {
    let looked = 0
    for (const { sample, evidence } of verdicts) {
      // Without its symbols, at which objdump begins anew even inside of an instruction.
      const stripped = join(folder, 'stripped')
      execFileSync('strip', ['-o', stripped, sample.path])
      const theirs = await objdumpOpcodes(stripped)
      const padding = await paddingOf(readFileSync(sample.path))
      const addresses = Float64Array.from(theirs.keys()).sort()
      for (const { feature, places } of evidence) {
        for (const place of places) {
          const { address } = place as { address: string }
          const first = addresses.indexOf(Number(address))
          expect(first, `${sample.path}: an instruction at ${address}`).toBeGreaterThanOrEqual(0)
          const wanted = feature.split(' ')
          const after = addresses.subarray(first, first + 100).filter((each) => !padding.has(each))
          const found = Array.from(after.subarray(0, wanted.length), (each) => theirs.get(each))
          expect(found, `${sample.path} at ${address}`).toEqual(wanted)
          looked++
        }
      }
    }
    console.info(`${looked} places of evidence hold their n-opcodes`)
    expect(looked).toBeGreaterThan(50)
  })
})
