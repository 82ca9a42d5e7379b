export { type RankedGram, topGrams } from './best-grams.ts'
export { type Columns, encodeRows, fitColumns, MAX_PAIRED_TOKENS } from './columns.ts'
export * from './counting.ts'
export * from './encoder.ts'
export * from './export.ts'
export * from './group.ts'
export { informationGain } from './information-gain.ts'
export {
  countNgrams,
  DEFAULT_MEMORY_BYTES,
  MAX_NGRAM_TOKENS,
  type NgramCounts,
  type NgramDocument,
  type NgramSettings,
} from './ngram-counts.ts'
export { countsOfPartial, mergePartials } from './ngram-merge.ts'
export {
  type PartialHeader,
  type PartialReader,
  type PartialWriter,
  readPartial,
  writePartial,
} from './ngram-partial.ts'
export type { NgramTotals } from './ngram-totals.ts'
export { commonKind } from './reading.ts'
export {
  countGrams,
  countSelected,
  type SelectedGrams,
  type SelectionOptions,
  selectGrams,
  type Trainings,
} from './select-grams.ts'
export * from './settings.ts'
export * from './sparse-matrix.ts'
export * from './values-around.ts'
