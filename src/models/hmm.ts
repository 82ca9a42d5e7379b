import { log, seededRandom } from '../core/index.ts'
import { hmmKernel } from '../kernels/hmm/hmm.ts'
import type { Hmm } from '../kernels/hmm/reference.ts'
import type { ClassifierKind } from './classifier-kind.ts'
import { distinctRows, learnHmm, symbolShares } from './hmm-learning.ts'
import { hmmModel, loadHmms, MAX_STATES, sequencesOf } from './hmm-model.ts'

const NAME = 'hmm'

/** Log prior of a class without rows: finite, for the model file, and too low for any row to choose it. */
const NEVER = -1e30

/**
 * One discrete hidden Markov model for each class, over the order of tokens: Rabiner, "A Tutorial on Hidden Markov Models
 * and Selected Applications in Speech Recognition", 1989. The value of the grid is the number of hidden states. A class
 * learns from each of its sequences once, however many rows have it.
 */
export const hmm: ClassifierKind = {
  name: NAME,
  gridName: 'states',
  defaultGrid: [8, 16, 32],
  gridRange: { type: 'whole', least: 1, most: MAX_STATES },
  settings: [
    { name: 'restarts', type: 'whole', otherwise: 3, least: 1, most: 100 },
    { name: 'iterations', type: 'whole', otherwise: 20, least: 1, most: 1000 },
  ],
  readsSequences: true,
  parts: (classes) => classes,
  fitPart(x, y, _classes, part, { value: states, seed, own: { restarts, iterations } }) {
    const sequences = sequencesOf(x)
    const rows = distinctRows(sequences, y, part)
    const random = seededRandom(Math.imul(seed, 1_000_003) + part)
    const search = { states, restarts, iterations }
    const background = symbolShares(sequences)
    const { start, transitions, emissions } = learnHmm(hmmKernel(), rows, background, search, random)
    const own = y.reduce((n, each) => n + Number(each === part), 0)
    const learned = new Float64Array(1 + start.length + transitions.length + emissions.length)
    learned[0] = own > 0 ? log(own / y.length) : NEVER
    learned.set(start, 1)
    learned.set(transitions, 1 + start.length)
    learned.set(emissions, 1 + start.length + transitions.length)
    return learned
  },
  join(parts, x, _classes, { value: states }) {
    const symbols = sequencesOf(x).vocabulary
    const hmms = parts.map((part): Hmm => {
      const [transitions, emissions] = [1 + states, 1 + states + states * states]
      return {
        states,
        symbols,
        start: part.subarray(1, transitions),
        transitions: part.subarray(transitions, emissions),
        emissions: part.subarray(emissions),
      }
    })
    return hmmModel(NAME, { hmms, priors: Float64Array.from(parts, ([prior]) => prior) })
  },
  load(tensors, _columns, classes, vocabulary = 0) {
    const learned = loadHmms(tensors, classes, vocabulary)
    return learned && hmmModel(NAME, learned)
  },
}
