// Authenticode signatures made with a small writer of DER: every part can be set otherwise than it should be.
import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

type Bytes = Uint8Array

/** A DER value with its tag and length in the shortest form. */
export function der(tag: number, ...parts: readonly Bytes[]): Bytes {
  const content = Buffer.concat(parts)
  const { length } = content
  const digits = length.toString(16)
  const long = Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex')
  return Buffer.concat([
    Buffer.from(length < 0x80 ? [tag, length] : [tag, 0x80 + long.length, ...long]),
    content,
  ])
}

/** An object identifier from its dotted form. */
export function identifier(dotted: string): Bytes {
  const [a, b, ...rest] = dotted.split('.').map(Number) as [number, number, ...number[]]
  const bytes = [40 * a + b, ...rest].flatMap((arc) => {
    const digits = [arc % 128]
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128))
      digits.unshift(128 + (left % 128))
    return digits
  })
  return der(0x06, Buffer.from(bytes))
}

export const sequence = (...parts: readonly Bytes[]) => der(0x30, ...parts)
export const set = (...parts: readonly Bytes[]) => der(0x31, ...parts)
const integer = (...bytes: readonly number[]) => der(0x02, Buffer.from(bytes))
const algorithm = (dotted: string) => sequence(identifier(dotted), der(0x05))

/** A name of one part each: type and its encoded text. */
export const nameOf = (...parts: readonly (readonly [type: string, text: Bytes])[]) =>
  sequence(...parts.map(([type, text]) => set(sequence(identifier(type), text))))
export const utf8 = (text: string) => der(0x0c, Buffer.from(text))

export const HASH = {
  md5: '1.2.840.113549.2.5',
  sha1: '1.3.14.3.2.26',
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
} as const

const RSA = '1.2.840.113549.1.1.1'
const EC = '1.2.840.10045.2.1'
const SERIAL = [0x00, 0xfe, 0xdc, 0xba]

/** A certificate and the key that goes with it. */
export interface MadeUpIdentity {
  readonly certificate: Bytes
  readonly name: Bytes
  readonly key: KeyObject
}

/** A certificate that signs itself, valid from 2020 to 2040. */
export function madeUpIdentity(
  kind: 'rsa' | 'ec' | 'ed25519' = 'rsa',
  name = nameOf(['2.5.4.10', utf8('Made Up Ltd')], ['2.5.4.3', utf8('Made Up Signer')]),
): MadeUpIdentity {
  const { publicKey, privateKey: key } =
    kind === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : kind === 'ec'
        ? generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
        : generateKeyPairSync('ed25519')
  const time = (text: string) => der(0x17, Buffer.from(text))
  const how =
    kind === 'rsa'
      ? algorithm('1.2.840.113549.1.1.11')
      : sequence(identifier(kind === 'ec' ? '1.2.840.10045.4.3.2' : '1.3.101.112'))
  const body = sequence(
    der(0xa0, integer(2)),
    integer(...SERIAL),
    how,
    name,
    sequence(time('200101000000Z'), time('400101000000Z')),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
  )
  const signature = sign(kind === 'ed25519' ? null : 'sha256', body, key)
  return { certificate: sequence(body, how, der(0x03, Buffer.from([0]), signature)), name, key }
}

/** What of a signature is to be otherwise than it should be. */
export interface MadeUpSignature {
  readonly hash?: keyof typeof HASH
  /** The hash that the signer names, where it is not the file's. */
  readonly signerHash?: keyof typeof HASH
  readonly signatureAlgorithm?: string
  readonly contentType?: string
  readonly outerType?: string
  /** The attributes that are signed; those that should be, unless given. Null for none. */
  readonly attributes?: (usual: readonly Bytes[]) => readonly Bytes[] | null
  readonly certificates?: readonly Bytes[] | null
  readonly signers?: number
  readonly more?: Bytes
  /** Bytes behind the signature in its entry, and behind the table. */
  readonly inEntry?: Bytes
  readonly behind?: Bytes
  readonly entryType?: number
  readonly revision?: number
}

