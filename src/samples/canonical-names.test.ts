import { describe, expect, it } from 'vitest'
import { canonicalNames } from './canonical-names.ts'

describe('canonicalNames', () => {
  it('lowers opcodes and leaves them otherwise', () => {
    expect(canonicalNames('opcodes', ['MOV', 'repne', 'RegOpenKeyExA'])).toEqual([
      'mov',
      'repne',
      'regopenkeyexa',
    ])
  })

  it('keeps one name for each given', () => {
    expect(canonicalNames('calls', ['ZwClose', 'ntclose'])).toEqual(['NtClose', 'NtClose'])
  })
})
