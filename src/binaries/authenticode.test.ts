import { createHash, X509Certificate } from 'node:crypto'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { DATA, madeUpElf, madeUpPe, X86_CODE } from '../../test/made-up-executables.ts'
import {
  attribute,
  der,
  identifier,
  type MadeUpIdentity,
  type MadeUpSignature,
  madeUpIdentity,
  madeUpSigned,
  nameOf,
  sequence,
  set,
  uncoveredPlaces,
  utf8,
} from '../../test/made-up-signature.ts'
import { MAX_CERTIFICATE_BYTES, readSigner } from './authenticode.ts'
import { readExecutable } from './read-executable.ts'

const sections = [{ bytes: X86_CODE }, { name: '.data', bytes: new Uint8Array(600).fill(7), flags: DATA }]
const plain = madeUpPe({ sections })
const identities = new Map<string, MadeUpIdentity>()
let rsa: MadeUpIdentity

beforeAll(() => {
  for (const kind of ['rsa', 'ec', 'ed25519'] as const) identities.set(kind, madeUpIdentity(kind))
  rsa = identities.get('rsa')!
})

const signedBy = (made: MadeUpSignature, pe = plain) => madeUpSigned(pe, rsa, made)
/** A copy of a signed file with a little-endian word changed. */
function withWord(bytes: Uint8Array, at: number, word: number): Uint8Array {
  const copy = bytes.slice()
  new DataView(copy.buffer).setUint32(at, word, true)
  return copy
}

