export { ALLOWANCE_KINDS, type Allowance } from './allowance.ts'
export type { Artifact } from './artifact.ts'
export { storedContent } from './content.ts'
export * from './errors.ts'
export { type ContentFolder, isStore, temporaryFolder } from './folder.ts'
export type { Known } from './known.ts'
export { openStore } from './open-store.ts'
export type { Note, Relation, Sample } from './sample.ts'
export { MAX_FACTS } from './show.ts'
export { plainSighting, type Sighting } from './sighting.ts'
export type { Step, StepCount, Taken, TakeOptions } from './step.ts'
export type {
  GcOptions,
  PutOptions,
  Removed,
  SampleQuery,
  Store,
  Stored,
  StoreLocation,
  VerifyOptions,
} from './store.ts'
export type { StoredLabel } from './stored-label.ts'
export type { Delivery, DeliveryOutcome, StoredVerdict } from './stored-verdict.ts'
export { openViperProject, type ViperProject, type ViperSample, viperBinary } from './viper-project.ts'
