export { type FindOptions, findSources, HEAD_BYTES, openSource, type Source } from './sources.ts'
