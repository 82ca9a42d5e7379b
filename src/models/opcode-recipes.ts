import { DEFAULT_FEATURES } from '../features/index.ts'
import { ownDefaults } from './classifier-kind.ts'
import { forest } from './forest.ts'
import { linearSvm } from './linear-svm.ts'
import type { Recipe } from './recipe.ts'
import { DEFAULT_MODEL, LOG_COUNTS } from './recipe-defaults.ts'

/**
 * Nine families of BIG-2015. Its authors knew 229 mnemonics (no `je`, `jne`, `ret`, SSE) and wrote of a prefixed
 * instruction the prefix alone, so a fresh disassembly must be seen with the same gaps: of a benign 32-bit Windows
 * file 85 % of the distinct opcodes remain in the median. What is none of the nine is told by its distance from them.
 */
export const opcodesFamilies: Recipe = {
  name: 'opcodes-families',
  summary: 'which of nine malware families, from the first opcodes; for the public set big2015-opcodes',
  view: 'opcodes',
  kinds: ['sequence'],
  target: 'family',
  features: { ...LOG_COUNTS, normalise: true, unknown: 'drop', prefixes: 'only' },
  model: { ...DEFAULT_MODEL, type: linearSvm.name, grid: [0.3, 1, 3, 10, 30], folds: 3 },
  abstain: { minTokens: 10, minKnown: 0.5, misses: 0.05, falseAlarms: 0 },
}

const countsForest = {
  view: 'opcodes',
  kinds: ['sequence', 'counts'],
  target: 'malicious',
  model: { ...DEFAULT_MODEL, type: forest.name, grid: forest.defaultGrid, own: ownDefaults(forest) },
} as const

/**
 * Ransomware or benign. Capstone, which counted ransomtrack, cut `rep movsd` at the blank; data that it took for code is
 * mostly `invalid`; and padding (`int3`, `nop`) is counted there, while a trace of taxon has none.
 */
export const opcodesDetect: Recipe = {
  ...countsForest,
  name: 'opcodes-detect',
  summary: 'ransomware or benign from how often each opcode occurs; for the public set ransomtrack',
  features: {
    ...DEFAULT_FEATURES,
    kind: 'counts',
    weight: 'log-count',
    minDocuments: 2,
    drop: ['invalid', 'int3', 'nop'],
    prefixes: 'only',
  },
  abstain: { minTokens: 20, minKnown: 0.9, misses: 0.02, falseAlarms: 0.01 },
}

/**
 * Malicious or benign Linux programs, from 29 counts that are no counts of instructions: lines of a listing of all
 * sections that hold a name anywhere. No disassembler counts so; a model of them refuses what taxon disassembled, since
 * the set's dialect says how it was counted.
 */
export const opcodesDetectElf: Recipe = {
  ...countsForest,
  name: 'opcodes-detect-elf',
  summary: 'malicious or benign Linux programs from 29 counts; for the public set elf-opcode-counts',
  kinds: ['counts'],
  features: { ...DEFAULT_FEATURES, kind: 'counts', weight: 'log-count' },
  abstain: { minTokens: 10, minKnown: 0.9, misses: 0.02, falseAlarms: 0.01 },
}
