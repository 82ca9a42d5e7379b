import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { describe, expect, it } from 'vitest'
import { debianFiles } from '../../test/debian-files.ts'
import { madeUpPe } from '../../test/made-up-executables.ts'
import { disassemble } from './disassemble.ts'
import type { DisassembleOptions, Disassembly } from './disassembly.ts'

const named = ({ addresses, opcodes, names }: Disassembly) =>
  Array.from(opcodes, (opcode, i) => `${(addresses[i]! & 0xffff).toString(16)} ${names[opcode]}`).join(', ')

async function follow(code: readonly (readonly number[])[], options: DisassembleOptions = {}) {
  const sections = code.map((bytes) => ({ bytes: Uint8Array.from(bytes) }))
  return named(await disassemble(madeUpPe({ wide: true, sections }), { method: 'recursive', ...options }))
}

describe('the recursive traversal', () => {
  // jmp +2; two bytes that begin a longer instruction; push; ret
  const jumpOverData = [0xeb, 0x02, 0x48, 0xb8, 0x55, 0xc3, 0, 0, 0, 0, 0, 0, 0, 0]

  it('reads what the flow reaches, where a linear sweep is led astray', async () => {
    const linear = await disassemble(
      madeUpPe({ sections: [{ bytes: Uint8Array.from(jumpOverData) }], wide: true }),
    )
    expect(named(linear)).toBe('1000 jmp, 1002 mov, 100c add')
    expect(await follow([jumpOverData], { reachedOnly: true })).toBe('1000 jmp, 1004 push, 1005 ret')
  })

  it('sweeps the gaps, and gives up an instruction that overlaps what was reached', async () => {
    expect(await follow([[0xeb, 0x02, 0x55, 0xb8, 0xc3, 0, 0, 0, 0]])).toBe('1000 jmp, 1002 push, 1004 ret')
    expect(await follow([[0xeb, 0x01, 0x55, 0xc3]])).toBe('1000 jmp, 1002 push, 1003 ret')
  })

  it('goes both ways at a branch, and into and behind a call', async () => {
    // je +3; call +1; ret; (called:) push; pop; jmp back to the ret
    const code = [0x74, 0x07, 0xe8, 0x01, 0, 0, 0, 0xc3, 0x55, 0x58, 0xeb, 0xfb]
    expect(await follow([code], { reachedOnly: true })).toBe(
      '1000 je, 1002 call, 1007 ret, 1008 push, 1009 pop, 100a jmp',
    )
  })

  it('goes from one section to another', async () => {
    const code = [
      [0xe9, 0xfb, 0x0f, 0, 0],
      [0x58, 0xc3],
    ]
    expect(await follow(code, { reachedOnly: true })).toBe('1000 jmp, 2000 pop, 2001 ret')
  })

  it('gives up a jump into an instruction that was reached before', async () => {
    expect(await follow([[0xb8, 0x58, 0xc3, 0, 0, 0xeb, 0xfa]], { reachedOnly: true })).toBe(
      '1000 mov, 1005 jmp',
    )
  })

  it('ends where jumps lead out of the code, or to themselves', async () => {
    expect(await follow([[0xe9, 0, 0, 0, 0x7f]], { reachedOnly: true })).toBe('1000 jmp')
    expect(await follow([[0xeb, 0xfe]], { reachedOnly: true })).toBe('1000 jmp')
  })

  it.each([
    ['libwine', 'ole32.dll', 0.85],
    ['libwine:i386', 'ole32.dll', 0.85],
  ])(
    'finds in %s, %s, which holds hardly any data, what a linear sweep finds',
    async (name, library, share) => {
      const files = await debianFiles([name])
      if (files === null) return
      const bytes = readFileSync(files.find((file) => basename(file) === library && /-windows/.test(file))!)
      const linear = await disassemble(bytes, { padding: true })
      const recursive = await disassemble(bytes, { padding: true, method: 'recursive' })
      const reached = await disassemble(bytes, { padding: true, method: 'recursive', reachedOnly: true })
      expect(named(recursive) === named(linear)).toBe(true)
      expect(reached.length / linear.length).toBeGreaterThan(share)
      expect(reached.length).toBeLessThan(linear.length)
    },
  )
})
