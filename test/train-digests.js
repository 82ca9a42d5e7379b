// Prints, for every built-in recipe, or only those of networks, on made-up sequences, counts and sets, the digest of the
// model file that training on so many threads gives: `node test/train-digests.js THREADS [networks]`, after `npm run build`.
import { seededRandom, sha256 } from '../dist/core/index.js'
import { findClassifier, fitRecipe, recipes, saveModel } from '../dist/models/index.js'
import { KINDS, tallySequence } from '../dist/samples/index.js'

/** Two classes and more: some classifiers go other ways for two. */
const CLASSES = { sequence: 4, counts: 2, set: 3 }
const ROWS = 80
/** What makes trainings long. */
const SMALL = { members: 1, networks: 1, horizon: 2 }
const NAMES = Array.from({ length: 30 }, (_, i) => `call${i}`)

function examplesOf(kind) {
  const random = seededRandom(3)
  const y = Uint32Array.from({ length: ROWS }, () => random.below(CLASSES[kind]))
  const traces = Array.from(y, (own) => {
    const token = () => (random.below(3) === 0 ? 7 * own + random.below(5) : random.below(NAMES.length))
    const sequence = Uint32Array.from({ length: 5 + random.below(20) }, token)
    const tally = tallySequence(sequence, NAMES.length)
    return {
      ...{ view: 'calls', kind, dialect: 'unknown', vocabulary: NAMES, places: null },
      sequence: kind === 'sequence' ? sequence : null,
      tally: kind === 'set' ? { tokens: tally.tokens, counts: null } : tally,
      length: kind === 'set' ? tally.tokens.length : sequence.length,
    }
  })
  const classes = Array.from({ length: CLASSES[kind] }, (_, k) => `class ${k}`)
  return { traces, y, classes, groups: Array.from(y, (_, row) => String(row)) }
}

const [, , threads, which] = process.argv
for (const kind of KINDS) {
  const examples = examplesOf(kind)
  for (const recipe of recipes) {
    const { gridName, path } = findClassifier(recipe.model.type)
    if (which === 'networks' && !path) continue
    if (recipe.features.steps > 0 && kind !== 'sequence') continue
    const { folds, grid, own } = recipe.model
    const model = {
      ...recipe.model,
      folds: Math.min(folds, 2),
      // Two epochs of one network say as much as twenty of three.
      grid: gridName === 'epochs' ? [2] : grid,
      own: Object.fromEntries(Object.entries(own).map(([name, value]) => [name, SMALL[name] ?? value])),
    }
    const free = { ...recipe, view: 'any', kinds: KINDS, model }
    const trained = await fitRecipe(free, examples, { seed: 5, threads: Number(threads) })
    console.log(`${recipe.name} of a ${kind}: ${sha256(saveModel(trained))}`)
  }
}
