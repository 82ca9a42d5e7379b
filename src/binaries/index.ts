export * from './executable.ts'
export { isExecutable, readExecutable } from './read-executable.ts'
