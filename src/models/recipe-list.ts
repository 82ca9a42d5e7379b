import { DEFAULT_FEATURES } from '../features/index.ts'
import { KINDS } from '../samples/index.ts'
import { boosting } from './boosting.ts'
import { ownDefaults } from './classifier-kind.ts'
import { forest } from './forest.ts'
import { hmm } from './hmm.ts'
import { linearSvm } from './linear-svm.ts'
import { bernoulli, multinomial } from './naive-bayes.ts'
import { nearestNeighbours } from './nearest-neighbours.ts'
import { networkRecipes } from './network-recipes.ts'
import { opcodesDetect, opcodesDetectElf, opcodesFamilies } from './opcode-recipes.ts'
import { rbfSvm } from './rbf-svm.ts'
import type { Recipe } from './recipe.ts'
import { DEFAULT_MODEL, LOG_COUNTS } from './recipe-defaults.ts'

const anything = { view: 'any', kinds: KINDS, target: 'auto', abstain: null } as const

const svm: Recipe = {
  ...anything,
  name: 'svm',
  summary: 'linear SVM on log counts of 1- to 3-grams; of sets, on which tokens and pairs of tokens occur',
  features: { ...LOG_COUNTS, scale: 'rarity', normalise: true, pairs: 100_000 },
  model: { ...DEFAULT_MODEL, type: linearSvm.name, grid: [0.3, 1, 3, 10, 30], folds: 3 },
}

const svmRbf: Recipe = {
  ...anything,
  name: 'svm-rbf',
  summary: 'SVM with a Gaussian kernel on log counts of 1- to 3-grams; of sets, on which tokens occur',
  features: { ...LOG_COUNTS, scale: 'rarity', normalise: true },
  model: {
    ...DEFAULT_MODEL,
    type: rbfSvm.name,
    grid: rbfSvm.defaultGrid,
    tolerance: 0.001,
    folds: 3,
    own: { C: 3 },
  },
}

/** What trees are grown on: they need no scale, and each column costs them time. */
const treeFeatures = { ...LOG_COUNTS, select: 2000 } as const

const randomForest: Recipe = {
  ...anything,
  name: 'forest',
  summary: 'extremely randomized trees on log counts of the 2,000 best 1- to 3-grams; of sets, on presence',
  features: treeFeatures,
  model: {
    ...DEFAULT_MODEL,
    type: forest.name,
    grid: [2],
    folds: 3,
    own: { ...ownDefaults(forest), extra: 1 },
  },
}

const boostedTrees: Recipe = {
  ...anything,
  name: 'boosting',
  summary: 'gradient boosting on log counts of the 2,000 best 1- to 3-grams; of sets, on presence',
  features: treeFeatures,
  model: {
    ...DEFAULT_MODEL,
    type: boosting.name,
    grid: boosting.defaultGrid,
    folds: 3,
    own: ownDefaults(boosting),
  },
}

const naiveBayes: Recipe = {
  ...anything,
  name: 'naive-bayes',
  summary: 'multinomial naive Bayes on log counts of single tokens and pairs of neighbours',
  features: { ...LOG_COUNTS, ngrams: [1, 2] },
  model: { ...DEFAULT_MODEL, type: multinomial.name, grid: [0.01, 0.1, 1] },
}

const neighbours: Recipe = {
  ...anything,
  name: 'neighbours',
  summary: 'the five most similar training rows by log counts of 1- to 3-grams; of sets, by presence',
  features: { ...LOG_COUNTS, select: 8000 },
  model: {
    ...DEFAULT_MODEL,
    type: nearestNeighbours.name,
    grid: nearestNeighbours.defaultGrid,
    folds: 3,
    own: ownDefaults(nearestNeighbours),
  },
}

const presenceBayes: Recipe = {
  ...anything,
  name: 'bernoulli',
  summary: 'Bernoulli naive Bayes on which tokens occur',
  features: { ...DEFAULT_FEATURES, kind: 'set', minDocuments: 2 },
  model: { ...DEFAULT_MODEL, type: bernoulli.name, grid: bernoulli.defaultGrid },
}

const hiddenMarkov: Recipe = {
  ...anything,
  name: 'hmm',
  summary: 'a hidden Markov model for each class, of the order of the first 200 tokens',
  kinds: ['sequence'],
  features: { ...DEFAULT_FEATURES, collapse: 2, limit: 200, steps: 200, minDocuments: 2 },
  model: { ...DEFAULT_MODEL, type: hmm.name, grid: hmm.defaultGrid, folds: 3, own: ownDefaults(hmm) },
}

const callsDetect: Recipe = {
  name: 'calls-detect',
  summary: 'malicious or benign from which API calls occur: the recipe of the shipped detector',
  view: 'calls',
  kinds: KINDS,
  target: 'malicious',
  features: { ...DEFAULT_FEATURES, kind: 'set', scale: 'rarity', normalise: true, minDocuments: 2 },
  model: { ...DEFAULT_MODEL, type: linearSvm.name, grid: linearSvm.defaultGrid },
  // Ten of the 21 sets of malbehavd-v1 with fewer names are malicious, so a short report looks so. A report of which the
  // training data lacks a tenth of the names comes from another kind of sandbox.
  abstain: { minTokens: 8, minKnown: 0.9, misses: 0.02, falseAlarms: 0.01 },
}

/**
 * The types of mal-api-2019. Its rows have their first 10,000 calls, so of a longer report no more is read. How often a call
 * occurs says less than that it does: loops dominate the counts. One name in ten may be wrong; of the names that one in
 * five would add, hardly more than half are right.
 */
const callsTypes: Recipe = {
  name: 'calls-types',
  summary: 'which of eight types malware is, from API calls: the recipe of the shipped model of types',
  view: 'calls',
  kinds: ['sequence'],
  target: 'category',
  features: {
    ...DEFAULT_FEATURES,
    ngrams: [1, 2],
    scale: 'idf',
    normalise: true,
    minDocuments: 2,
    collapse: 2,
    limit: 10_000,
  },
  model: { ...DEFAULT_MODEL, type: linearSvm.name, grid: [0.3, 1, 3], folds: 3 },
  abstain: { minTokens: 8, minKnown: 0.9, misses: 0.05, falseAlarms: 0, errors: 0.1 },
}

/** The built-in recipes. */
export const recipes: readonly Recipe[] = [
  svm,
  svmRbf,
  randomForest,
  boostedTrees,
  naiveBayes,
  neighbours,
  presenceBayes,
  hiddenMarkov,
  ...networkRecipes,
  callsDetect,
  callsTypes,
  opcodesDetect,
  opcodesDetectElf,
  opcodesFamilies,
]

/** The built-in recipe of that name, if there is one. */
export function findRecipe(name: string): Recipe | undefined {
  return recipes.find((recipe) => recipe.name === name)
}
