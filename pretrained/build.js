// Rebuilds the models that come with taxon, byte for byte: `npm run build && node pretrained/build.js FOLDER [OUT]`, where
// FOLDER holds malbehavd-v1.jsonl.gz and mal-api-2019-808.jsonl.gz, the rows of the public sets in taxon's line format, and
// OUT is where the models go (this folder when it is left out). The tests run it and compare.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { findRecipe } from '../dist/models/index.js'
import { importCorpus, train } from '../dist/pipeline/index.js'

const [data, out = fileURLToPath(new URL('.', import.meta.url))] = process.argv.slice(2)
if (data === undefined) throw new Error('say in which folder the data sets are')

const work = mkdtempSync(join(tmpdir(), 'taxon-pretrained-'))
try {
  // Names of Cuckoo 2's monitor, each at most once and in no order: sets.
  await build('calls-detect', 'malbehavd-v1', { kind: 'set' }, 'MalbehavD-V1, https://github.com/mpasco/MalbehavD-V1')
  await build(
    'calls-types',
    'mal-api-2019-808',
    { labels: typesAsCategories('mal-api-2019-808') },
    'mal-api-2019, https://github.com/ocatak/malware_api_class',
  )
} finally {
  rmSync(work, { recursive: true, force: true })
}

/** Imports the rows of a set, all by Cuckoo 2's monitor and under the MIT licence, and trains the recipe on them. */
async function build(recipe, set, how, source) {
  const corpus = join(work, set)
  await importCorpus([fileOf(set)], corpus, { source: set, dialect: 'cuckoo-2', ...how })
  const file = `${recipe}.safetensors`
  const { sha256 } = await train(findRecipe(recipe), corpus, join(out, file), { source, licence: 'MIT' })
  console.log(`${file} ${sha256}`)
}

/** A labels file for a set whose rows call the types of malware families. */
function typesAsCategories(set) {
  const path = join(work, `${set}.csv`)
  const rows = gunzipSync(readFileSync(fileOf(set)))
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  writeFileSync(path, ['id,label,category', ...rows.map(({ id, family }) => `${id},1,${family}`)].join('\n'))
  return path
}

function fileOf(set) {
  return join(data, `${set}.jsonl.gz`)
}
