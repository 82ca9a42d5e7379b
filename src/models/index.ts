export * from './classifier.ts'
