import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { tarOf, zipOf } from '../../test/archives.ts'
import { madeUpElf, madeUpPe } from '../../test/made-up-executables.ts'
import { executableCutOff } from '../binaries/index.ts'
import { UnreadableError } from '../core/index.ts'
import { cutOffSigns } from './cut-off.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'taxon-cut-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

async function signsOf(bytes: Uint8Array) {
  const path = join(folder, 'file')
  writeFileSync(path, bytes)
  return await cutOffSigns(path)
}

/** Bytes that do not compress. */
function noise(size: number): Uint8Array {
  let state = size
  return Uint8Array.from({ length: size }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state >>> 24
  })
}
const parts = [
  { name: 'a', content: noise(3000) },
  { name: 'b', content: noise(2000) },
]
/** A PE file with certificates behind its last section. */
function signedPe(): Uint8Array {
  const unsigned = madeUpPe({ sections: [{ bytes: noise(2048) }] })
  const directories = new Map([[4, [unsigned.length, 1000] as const]])
  return new Uint8Array([...madeUpPe({ sections: [{ bytes: noise(2048) }], directories }), ...noise(1000)])
}
/** As linkers write it: a DOS header that says that another follows. */
function dosPe(): Uint8Array {
  const pe = madeUpPe({ sections: [{ bytes: noise(2048) }] })
  pe[0x18] = 0x40
  return pe
}
/** A frame of zstd with one raw block (RFC 8878 §3.1.1). */
function zstdOf(content: Uint8Array): Uint8Array {
  const header = ((content.length << 3) | 1) >>> 0
  return Uint8Array.from([
    0x28,
    0xb5,
    0x2f,
    0xfd,
    0x60,
    (content.length - 256) & 255,
    (content.length - 256) >> 8,
    header & 255,
    (header >> 8) & 255,
    header >> 16,
    ...content,
  ])
}

const whole: readonly (readonly [what: string, bytes: Uint8Array])[] = [
  ['pe', madeUpPe({ sections: [{ bytes: noise(2048) }] })],
  ['pe with a DOS header', dosPe()],
  ['64-bit pe', madeUpPe({ wide: true, sections: [{ bytes: noise(2048) }, { bytes: noise(600) }] })],
  ['signed pe', signedPe()],
  ['elf', madeUpElf({ wide: true })],
  ['stripped elf', madeUpElf({ stripped: true })],
  ['zip', zipOf(parts)],
  ['zip with a comment', zipOf(parts, 'a comment')],
  ['zip in a zip', zipOf([{ name: 'inner.zip', content: zipOf(parts) }])],
  ['gzip', gzipSync(noise(5000))],
  ['tar', tarOf(parts)],
  ['tar.gz', gzipSync(tarOf(parts))],
  ['zstd', zstdOf(noise(5000))],
  ['text', Buffer.from('MZ is how it begins, and nothing more')],
  ['nothing', new Uint8Array(0)],
]

describe('signs that a file is cut', () => {
  it.each(whole)('are none in a whole %s', async (_, bytes) => {
    expect(await signsOf(bytes)).toEqual([])
  })

  // The made-up PE without a DOS header is told from a DOS program by nothing once its own header is gone.
  const cuttable: readonly (readonly [what: string, from: number])[] = [
    ['pe', 400],
    ['pe with a DOS header', 64],
    ['64-bit pe', 400],
    ['signed pe', 400],
    ['elf', 16],
    ['stripped elf', 16],
    ['zip', 30],
    ['zip with a comment', 30],
    ['zip in a zip', 30],
    ['gzip', 10],
    ['tar.gz', 10],
    ['zstd', 12],
  ]
  it.each(cuttable)('are in a %s that is cut anywhere behind byte %i', async (what, from) => {
    const bytes = whole.find(([name]) => name === what)![1]
    for (let cut = from; cut < bytes.length; cut += Math.max(1, Math.floor((bytes.length - from) / 40))) {
      expect(await signsOf(bytes.subarray(0, cut)), `cut at ${cut} of ${bytes.length}`).not.toEqual([])
    }
  })

  it('are in a tar that is cut within a member', async () => {
    expect(await signsOf(tarOf(parts).subarray(0, 2000))).toEqual([
      expect.stringContaining('the data is cut off'),
    ])
  })

  it('are in a zip whose only directory is that of a zip within', async () => {
    const outer = zipOf([{ name: 'inner.zip', content: zipOf(parts) }])
    const cut = outer.subarray(0, outer.indexOf('PK\x05\x06') + 22)
    expect(await signsOf(cut)).toEqual([expect.stringContaining('that of another archive')])
  })

  it('are none where data is broken but all there', async () => {
    const broken = gzipSync(noise(5000))
    broken.fill(0xff, 2000, 2200)
    expect(await signsOf(broken)).toEqual([])
  })

  it('has a named error for what cannot be read', async () => {
    await expect(cutOffSigns(join(folder, 'none'))).rejects.toThrow(UnreadableError)
    await expect(cutOffSigns(folder, AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped')
  })

  it('come of any bytes in no time', async () => {
    const heads = whole.map(([, bytes]) => bytes).filter((bytes) => bytes.length > 40)
    const change = fc.record({ at: fc.nat(600), to: fc.nat(255) })
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...heads),
        fc.array(change, { maxLength: 20 }),
        fc.nat(),
        async (from, changes, cut) => {
          const bytes = Uint8Array.from(from)
          for (const { at, to } of changes) bytes[at % bytes.length] = to
          const signs = await signsOf(bytes.subarray(0, bytes.length - (cut % bytes.length)))
          expect(signs.every((sign) => typeof sign === 'string')).toBe(true)
        },
      ),
      { numRuns: 300 },
    )
    const any = fc.uint8Array({ maxLength: 300 })
    fc.assert(
      fc.property(any, fc.constantFrom('MZ', '\x7fELF\x01\x01', '\x7fELF\x02\x02', ''), (bytes, magic) => {
        const sign = executableCutOff(Buffer.concat([Buffer.from(magic, 'latin1'), bytes]))
        expect(sign === null || typeof sign === 'string').toBe(true)
      }),
    )
  })
})
