import { describe, expect, it } from 'vitest'
import { dialectInWords, opcodeDialect } from './opcode-dialect.ts'

describe('opcodeDialect', () => {
  it.each([
    ['pe', 'x86', 'pe-x86', 'PE for x86'],
    ['elf', 'x86-64', 'elf-x86-64', 'ELF for x86-64'],
    ['elf', 'arm64', 'elf-arm64', 'ELF for arm64'],
    [null, 'x86', 'x86', 'x86 that may be of PE or ELF'],
  ] as const)('of %s and %s is %s, in words %s', (container, architecture, dialect, words) => {
    expect(opcodeDialect(container, architecture)).toBe(dialect)
    expect(dialectInWords(dialect)).toBe(words)
  })

  it.each(['cuckoo-2', 'objdump-lines', 'unknown', 'pe-', ''])('leaves others as they are: %j', (dialect) => {
    expect(dialectInWords(dialect)).toBe(`dialect ${dialect}`)
  })
})
