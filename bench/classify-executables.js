// How long `taxon classify` takes for an executable, and how many benign files it calls malicious, with a model that is
// trained on the spot: Wine's 32-bit programs stand in for malware, its 32-bit libraries for benign files.
// Usage: npm run build && node bench/classify-executables.js [files=200]
//
// One thread, so that the time between two verdicts is that of one file: opening, hashing, disassembly, scoring, evidence.
// The benign files that are judged are none of those that the model has learned from.
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { debianPackage, regularFiles } from '../corpora/debian.js'
import { classify, importCorpus, readRecipe, train } from '../dist/pipeline/index.js'

const TRAINED_ON = 90
const wanted = Number(process.argv[2] ?? 200)
const folder = mkdtempSync(join(tmpdir(), 'taxon-bench-'))
try {
  const files = regularFiles(await debianPackage('libwine', 'i386'))
  const [libraries, programs] = ['.dll', '.exe'].map((ending) =>
    files.filter((file) => file.endsWith(ending)),
  )
  // Every so many of the libraries is learned from, so that the rest is like them.
  const step = Math.floor(libraries.length / TRAINED_ON)
  const learned = libraries.filter((_, i) => i % step === 0).slice(0, TRAINED_ON)
  const judged = libraries.filter((file) => !learned.includes(file)).slice(0, wanted)
  const model = await trainedOn(learned, programs.slice(0, TRAINED_ON))

  const times = []
  let [alarms, unknown, failed] = [0, 0, 0]
  let last = performance.now()
  const begun = last
  for await (const outcome of classify(judged, { models: [model], threads: 1 })) {
    const now = performance.now()
    times.push(now - last)
    last = now
    if ('error' in outcome) failed++
    else if (outcome.verdict === 'malicious') alarms++
    else if (outcome.verdict === 'unknown') unknown++
  }
  // The first has the start of the thread and the loading of the model in it.
  const [first, ...others] = times
  const sorted = others.sort((a, b) => a - b)
  const quantile = (share) => `${sorted[Math.floor(share * (sorted.length - 1))].toFixed(1)} ms`
  const megabytes = judged.reduce((sum, file) => sum + statSync(file).size, 0) / 1e6
  const seconds = (last - begun) / 1000
  console.log(
    `${judged.length} benign PE files, ${megabytes.toFixed(0)} MB, one thread: ${seconds.toFixed(1)} s in all`,
  )
  console.log(
    `per file: p50 ${quantile(0.5)}, p95 ${quantile(0.95)}, slowest ${quantile(1)}; the first ${first.toFixed(0)} ms`,
  )
  console.log(
    `called malicious ${alarms} (${((100 * alarms) / judged.length).toFixed(1)} %), unknown ${unknown}, failed ${failed}`,
  )
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** Path of a model that tells the second files from the first. */
async function trainedOn(benign, malicious) {
  const samples = join(folder, 'samples')
  mkdirSync(samples)
  const lines = ['name,label']
  for (const [label, files] of [benign, malicious].entries()) {
    for (const file of files) {
      copyFileSync(file, join(samples, basename(file)))
      lines.push(`${basename(file)},${label}`)
    }
  }
  const labels = join(folder, 'labels.csv')
  writeFileSync(labels, lines.join('\n'))
  const [corpus, model] = ['corpus', 'model.safetensors'].map((name) => join(folder, name))
  const begun = performance.now()
  const { added } = await importCorpus([samples], corpus, { labels })
  const imported = performance.now()
  await train(await readRecipe('svm'), corpus, model, { target: 'malicious', folds: 0 })
  const [a, b] = [imported - begun, performance.now() - imported].map((ms) => `${(ms / 1000).toFixed(1)} s`)
  console.log(`model: svm on ${added} files; import ${a}, training ${b}`)
  return model
}
