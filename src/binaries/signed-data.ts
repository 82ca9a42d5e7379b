import { createHash, type KeyObject, verify, X509Certificate } from 'node:crypto'
import { MalformedInputError } from '../core/index.ts'
import { certificateNames } from './certificate-names.ts'
import { type DerValue, expectTag, fieldsOf, identifierOf, readDer, TAG, valuesIn } from './der.ts'

// PKCS #7 signed data (RFC 2315, §9; in CMS RFC 5652, §5), as Authenticode uses it: one signer, named by issuer and serial
// number, who signs attributes, one of which is the hash of the content.

const SIGNED_DATA = '1.2.840.113549.1.7.2'
const CONTENT_TYPE = '1.2.840.113549.1.9.3'
const MESSAGE_DIGEST = '1.2.840.113549.1.9.4'

/** Hashes that are accepted, by their identifiers. MD5 is not: colliding files are made in seconds. */
const HASHES = new Map([
  ['1.3.14.3.2.26', 'sha1'],
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
])

/** How a signature is made: with which kind of key, and over which hash where the identifier fixes that. */
const SIGNATURES = new Map<string, readonly [key: 'rsa' | 'ec', hash: string | null]>([
  ['1.2.840.113549.1.1.1', ['rsa', null]],
  ['1.2.840.113549.1.1.5', ['rsa', 'sha1']],
  ['1.2.840.113549.1.1.11', ['rsa', 'sha256']],
  ['1.2.840.113549.1.1.12', ['rsa', 'sha384']],
  ['1.2.840.113549.1.1.13', ['rsa', 'sha512']],
  ['1.2.840.10045.2.1', ['ec', null]],
  ['1.2.840.10045.4.1', ['ec', 'sha1']],
  ['1.2.840.10045.4.3.2', ['ec', 'sha256']],
  ['1.2.840.10045.4.3.3', ['ec', 'sha384']],
  ['1.2.840.10045.4.3.4', ['ec', 'sha512']],
])

/** Signed data with one signer. */
export interface SignedData {
  readonly contentType: string
  /** What is signed. */
  readonly content: DerValue
  readonly certificates: readonly DerValue[]
  readonly signer: SignerInfo
}

interface SignerInfo {
  readonly issuer: Uint8Array
  readonly serial: Uint8Array
  readonly hashAlgorithm: DerValue
  /** Null where the content itself is signed. */
  readonly attributes: DerValue | null
  readonly algorithm: string
  readonly signature: Uint8Array
}

/** @throws MalformedInputError */
export function readSignedData(outer: DerValue): SignedData {
  const info = fieldsOf(outer)
  if (identifierOf(info.take(TAG.identifier)) !== SIGNED_DATA) throw wrong('it is no signed data', outer)
  const inner = info.take(TAG.field0)
  const fields = fieldsOf(readDer(inner.content, inner.offset))
  fields.take(TAG.integer) // version
  fields.take(TAG.set) // hashes, for readers that hash before they know the signers
  const content = fieldsOf(fields.take(TAG.sequence))
  const contentType = identifierOf(content.take(TAG.identifier))
  const told = content.take(TAG.field0)
  const certificates = fields.takeIf(TAG.field0)
  fields.takeIf(TAG.field1) // revocation lists
  const signers = valuesIn(fields.take(TAG.set))
  if (signers.length !== 1) throw wrong(`it has ${signers.length} signers, not one`, outer)
  return {
    contentType,
    content: readDer(told.content, told.offset),
    // Other kinds of certificates have other tags.
    certificates: certificates ? valuesIn(certificates).filter(({ tag }) => tag === TAG.sequence) : [],
    signer: readSignerInfo(signers[0]!),
  }
}

