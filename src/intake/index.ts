export * from './labels/index.ts'
export * from './sandboxes/index.ts'
