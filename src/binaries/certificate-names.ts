import { wellFormed } from '../core/index.ts'
import { type DerValue, expectTag, fieldsOf, identifierOf, TAG, valuesIn } from './der.ts'

/** Characters that are kept of a name; X.520 allows 64. */
export const MAX_NAME_CHARACTERS = 256

/** The parts of a name that say who it is, the telling ones first. */
const PARTS = ['2.5.4.3', '2.5.4.10', '2.5.4.11'] // common name, organization, organizational unit

/**
 * Whom a certificate's name field (RFC 5280, §4.1.2.4) names: the common name, else the organization, else its unit, else
 * the empty string. As the certificate spells it, which anyone can have written: control characters and all.
 * @throws MalformedInputError
 */
export function nameIn(name: DerValue): string {
  const texts = new Map<string, string>()
  for (const set of valuesIn(expectTag(name, TAG.sequence))) {
    for (const part of valuesIn(expectTag(set, TAG.set))) {
      const [type, text] = valuesIn(part)
      if (!type || !text) continue
      const identifier = identifierOf(type)
      if (!texts.has(identifier)) texts.set(identifier, textOf(text))
    }
  }
  return PARTS.map((part) => texts.get(part)).find((text) => text !== undefined && text !== '') ?? ''
}

const latin1 = (bytes: Buffer) => bytes.toString('latin1')

/** How each type of string is spelled, by its tag. */
const DECODERS = new Map<number, (bytes: Buffer) => string>([
  [0x0c, (bytes) => bytes.toString('utf8')],
  [0x13, latin1],
  [0x14, latin1],
  [0x16, latin1],
  // Two bytes a character, the high one first.
  [
    0x1e,
    (bytes) =>
      Buffer.from(bytes.subarray(0, bytes.length & ~1))
        .swap16()
        .toString('utf16le'),
  ],
])
const MAX_BYTES_A_CHARACTER = 4

function textOf({ tag, content }: DerValue): string {
  const bytes = Buffer.from(content.subarray(0, MAX_BYTES_A_CHARACTER * MAX_NAME_CHARACTERS))
  const text = DECODERS.get(tag)?.(bytes) ?? ''
  return wellFormed(text.slice(0, MAX_NAME_CHARACTERS))
}

/** The issuer, serial number and subject that a certificate's own bytes tell (RFC 5280, §4.1). */
export interface CertificateNames {
  readonly issuer: DerValue
  readonly serial: DerValue
  readonly subject: DerValue
}

/** @throws MalformedInputError */
export function certificateNames(certificate: DerValue): CertificateNames {
  const fields = fieldsOf(fieldsOf(certificate).take(TAG.sequence))
  fields.takeIf(TAG.field0) // version
  const serial = fields.take(TAG.integer)
  fields.take(TAG.sequence) // algorithm
  const issuer = fields.take(TAG.sequence)
  fields.take(TAG.sequence) // validity
  return { issuer, serial, subject: fields.take(TAG.sequence) }
}
