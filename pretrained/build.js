// Rebuilds the models that come with taxon, byte for byte: `npm run build && node pretrained/build.js FOLDER [OUT]`, where
// FOLDER holds malbehavd-v1.jsonl.gz, the rows of the public set in taxon's line format, and OUT is where the models go
// (this folder when it is left out). The tests run it and compare.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findRecipe } from '../dist/models/index.js'
import { importCorpus, train } from '../dist/pipeline/index.js'

const [data, out = fileURLToPath(new URL('.', import.meta.url))] = process.argv.slice(2)
if (data === undefined) throw new Error('say in which folder the data sets are')

const corpus = mkdtempSync(join(tmpdir(), 'taxon-pretrained-'))
try {
  // Names of Cuckoo 2's monitor, each at most once and in no order: sets.
  await importCorpus([join(data, 'malbehavd-v1.jsonl.gz')], corpus, {
    source: 'malbehavd-v1',
    dialect: 'cuckoo-2',
    kind: 'set',
  })
  const { sha256 } = await train(findRecipe('calls-detect'), corpus, join(out, 'calls-detect.safetensors'), {
    source: 'MalbehavD-V1, https://github.com/mpasco/MalbehavD-V1',
    licence: 'MIT',
  })
  console.log(`calls-detect.safetensors ${sha256}`)
} finally {
  rmSync(corpus, { recursive: true, force: true })
}