describe('readSigner', () => {
  it.each([
    ['rsa', 'sha1', false, '1.2.840.113549.1.1.1'],
    ['rsa', 'sha256', true, '1.2.840.113549.1.1.11'],
    ['rsa', 'sha384', false, '1.2.840.113549.1.1.12'],
    ['rsa', 'sha512', true, '1.2.840.113549.1.1.13'],
    ['ec', 'sha1', true, '1.2.840.10045.4.1'],
    ['ec', 'sha256', false, '1.2.840.10045.4.3.2'],
    ['ec', 'sha384', true, '1.2.840.10045.4.3.3'],
    ['ec', 'sha512', false, '1.2.840.10045.2.1'],
  ] as const)('finds a signature valid (%s, %s, wide: %s)', (kind, hash, wide, signatureAlgorithm) => {
    const identity = identities.get(kind)!
    const pe = madeUpPe({ wide, sections })
    const signer = readSigner(madeUpSigned(pe, identity, { hash, signatureAlgorithm }))
    const { fingerprint256 } = new X509Certificate(identity.certificate)
    expect(signer).toEqual({
      subject: 'Made Up Signer',
      issuer: 'Made Up Signer',
      serial: 'fedcba',
      thumbprint: fingerprint256.replaceAll(':', '').toLowerCase(),
      valid: true,
      problem: null,
    })
  })

  it.each([
    ['a PE file that nobody signed', plain],
    ['an ELF file', madeUpElf()],
    ['a DOS program', Buffer.from('MZ'.padEnd(80))],
    ['nothing', new Uint8Array()],
  ])('is null for %s', (_, bytes) => {
    expect(readSigner(bytes)).toBeNull()
  })

  it('is part of what an executable says', () => {
    const signed = signedBy({})
    expect(readExecutable(signed).signer).toEqual(readSigner(signed))
    expect(readExecutable(plain).signer).toBeNull()
  })

  it('hashes the checksum and the place of the certificates not, and every other byte', () => {
    const signed = signedBy({})
    const { checksum, entry } = uncoveredPlaces(plain)
    expect(readSigner(withWord(signed, checksum, 0xdeadbeef))).toMatchObject({ valid: true })
    for (let place = 0; place < plain.length; place++) {
      if ((place >= checksum && place < checksum + 4) || (place >= entry && place < entry + 8)) continue
      const changed = signed.slice()
      changed[place]! ^= 1 << (place % 8)
      expect(readSigner(changed)?.valid ?? false, `byte ${place}`).toBe(false)
    }
  })

  it('covers what stands behind the sections', () => {
    const signed = signedBy({}, Buffer.concat([plain, Buffer.from('overlay!')]))
    expect(readSigner(signed)).toMatchObject({ valid: true })
    signed[plain.length]! ^= 1
    expect(readSigner(signed)).toMatchObject({ problem: 'the file was changed after it was signed' })
  })

  it.each<[string, MadeUpSignature, string]>([
    ['bytes behind the table', { behind: Buffer.alloc(8) }, '8 bytes follow the certificates'],
    ['bytes behind the signature', { inEntry: Buffer.from('hidden') }, 'more than one signature'],
    ['no attributes', { attributes: () => null }, 'no attributes are signed'],
    ['another hash', { signerHash: 'md5' }, 'hash 1.2.840.113549.2.5 is not accepted'],
    ['the file by MD5', { hash: 'md5', signerHash: 'sha256' }, 'hash 1.2.840.113549.2.5 is not accepted'],
    ['RSA-PSS', { signatureAlgorithm: '1.2.840.113549.1.1.10' }, 'signatures of type'],
    ['a key of another kind', { signatureAlgorithm: '1.2.840.10045.2.1' }, 'of another kind'],
    ['a hash that is not the one used', { signatureAlgorithm: '1.2.840.113549.1.1.5' }, 'another hash than'],
    ['content of another type', { contentType: '1.2.840.113549.1.7.1' }, 'no file'],
    ['other data than signed data', { outerType: '1.2.840.113549.1.7.3' }, 'it is no signed data'],
    ['no certificates', { certificates: null }, 'the certificate of the signer is not there'],
    ['no signers', { signers: 0 }, 'it has 0 signers'],
    ['two signers', { signers: 2 }, 'it has 2 signers'],
    ['a table of X.509', { entryType: 1 }, 'of type 1, not PKCS #7'],
    ['an old table', { revision: 0x100 }, 'of revision 0x100'],
    ['no attribute', { attributes: () => [] }, 'it has 0 of attribute 1.2.840.113549.1.9.3'],
    ['no hash', { attributes: ([type]) => [type!] }, 'it has 0 of attribute 1.2.840.113549.1.9.4'],
    ['an attribute twice', { attributes: (usual) => [...usual, usual[1]!] }, 'it has 2 of attribute'],
    [
      'an attribute of two values',
      {
        attributes: ([type]) => [
          type!,
          attribute('1.2.840.113549.1.9.4', der(4, Buffer.alloc(32)), der(4, Buffer.alloc(32))),
        ],
      },
      'it has 2 of attribute',
    ],
    [
      'the hash of other content',
      {
        attributes: ([type]) => [type!, attribute('1.2.840.113549.1.9.4', der(4, Buffer.alloc(32)))],
      },
      'the signed hash is not that of the signed content',
    ],
    [
      'another type than that of the content',
      {
        attributes: ([, hash]) => [
          attribute('1.2.840.113549.1.9.3', identifier('1.2.840.113549.1.7.1')),
          hash!,
        ],
      },
      'the signed attributes name another type',
    ],
  ])('finds a signature with %s not valid', (_, made, problem) => {
    const { valid, problem: told } = readSigner(signedBy(made))!
    expect(valid).toBe(false)
    expect(told).toContain(problem)
  })

  it('finds a signature by another key not valid, whatever name it gives', () => {
    const other = madeUpIdentity('rsa')
    const forged = madeUpSigned(plain, { ...other, certificate: rsa.certificate })
    expect(readSigner(forged)).toMatchObject({
      subject: 'Made Up Signer',
      valid: false,
      problem: 'the signature is not by the key of its certificate',
    })
  })

  it('finds a signature by a kind of key that it does not know not valid', () => {
    const signer = readSigner(madeUpSigned(plain, identities.get('ed25519')!))
    expect(signer).toMatchObject({ valid: false, problem: 'the key of its certificate is of another kind' })
  })

  it('finds the certificate among others, of any kind, and takes no notice of more fields', () => {
    const other = madeUpIdentity('ec', nameOf(['2.5.4.3', utf8('Somebody else')]))
    const certificates = [der(0xa1), other.certificate, rsa.certificate]
    const more = der(0xa1, attribute('1.3.6.1.4.1.311.2.4.1', sequence()))
    expect(readSigner(signedBy({ certificates, more }))).toMatchObject({
      subject: 'Made Up Signer',
      valid: true,
    })
  })

  it('takes no certificate that is hidden as text in another', () => {
    const pem = new X509Certificate(rsa.certificate).toString()
    const name = nameOf(['2.5.4.3', utf8(`\n${pem}\n`)])
    const { certificate } = madeUpIdentity('rsa', name)
    // Signed by the key of the certificate inside.
    const signer = readSigner(madeUpSigned(plain, { ...rsa, certificate, name }))
    expect(signer!.valid).toBe(false)
    expect(signer!.thumbprint).toBe(createHash('sha256').update(certificate).digest('hex'))
  })

  it('finds no signature valid where the file is cut off, or the table is not where it should be', () => {
    const signed = signedBy({})
    const { entry } = uncoveredPlaces(plain)
    expect(readSigner(signed.subarray(0, -1))!.problem).toMatch(/^the certificates end at byte \d+, the file/)
    expect(readSigner(withWord(signed, entry, 100))!.problem).toBe('the certificates lie in the headers')
    expect(readSigner(withWord(signed, plain.length, 12))!.problem).toMatch('say that they are 12 bytes long')
    expect(readSigner(withWord(signed, plain.length, 1e9))!.problem).toMatch('say that they are 1000000000')
  })

  it('finds no signature valid over a section whose bytes it does not cover', () => {
    const pe = plain.slice()
    // The second section claims to be as large as can be.
    new DataView(pe.buffer).setUint32(88 + 96 + 128 + 40 + 16, 4096, true)
    expect(readSigner(signedBy({}, pe))!.problem).toBe('section ".data" reaches into the certificates')
    const short = plain.slice()
    new DataView(short.buffer).setUint16(84, 96 + 32, true)
    expect(readSigner(signedBy({}, short))!.valid).toBe(false)
    const bare = madeUpPe({ sections: [] })
    new DataView(bare.buffer).setUint16(84, 96 + 32, true)
    expect(readSigner(signedBy({}, bare))!.problem).toBe('its table of sections overlaps what is not signed')
  })

  it('does not read more than its cap', () => {
    const inEntry = Buffer.alloc(MAX_CERTIFICATE_BYTES)
    expect(readSigner(signedBy({ inEntry }))!.problem).toBe('the certificates are larger than 4194304 bytes')
  })
})

