export * from './sparse-matrix.ts'
