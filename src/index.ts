/**
 * The library: `import { classify } from 'taxon'`. The parts it is made of are exported by folder, as `taxon/reports`,
 * `taxon/corpus`, `taxon/features`, `taxon/models`, `taxon/evaluation` and `taxon/pipeline`.
 */
export {
  DamagedFileError,
  KnownError,
  LimitExceededError,
  MalformedInputError,
  openChunks,
  UnknownFormatError,
  UnreadableError,
  UnwritableError,
  UsageError,
} from './core/index.ts'
export { type ClassifyOptions, classify } from './pipeline/index.ts'
export { type ReadOptions, readReports } from './reports/index.ts'
export * from './samples/index.ts'
