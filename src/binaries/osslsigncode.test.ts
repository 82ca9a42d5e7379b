import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { debianFiles } from '../../test/debian-files.ts'
import { DATA, madeUpPe, X86_CODE } from '../../test/made-up-executables.ts'
import { madeUpIdentity, madeUpSigned, uncoveredPlaces } from '../../test/made-up-signature.ts'
import { hasOsslsigncode, type KEYS, type SigningFolder, signingFolder } from '../../test/osslsigncode.ts'
import { readSigner } from './authenticode.ts'

// Another implementation as the judge: osslsigncode signs, and says of what was tampered with whether it still holds.

const isHere = hasOsslsigncode()
const sections = [{ bytes: X86_CODE }, { name: '.data', bytes: new Uint8Array(700), flags: DATA }]

describe.skipIf(!isHere).each(['rsa', 'ec'] as const)('osslsigncode with a key of kind %s', (kind) => {
  let folder: SigningFolder
  beforeAll(() => {
    folder = signingFolder(kind as keyof typeof KEYS, '/C=DE/O=Müller & Söhne/CN=Bär "Ltd" 熊')
  })
  afterAll(() => folder?.remove())

  it.each([
    ['sha1', false],
    ['sha256', false],
    ['sha256', true],
    ['sha384', true],
    ['sha512', false],
  ])('signs what we find valid (%s, wide: %s)', (hash, wide) => {
    const signed = folder.sign(madeUpPe({ wide, sections }), ['-h', hash])
    expect(folder.verify(signed)).toBe(true)
    expect(readSigner(signed)).toEqual({
      subject: 'Bär "Ltd" 熊',
      issuer: 'Bär "Ltd" 熊',
      serial: expect.stringMatching(/^[0-9a-f]{30,40}$/),
      thumbprint: folder.thumbprint,
      valid: true,
      problem: null,
    })
  })

  it.each([
    ['with hashes of its pages', madeUpPe({ sections }), ['-ph']],
    ['of an odd size', Buffer.concat([madeUpPe({ sections }), Buffer.from('odd')]), []],
    ['with a description', madeUpPe({ sections }), ['-n', 'A program', '-i', 'http://localhost/']],
  ])('signs a file %s, and we agree', (_, pe, more) => {
    const signed = folder.sign(pe, more)
    expect(folder.verify(signed)).toBe(true)
    expect(readSigner(signed)).toMatchObject({ thumbprint: folder.thumbprint, valid: true })
  })

  it('puts a second signature into the first, which stays the one that is read', () => {
    const signed = folder.sign(folder.sign(madeUpPe({ sections }), ['-h', 'sha1']), ['-nest', '-h', 'sha256'])
    expect(folder.verify(signed)).toBe(true)
    expect(readSigner(signed)).toMatchObject({ thumbprint: folder.thumbprint, valid: true })
  })

  it('finds with us each change of the file, and of what is signed', () => {
    const plain = madeUpPe({ sections })
    const signed = folder.sign(plain)
    const { checksum, entry } = uncoveredPlaces(plain)
    // Not the bytes that fill the table up: what is hidden there osslsigncode lets pass, and we do not.
    const places = [2, 60, 70, checksum - 1, checksum + 4, entry - 1, entry, entry + 4, entry + 8, 520, 1400]
    for (const place of [...places, plain.length - 1, plain.length + 8 + 70]) {
      const changed = signed.slice()
      changed[place]! ^= 0x10
      expect({ place, valid: readSigner(changed)?.valid ?? false }).toEqual({
        place,
        valid: folder.verify(changed),
      })
    }
    expect(readSigner(Buffer.concat([signed, Buffer.alloc(8)]))!.valid).toBe(false)
    expect(folder.verify(Buffer.concat([signed, Buffer.alloc(8)]))).toBe(false)
  })

  it('does not trust a certificate that has the same name', () => {
    const other = madeUpSigned(madeUpPe({ sections }), madeUpIdentity(kind))
    const { valid, thumbprint } = readSigner(other)!
    expect(valid).toBe(true)
    expect(thumbprint).not.toBe(folder.thumbprint)
    expect(folder.verify(other)).toBe(false)
  })
})

const real = await debianFiles(['shim-helpers-amd64-signed', 'fwupd-amd64-signed', 'shim-signed'])
const signedFiles = (real ?? []).filter((file) => file.endsWith('.efi.signed'))

describe.skipIf(!isHere || real === null)('programs that Debian signed', () => {
  it.each(signedFiles.map((file) => [basename(file), file]))(
    '%s: we agree with osslsigncode',
    (name, file) => {
      const { stdout } = spawnSync('osslsigncode', ['verify', '-in', file], { encoding: 'utf8' })
      const told = /^Current message digest *: (\w+)/m.exec(stdout)?.[1]
      const signer = readSigner(readFileSync(file))!
      // Microsoft signs shim twice, in two entries, and neither reader takes such a file.
      expect(signer.valid).toBe(!name.startsWith('shimx64'))
      // Version 2.5 takes no entries whose length is no multiple of 8 either, as fbx64 and mmx64 have them.
      if (told !== undefined) expect(stdout).toContain(`Calculated message digest : ${told}`)
      else expect(name).toMatch(/^(?:shimx64|fbx64|mmx64)/)
      expect(signer.subject).toMatch(/^(?:Debian Secure Boot Signer|Microsoft Windows UEFI Driver Publisher)/)
      const changed = readFileSync(file)
      changed[changed.length >> 1]! ^= 1
      expect(readSigner(changed)!.valid).toBe(false)
    },
  )
})
