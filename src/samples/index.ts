export * from './label.ts'
export * from './report.ts'
export * from './trace.ts'
export * from './verdict.ts'
