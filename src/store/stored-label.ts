import type { EngineLabel } from '../samples/index.ts'

/** A label with its provenance; of one source, engine and version there is one a sample. */
export type StoredLabel = EngineLabel
