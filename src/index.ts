export * from './samples/index.ts'