export const attribute = (type: string, ...values: readonly Bytes[]) =>
  sequence(identifier(type), set(...values))

const INDIRECT_DATA = '1.3.6.1.4.1.311.2.1.4'
const PE_IMAGE_DATA = '1.3.6.1.4.1.311.2.1.15'

/** Where the checksum and the entry of the certificates stand in a file of `madeUpPe`. */
export function uncoveredPlaces(pe: Bytes): { readonly checksum: number; readonly entry: number } {
  const isWide = pe[88 + 1] === 2
  return { checksum: 88 + 64, entry: 88 + (isWide ? 112 : 96) + 32 }
}

/** A file of `madeUpPe` with a signature by `identity`. */
export function madeUpSigned(pe: Bytes, identity: MadeUpIdentity, made: MadeUpSignature = {}): Bytes {
  const { hash = 'sha256', signerHash = hash, inEntry = Buffer.alloc(0), behind = Buffer.alloc(0) } = made
  const { checksum, entry } = uncoveredPlaces(pe)
  const file = Buffer.from(pe)
  const covered = [file.subarray(0, checksum), file.subarray(checksum + 4, entry), file.subarray(entry + 8)]
  const digest = createHash(hash).update(Buffer.concat(covered)).digest()
  const signature = pkcs7(digest, identity, { ...made, hash, signerHash })
  const length = 8 + signature.length + inEntry.length
  const table = Buffer.alloc(Math.ceil(length / 8) * 8)
  table.writeUInt32LE(table.length, 0)
  table.writeUInt16LE(made.revision ?? 0x200, 4)
  table.writeUInt16LE(made.entryType ?? 2, 6)
  table.set(signature, 8)
  table.set(inEntry, 8 + signature.length)
  file.writeUInt32LE(file.length, entry)
  file.writeUInt32LE(table.length, entry + 4)
  return new Uint8Array(Buffer.concat([file, table, behind]))
}

type Decided = MadeUpSignature & Required<Pick<MadeUpSignature, 'hash' | 'signerHash'>>

function pkcs7(digest: Bytes, { certificate, name, key }: MadeUpIdentity, made: Decided): Bytes {
  const { contentType = INDIRECT_DATA, certificates = [certificate], signers = 1 } = made
  const content = sequence(
    sequence(identifier(PE_IMAGE_DATA), sequence(der(0x03, Buffer.from([0])))),
    sequence(algorithm(HASH[made.hash]), der(0x04, digest)),
  )
  const inner = content.subarray(content[1]! < 0x80 ? 2 : 2 + (content[1]! & 0x7f))
  const usual = [
    attribute('1.2.840.113549.1.9.3', identifier(contentType)),
    attribute('1.2.840.113549.1.9.4', der(0x04, createHash(made.signerHash).update(inner).digest())),
  ]
  const attributes = made.attributes ? made.attributes(usual) : usual
  const kind = key.asymmetricKeyType
  const signature = sign(
    kind === 'ed25519' ? null : made.signerHash,
    attributes ? set(...attributes) : inner,
    key,
  )
  const signer = sequence(
    integer(1),
    sequence(name, integer(...SERIAL)),
    algorithm(HASH[made.signerHash]),
    ...(attributes ? [der(0xa0, ...attributes)] : []),
    algorithm(made.signatureAlgorithm ?? (kind === 'rsa' ? RSA : EC)),
    der(0x04, signature),
    ...(made.more ? [made.more] : []),
  )
  const signed = sequence(
    integer(1),
    set(algorithm(HASH[made.signerHash])),
    sequence(identifier(contentType), der(0xa0, content)),
    ...(certificates ? [der(0xa0, ...certificates)] : []),
    set(...new Array<Bytes>(signers).fill(signer)),
  )
  return sequence(identifier(made.outerType ?? '1.2.840.113549.1.7.2'), der(0xa0, signed))
}
