export * from './folds.ts'
export * from './row.ts'