describe('the names of a signer', () => {
  type Part = readonly [type: string, text: Uint8Array]
  const subjectOf = (...parts: readonly Part[]) =>
    readSigner(madeUpSigned(plain, madeUpIdentity('ec', nameOf(...parts))))!.subject

  it.each<[string, Part[], string]>([
    ['the organization where there is no common name', [['2.5.4.10', utf8('Ltd')]], 'Ltd'],
    ['its unit where there is neither', [['2.5.4.11', utf8('Unit')]], 'Unit'],
    ['nothing where there is nothing', [['2.5.4.6', der(0x13, Buffer.from('DE'))]], ''],
    ['two bytes a character', [['2.5.4.3', der(0x1e, Buffer.from('\0A\x71\x8a\0', 'latin1'))]], 'A熊'],
    ['Latin-1', [['2.5.4.3', der(0x14, Buffer.from([0x42, 0xe4]))]], 'Bä'],
    ['bytes that are no UTF-8', [['2.5.4.3', der(0x0c, Buffer.from([0x41, 0xff]))]], 'A\ufffd'],
    ['half a character', [['2.5.4.3', der(0x1e, Buffer.from([0xd8, 0x3d, 0, 0x41]))]], '\ufffdA'],
    ['an unknown type of text', [['2.5.4.3', der(0x05)]], ''],
    [
      'the first of two',
      [
        ['2.5.4.3', utf8('first')],
        ['2.5.4.3', utf8('second')],
      ],
      'first',
    ],
    [
      'control characters as they are',
      [['2.5.4.3', utf8('\u001b[2J\r\nMicrosoft')]],
      '\u001b[2J\r\nMicrosoft',
    ],
  ])('are %s', (_, parts, subject) => {
    expect(subjectOf(...parts)).toBe(subject)
  })

  it('are cut where they are too long', () => {
    expect(subjectOf(['2.5.4.3', utf8('é'.repeat(10_000))])).toBe('é'.repeat(256))
  })
})

const HANG_MILLISECONDS = 1000

