export { canonicalNames } from '../samples/index.ts'
