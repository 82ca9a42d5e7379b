import { boosting } from './boosting.ts'
import type { ClassifierKind } from './classifier-kind.ts'
import { cnnLstmPlus } from './cnn-lstm-plus.ts'
import { forest } from './forest.ts'
import { hmm } from './hmm.ts'
import { linearSvm } from './linear-svm.ts'
import { bernoulli, multinomial } from './naive-bayes.ts'
import { nearestNeighbours } from './nearest-neighbours.ts'
import { namedNetworks } from './network/architectures.ts'
import { networkKind } from './network/network-kind.ts'
import { rbfSvm } from './rbf-svm.ts'

/** Every kind of classifier. A new one is one file and one line here; the conformance suite walks this list. */
export const classifiers: readonly ClassifierKind[] = [
  linearSvm,
  rbfSvm,
  forest,
  boosting,
  multinomial,
  bernoulli,
  nearestNeighbours,
  hmm,
  ...namedNetworks.map(networkKind),
  cnnLstmPlus,
]

/** The kind of that name, if there is one. */
export function findClassifier(name: string): ClassifierKind | undefined {
  return classifiers.find((kind) => kind.name === name)
}