describe('readSigner on hostile bytes', () => {
  /** A file whose certificates are these bytes. */
  function holding(content: Uint8Array): Uint8Array {
    const { entry } = uncoveredPlaces(plain)
    const table = Buffer.concat([Buffer.alloc(8), content])
    table.writeUInt32LE(table.length, 0)
    table.writeUInt32LE(0x20200, 4)
    return withWord(withWord(Buffer.concat([plain, table]), entry, plain.length), entry + 4, table.length)
  }

  const signedData = (certificates: Uint8Array, signers: Uint8Array) =>
    sequence(
      identifier('1.2.840.113549.1.7.2'),
      der(
        0xa0,
        sequence(
          der(2),
          set(),
          sequence(identifier('1.3.6.1.4.1.311.2.1.4'), der(0xa0, sequence())),
          certificates,
          signers,
        ),
      ),
    )
  const signer = sequence(
    der(2),
    sequence(sequence(), der(2)),
    sequence(identifier('2.16.840.1.101.3.4.2.1')),
    sequence(identifier('1.2.840.113549.1.1.1')),
    der(4),
  )
  const tiny = (count: number) => Buffer.alloc(2 * count, Buffer.from([5, 0]))

  it.each<[string, () => Uint8Array]>([
    ['nests without end', () => Buffer.alloc(4_000_000, Buffer.from([0x30, 0x80]))],
    [
      'nests a hundred thousand deep',
      () => {
        const levels: Buffer[] = []
        for (let depth = 0, length = 0; depth < 100_000; depth++) {
          const header = Buffer.from([0x30, 0x83, length >> 16, (length >> 8) & 255, length & 255])
          levels.unshift(header)
          length += header.length
        }
        return Buffer.concat(levels)
      },
    ],
    ['holds two million values', () => sequence(tiny(2_000_000))],
    [
      'holds many certificates of many values',
      () => {
        const name = sequence(...new Array(250).fill(set(...new Array(30).fill(sequence(tiny(2))))))
        const one = sequence(sequence(der(2), sequence(), name, sequence(), name))
        return signedData(der(0xa0, ...new Array(Math.floor(4_000_000 / one.length)).fill(one)), set(signer))
      },
    ],
    ['is all zeros', () => new Uint8Array(4_000_000)],
  ])('does not hang where it %s', (_, make) => {
    const bytes = holding(make())
    const before = process.cpuUsage()
    expect(readSigner(bytes)).toMatchObject({ valid: false })
    const { user, system } = process.cpuUsage(before)
    expect((user + system) / 1000).toBeLessThan(HANG_MILLISECONDS)
  })

  it('gives an answer for any bytes as certificates', () => {
    const value: fc.Arbitrary<Uint8Array> = fc.letrec<{ value: Uint8Array }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 6 },
        fc.uint8Array({ maxLength: 20 }),
        fc
          .constantFrom('1.2.840.113549.1.7.2', '2.16.840.1.101.3.4.2.1', '1.3.6.1.4.1.311.2.1.4', '2.5.4.3')
          .map(identifier),
        fc
          .tuple(fc.constantFrom(2, 4, 0x30, 0x31, 0xa0, 0xa1), fc.array(tie('value'), { maxLength: 6 }))
          .map(([tag, parts]) => der(tag, ...parts)),
      ),
    })).value
    fc.assert(
      fc.property(value, (content) => {
        expect(readSigner(holding(content))?.valid ?? false).toBe(false)
      }),
      { numRuns: 3000 },
    )
  })

  it('never calls a file valid whose covered bytes were changed, however the rest is', () => {
    const kinds = ['rsa', 'ec'].map((kind) => madeUpSigned(plain, identities.get(kind)!))
    const { checksum, entry } = uncoveredPlaces(plain)
    const isCovered = (at: number) =>
      at < plain.length && !(at >= checksum && at < checksum + 4) && !(at >= entry && at < entry + 8)
    const size = Math.min(...kinds.map(({ length }) => length))
    const change = fc.tuple(fc.nat(size - 1), fc.integer({ min: 1, max: 255 }))
    fc.assert(
      fc.property(
        fc.constantFrom(...kinds),
        fc.array(change, { minLength: 1, maxLength: 4 }),
        fc.option(fc.nat(size), { freq: 8 }),
        (whole, changes, cut) => {
          const bytes = whole.slice(0, cut ?? whole.length)
          const places = new Set<number>()
          for (const [at, mask] of changes) {
            if (at >= bytes.length || places.has(at)) continue
            places.add(at)
            bytes[at]! ^= mask
          }
          const before = readSigner(whole)!
          const after = readSigner(bytes)
          if ([...places].some(isCovered) || (cut !== null && cut < whole.length))
            expect(after?.valid ?? false).toBe(false)
          // Who signed can change only with the certificate, and then it is another signer.
          if (after?.valid && after.thumbprint === before.thumbprint) expect(after).toEqual(before)
        },
      ),
      { numRuns: 3000 },
    )
  })
})
