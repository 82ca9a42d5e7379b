// Verdicts from a program of one's own: `node examples/library.js [path…]`.
import { fileURLToPath } from 'node:url'
import { classify } from 'taxon'

const examples = fileURLToPath(new URL('reports', import.meta.url))
const paths = process.argv.length > 2 ? process.argv.slice(2) : [examples]

for await (const outcome of classify(paths, { recursive: true })) {
  if ('error' in outcome) {
    console.log(`${outcome.sample.path}: ${outcome.error.message}`)
    continue
  }
  const { sample, verdict, probability, state, evidence } = outcome
  const reasons = evidence.slice(0, 3).map(({ feature }) => feature)
  const sure = probability === null ? state : `${probability.toFixed(3)}, ${state}`
  console.log(`${sample.path}: ${verdict} (${sure}) ${reasons.join(', ')}`)
}
