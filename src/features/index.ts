export * from './encoder.ts'
export * from './group.ts'
export * from './settings.ts'
export * from './sparse-matrix.ts'
