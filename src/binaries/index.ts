export { rangeAt } from './code-ranges.ts'
export * from './executable.ts'
export { isExecutable, readExecutable } from './read-executable.ts'
