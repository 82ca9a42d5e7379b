import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formBody, harmlessName } from './multipart.ts'

const sha256 = 'a'.repeat(64)

describe('harmlessName', () => {
  it.each([
    ['a.exe', 'a.exe'],
    ['../../etc/passwd', 'passwd'],
    ['C:\\Users\\x\\invoice.pdf.exe', 'invoice.pdf.exe'],
    ['"; filename="b.exe', 'filename_b.exe'],
    ['..', sha256],
    ['', sha256],
    ['\u202etxt.exe', 'txt.exe'],
    ['счёт', sha256],
    ['-rf', 'rf'],
    [`${'x'.repeat(10_000)}.dll`, `${'x'.repeat(60)}.dll`],
  ])('makes of %j %j', (name, harmless) => {
    expect(harmlessName({ name, sha256 })).toBe(harmless)
  })

  it('gives a plain short name for any', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (name) => {
        expect(harmlessName({ name, sha256 })).toMatch(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/)
      }),
    )
  })
})

describe('formBody', () => {
  it('is as long as it says, for any bytes in any chunks', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array(), { maxLength: 5 }), async (chunks) => {
        const bytes = Buffer.concat(chunks)
        const own = createHash('sha256').update(bytes).digest('hex')
        const open = async function* () {
          yield* chunks
        }
        const body = formBody(new Map([['custom', 'é']]), {
          sha256: own,
          name: 'a',
          size: bytes.length,
          open,
        })
        const sent: Uint8Array[] = []
        for await (const chunk of body.chunks()) sent.push(chunk)
        expect(Buffer.concat(sent)).toHaveLength(body.length)
      }),
    )
  })
})
