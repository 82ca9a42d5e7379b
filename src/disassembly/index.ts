export { disassemble } from './disassemble.ts'
export * from './disassembly.ts'
export { reportOf } from './report-of.ts'
