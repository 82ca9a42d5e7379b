import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalOpcode } from './opcode-names.ts'

describe('canonicalOpcode', () => {
  it.each([
    // IDA's spelling
    ['jz', 'je'],
    ['jnz', 'jne'],
    ['jnb', 'jae'],
    ['jc', 'jb'],
    ['setnz', 'setne'],
    ['setnb', 'setae'],
    ['cmovz', 'cmove'],
    ['cmovnl', 'cmovge'],
    ['retn', 'ret'],
    ['int 3', 'int3'],
    ['loopz', 'loope'],
    ['pushaw', 'pusha'],
    ['popad', 'popa'],
    ['sal', 'shl'],
    ['xlat', 'xlatb'],
    // objdump's
    ['(bad)', 'invalid'],
    ['fwait', 'wait'],
    ['lock (bad)', 'invalid'],
    ['repz xcrypt-ecb', 'xcryptecb'],
    ['movabs', 'mov'],
    ['lret', 'retf'],
    ['xchg ax,ax', 'nop'],
    ['cmpltsd', 'cmpsd'],
    ['cmpneqps', 'cmpps'],
    ['vcmpnle_uqpd', 'vcmppd'],
    ['vpcmpltuw', 'vpcmpuw'],
    ['pclmulhqlqdq', 'pclmulqdq'],
    ['cltq', 'cdqe'],
    // prefixes
    ['rep movsd', 'rep.movsd'],
    ['repz cmpsb', 'repe.cmpsb'],
    ['rep cmpsb', 'repe.cmpsb'],
    ['repz stosd', 'rep.stosd'],
    ['repnz scasb', 'repne.scasb'],
    ['repz ret', 'ret'],
    ['rep retn', 'ret'],
    ['lock cmpxchg', 'lock.cmpxchg'],
    ['LOCK CMPXCHG8B', 'lock.cmpxchg8b'],
    // what is no other spelling of anything
    ['cmpsd', 'cmpsd'],
    ['cmps', 'cmps'],
    ['vpcmpeqb', 'vpcmpeqb'],
    ['pcmpeqb', 'pcmpeqb'],
    ['vpcmpgtd', 'vpcmpgtd'],
    ['jecxz', 'jecxz'],
    ['iretq', 'iretq'],
    ['b.eq', 'b.eq'],
    ['vadd.f32', 'vadd.f32'],
    ['', ''],
  ])('brings %s to %s', (name, canonical) => {
    expect(canonicalOpcode(name)).toBe(canonical)
  })

  it('changes nothing when applied twice', () => {
    const word = fc.constantFrom(
      ...[
        'rep',
        'repz',
        'repnz',
        'lock',
        'data16',
        'movsd',
        'cmpltps',
        'vpcmpequb',
        'jz',
        'retn',
        'int 3',
        'xchg ax,ax',
      ],
      ...['cmps', 'sal', 'b', 'eq', '(bad)', '.', ' ', '', '__proto__'],
    )
    const spelled = fc.tuple(
      fc.array(fc.oneof(word, fc.string()), { maxLength: 4 }),
      fc.constantFrom(' ', '.', ''),
    )
    fc.assert(
      fc.property(spelled, ([words, between]) => {
        const once = canonicalOpcode(words.join(between))
        expect(canonicalOpcode(once)).toBe(once)
      }),
      { numRuns: 5000 },
    )
  })
})
