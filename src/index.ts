/**
 * The library: `import { classify } from 'taxon'`. The parts it is made of are exported by folder, as `taxon/reports`,
 * `taxon/corpus`, `taxon/features`, `taxon/models`, `taxon/evaluation` and `taxon/pipeline`.
 */
export { KnownError, openChunks } from './core/index.ts'
export { type ClassifyOptions, classify } from './pipeline/index.ts'
export { readReports } from './reports/index.ts'
export * from './samples/index.ts'
