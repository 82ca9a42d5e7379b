export { rangeAt } from './code-ranges.ts'
export * from './executable.ts'
export { containerOf, isExecutable, readExecutable } from './read-executable.ts'