function readSignerInfo(value: DerValue): SignerInfo {
  const fields = fieldsOf(value)
  fields.take(TAG.integer) // version
  const who = fieldsOf(fields.take(TAG.sequence))
  const [issuer, serial] = [who.take(TAG.sequence), who.take(TAG.integer)]
  const hashAlgorithm = fields.take(TAG.sequence)
  const attributes = fields.takeIf(TAG.field0)
  const algorithm = identifierOf(fieldsOf(fields.take(TAG.sequence)).take(TAG.identifier))
  const signature = fields.take(TAG.octets).content
  return { issuer: issuer.whole, serial: serial.content, hashAlgorithm, attributes, algorithm, signature }
}

/** The certificate that the signer names; null where it is not among those given. @throws MalformedInputError */
export function signingCertificate({ certificates, signer }: SignedData): DerValue | null {
  const isNamed = (certificate: DerValue) => {
    const { issuer, serial } = certificateNames(certificate)
    return isSame(issuer.whole, signer.issuer) && isSame(serial.content, signer.serial)
  }
  return certificates.find(isNamed) ?? null
}

/** Node's name of the hash that an algorithm field names. @throws MalformedInputError where it is none that is accepted */
export function hashIn(algorithm: DerValue): string {
  const identifier = identifierOf(fieldsOf(algorithm).take(TAG.identifier))
  const name = HASHES.get(identifier)
  if (name === undefined) throw wrong(`hash ${identifier} is not accepted`, algorithm)
  return name
}

/**
 * Why a signature does not hold: the signed attributes must name the content's type and hash, and the key of the
 * certificate must have signed them. Null where it holds. Of the certificate nothing is asked but its key.
 * @throws MalformedInputError
 */
export function signatureProblem(signed: SignedData, certificate: DerValue): string | null {
  const { contentType, content, signer } = signed
  const { attributes, algorithm, signature } = signer
  if (!attributes) return 'no attributes are signed'
  if (identifierOf(attributeOf(attributes, CONTENT_TYPE)) !== contentType)
    return 'the signed attributes name another type of content'
  const hash = hashIn(signer.hashAlgorithm)
  const told = expectTag(attributeOf(attributes, MESSAGE_DIGEST), TAG.octets)
  // Without its tag and length: RFC 2315, §9.3.
  if (!isSame(createHash(hash).update(content.content).digest(), told.content))
    return 'the signed hash is not that of the signed content'
  const [kind, fixedHash] = SIGNATURES.get(algorithm) ?? []
  if (kind === undefined) return `signatures of type ${algorithm} are not accepted`
  if (fixedHash !== null && fixedHash !== hash) return 'the signature is over another hash than it says'
  const key = publicKeyOf(certificate)
  if (key === null) return 'the key of its certificate cannot be read'
  if (key.asymmetricKeyType !== kind) return 'the key of its certificate is of another kind'
  // What is signed is a set, though it stands there with the tag of a field: RFC 2315, §9.3.
  const asSet = Buffer.from(attributes.whole)
  asSet[0] = TAG.set
  return isSignedBy(hash, asSet, key, signature) ? null : 'the signature is not by the key of its certificate'
}

/** The only value of the only attribute of this type: two would let readers differ in which they believe. */
function attributeOf(attributes: DerValue, type: string): DerValue {
  const found = valuesIn(attributes).flatMap((each) => {
    const fields = fieldsOf(each)
    return identifierOf(fields.take(TAG.identifier)) === type ? valuesIn(fields.take(TAG.set)) : []
  })
  const [value] = found
  if (!value || found.length > 1) throw wrong(`it has ${found.length} of attribute ${type}`, attributes)
  return value
}

function publicKeyOf({ whole }: DerValue): KeyObject | null {
  try {
    const certificate = new X509Certificate(whole)
    // Node looks for PEM text in the bytes first, and could find another certificate inside this one.
    return isSame(certificate.raw, whole) ? certificate.publicKey : null
  } catch {
    return null
  }
}

function isSignedBy(hash: string, data: Uint8Array, key: KeyObject, signature: Uint8Array): boolean {
  try {
    return verify(hash, data, key, signature)
  } catch {
    return false
  }
}

/** Whether two runs of bytes are equal. */
export function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

function wrong(problem: string, { offset }: DerValue): MalformedInputError {
  return new MalformedInputError('signature', problem, offset)
}
