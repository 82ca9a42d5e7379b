export type { Archive, Member } from './archives/archive.ts'
export { archiveFile, archiveKind } from './archives/open-archive.ts'
export { fileBytes } from './archives/random-access.ts'
export { findZipEnd, type ZipEnd } from './archives/zip.ts'
export {
  CUSTOMARY_PASSWORD,
  type FindOptions,
  findSources,
  HEAD_BYTES,
  openSource,
  type Source,
} from './sources.ts'
