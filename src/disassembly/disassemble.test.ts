import { describe, expect, it } from 'vitest'
import { madeUpElf, madeUpPe, X86_CODE } from '../../test/made-up-executables.ts'
import { UnknownFormatError } from '../core/index.ts'
import { disassemble } from './disassemble.ts'
import type { DisassembleOptions } from './disassembly.ts'

async function opcodes(code: readonly number[], options: DisassembleOptions = {}, wide = true) {
  const read = await disassemble(madeUpPe({ wide, sections: [{ bytes: Uint8Array.from(code) }] }), options)
  return Array.from(read.opcodes, (opcode) => read.names[opcode]).join(' ')
}

describe('disassemble', () => {
  it.each([
    ['pe32', madeUpPe(), 0x401000],
    ['pe64', madeUpPe({ wide: true }), 0x140001000],
    ['elf32', madeUpElf(), 0x8048060],
    ['elf64', madeUpElf({ wide: true }), 0x400080],
  ])('reads the instructions of %s with their addresses', async (format, bytes, start) => {
    const read = await disassemble(bytes)
    expect(read.executable?.format).toBe(format)
    const steps = [0, 1, 3, 8, 9, 14].map((step) => start + step)
    expect([...read.addresses]).toEqual(steps)
    expect(Array.from(read.opcodes, (opcode) => read.names[opcode])).toEqual([
      'push',
      'mov',
      'call',
      'pop',
      'ret',
      'ret',
    ])
    expect(read).toMatchObject({ padding: 4, length: 6, notes: [] })
  })

  it.each(['linear', 'recursive'] as const)('ends when asked to: %s', async (method) => {
    const code = new Uint8Array(2 ** 20).fill(0x55)
    const reason = new Error('enough')
    const read = disassemble(madeUpPe({ sections: [{ bytes: code }] }), {
      method,
      signal: AbortSignal.abort(reason),
    })
    await expect(read).rejects.toBe(reason)
  })

  it('keeps padding where it is asked to', async () => {
    expect(await opcodes([...X86_CODE], { padding: true })).toBe(
      'push mov call pop ret int3 int3 int3 nop ret',
    )
  })

  it.each([
    ['nops and zeros behind a return', [0xc3, 0x66, 0x90, 0x0f, 0x1f, 0x40, 0, 0, 0, 0x55], 'ret push'],
    ['int3 behind a jump', [0xeb, 0xfe, 0xcc, 0xcc, 0x55], 'jmp push'],
    ['int3 behind a call, which may never return', [0xe8, 0, 0, 0, 0, 0xcc, 0xcc, 0x55], 'call push'],
    ['what comes first', [0x90, 0xcc, 0x55], 'push'],
  ])('leaves out %s', async (_, code, left) => {
    expect(await opcodes(code)).toBe(left)
  })

  it.each([
    [
      'in every length',
      [0xc3, 0x8d, 0x76, 0, 0x8d, 0x74, 0x26, 0, 0x8d, 0xbc, 0x27, 0, 0, 0, 0, 0x55],
      'ret push',
    ],
    ['only if it does nothing', [0xc3, 0x8d, 0x76, 1, 0x8d, 0x77, 0, 0x8d, 0x74, 0x27, 0], 'ret lea lea lea'],
  ])('leaves out lea as a long nop of 32 bits, %s', async (_, code, left) => {
    expect(await opcodes(code, {}, false)).toBe(left)
  })

  it.each([
    ['a nop that is run into', [0x55, 0x90, 0xc3], 'push nop ret'],
    ['a nop behind a call', [0xe8, 0, 0, 0, 0, 0x90, 0x55], 'call nop push'],
    ['a lone int3 in the flow', [0x55, 0xcc, 0x58], 'push int3 pop'],
    ['zeros in the flow', [0x55, 0, 0, 0x58], 'push add pop'],
  ])('keeps %s', async (_, code, left) => {
    expect(await opcodes(code)).toBe(left)
  })

  it.each([
    ['rep movsd', [0xf3, 0xa5], 'rep.movsd'],
    ['rep movsq', [0xf3, 0x48, 0xa5], 'rep.movsq'],
    ['repe cmpsb', [0xf3, 0xa6], 'repe.cmpsb'],
    ['repne scasb', [0xf2, 0xae], 'repne.scasb'],
    ['lock cmpxchg', [0xf0, 0x0f, 0xb1, 0x0f], 'lock.cmpxchg'],
    ['xacquire lock xadd', [0xf2, 0xf0, 0x0f, 0xc1, 0x0f], 'lock.xadd'],
    ['data16 lock inc', [0x66, 0xf0, 0xff, 0x00], 'lock.inc'],
    ['rep ret', [0xf3, 0xc3], 'ret'],
    ['bnd jmp', [0xf2, 0xeb, 0x00], 'jmp'],
    ['notrack jmp rax', [0x3e, 0xff, 0xe0], 'jmp'],
    ['mov with an fs prefix', [0x64, 0x48, 0x8b, 0x04, 0x25, 0x28, 0, 0, 0], 'mov'],
    ['movsd of SSE', [0xf2, 0x0f, 0x10, 0xc1], 'movsd'],
    ['pause', [0xf3, 0x90], 'pause'],
    ['endbr64', [0xf3, 0x0f, 0x1e, 0xfa], 'endbr64'],
    ['an invalid byte', [0x06, 0x55], 'invalid push'],
  ])('names %s', async (_, code, name) => {
    expect(await opcodes(code, { padding: true })).toBe(name)
  })

  it('decodes for 32 bits where the file says so', async () => {
    expect(await opcodes([0x60, 0x48, 0x61], {}, false)).toBe('pusha dec popa')
  })

  it('keeps no more in order than asked, but counts all and says so', async () => {
    const bytes = madeUpPe({ sections: [{ bytes: new Uint8Array(100).fill(0x55) }] })
    const read = await disassemble(bytes, { maxOpcodes: 10 })
    expect(read).toMatchObject({
      length: 100,
      notes: ['only the first 10 of 100 instructions are kept in order'],
    })
    expect([read.opcodes.length, read.addresses.length]).toEqual([10, 10])
    expect(read.counts[read.names.indexOf('push')]).toBe(100)
  })

  it('says so where it cannot decode for the processor', async () => {
    const read = await disassemble(madeUpPe({ machine: 0x200 }))
    expect(read.notes).toEqual(['its instructions are of a processor that taxon does not know'])
    expect(read.length).toBe(0)
  })

  it('refuses what is no executable', async () => {
    await expect(disassemble(Buffer.from('text'))).rejects.toThrow(UnknownFormatError)
  })
})
