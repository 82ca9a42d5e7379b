import { createHash } from 'node:crypto'
import { KnownError, sha256 } from '../core/index.ts'
import { type ByteView, byteView } from './byte-view.ts'
import { certificateNames, nameIn } from './certificate-names.ts'
import { type DerValue, fieldsOf, readDer, TAG } from './der.ts'
import { DIRECTORY, type PeHeaders, readPeHeaders } from './pe-headers.ts'
import {
  hashIn,
  isSame,
  readSignedData,
  type SignedData,
  signatureProblem,
  signingCertificate,
} from './signed-data.ts'
import type { Signer } from './signer.ts'

// "Windows Authenticode Portable Executable Signature Format", Microsoft, 2008: a table of certificates at the end of the
// file holds PKCS #7 signed data, whose content is the hash of the file without that table, its entry in the headers and the
// checksum. All other bytes are hashed in the order of the file, as osslsigncode and Windows' kernel do: the document hashes
// sections by their entries, which is the same for every file whose sections lie one behind another, and else less.

/** Bytes of a table of certificates that are read, at most; with a hash of each page of 256 MB it takes 2.5 MB. */
export const MAX_CERTIFICATE_BYTES = 4 * 1024 ** 2

const ENTRY_HEADER = 8
const PKCS_SIGNED_DATA = 2
const REVISION_2 = 0x200
const INDIRECT_DATA = '1.3.6.1.4.1.311.2.1.4'
const UNREAD = { subject: null, issuer: null, serial: null, thumbprint: null } as const

/** Who signed a PE file; null where nobody did, or it is no PE file. Any bytes give a result. */
export function readSigner(bytes: Uint8Array): Signer | null {
  try {
    const view = byteView(bytes)
    return view.text(0, 2) === 'MZ' ? signerOf(view, readPeHeaders(view)) : null
  } catch (error) {
    if (error instanceof KnownError) return null
    throw error
  }
}

/** The same of a file whose headers are read. */
export function signerOf(view: ByteView, headers: PeHeaders): Signer | null {
  const { address, size } = headers.directory(DIRECTORY.certificates)
  if (address === 0 || size === 0) return null
  let known: Pick<Signer, keyof typeof UNREAD> = UNREAD
  const check = (): string | null => {
    const unreadable = tableProblem(view, headers)
    if (unreadable !== null) return unreadable
    const outer = readDer(view.bytes.subarray(address + ENTRY_HEADER, address + size))
    const signed = readSignedData(outer)
    const certificate = signingCertificate(signed)
    if (certificate === null) return 'the certificate of the signer is not there'
    known = identityOf(certificate)
    return (
      uncoveredProblem(view, headers, outer) ??
      signatureProblem(signed, certificate) ??
      contentProblem(view, headers, signed)
    )
  }
  const problem = problemIn(check)
  return { ...known, valid: problem === null, problem }
}

function problemIn(check: () => string | null): string | null {
  try {
    return check()
  } catch (error) {
    if (error instanceof KnownError) return error.message
    throw error
  }
}

/** Why the table of certificates cannot be read as one entry at the end of the file. */
function tableProblem(view: ByteView, headers: PeHeaders): string | null {
  const { address, size } = headers.directory(DIRECTORY.certificates)
  const end = address + size
  if (end > view.size) return `the certificates end at byte ${end}, the file at ${view.size}`
  if (address < directoryEnd(headers)) return 'the certificates lie in the headers'
  if (size > MAX_CERTIFICATE_BYTES) return `the certificates are larger than ${MAX_CERTIFICATE_BYTES} bytes`
  const [revision, type] = [view.u16(address + 4), view.u16(address + 6)]
  if (type !== PKCS_SIGNED_DATA) return `the certificates are of type ${type}, not PKCS #7`
  return revision === REVISION_2 ? null : `the certificates are of revision 0x${revision.toString(16)}`
}

/** Where bytes stand that could be changed without the signature noticing. */
function uncoveredProblem(view: ByteView, headers: PeHeaders, outer: DerValue): string | null {
  const { address, size } = headers.directory(DIRECTORY.certificates)
  const end = address + size
  if (end < view.size) return `${view.size - end} bytes follow the certificates, which nobody signed`
  const length = view.u32(address)
  if (length < ENTRY_HEADER + outer.whole.length || length > size)
    return `the certificates say that they are ${length} bytes long, and are not`
  const behind = view.bytes.subarray(address + ENTRY_HEADER + outer.whole.length)
  // Entries are filled up to multiples of 8. What installers and malware hide there (CVE-2013-3900) is not signed.
  if (behind.some((byte) => byte !== 0))
    return 'more than one signature stands in the certificates, or something else that nobody signed'
  const reaching = headers.sections.find(
    (each) => each.rawSize > 0 && each.rawOffset + each.rawSize > address,
  )
  if (reaching) return `section ${JSON.stringify(reaching.name)} reaches into the certificates`
  return headers.sectionTable < directoryEnd(headers)
    ? 'its table of sections overlaps what is not signed'
    : null
}

function directoryEnd(headers: PeHeaders): number {
  return headers.directoryOffset(DIRECTORY.certificates) + 8
}

/** Why what was signed is not this file. @throws MalformedInputError */
function contentProblem(view: ByteView, headers: PeHeaders, signed: SignedData): string | null {
  if (signed.contentType !== INDIRECT_DATA) return `what is signed is of type ${signed.contentType}, no file`
  const fields = fieldsOf(signed.content)
  // What kind of file it is: sbsign names another than signtool, and the hash can only be that of this one.
  fields.take(TAG.sequence)
  const digest = fieldsOf(fields.take(TAG.sequence))
  const hash = hashIn(digest.take(TAG.sequence))
  const told = digest.take(TAG.octets).content
  return isSame(authenticodeHash(view, headers, hash), told)
    ? null
    : 'the file was changed after it was signed'
}

/** The hash of all that the signature covers. Whoever signs fills the file up to a multiple of 8 first, so that is in it. */
function authenticodeHash(view: ByteView, headers: PeHeaders, hash: string): Buffer {
  const { address } = headers.directory(DIRECTORY.certificates)
  const { checksumOffset } = headers
  return createHash(hash)
    .update(view.bytes.subarray(0, checksumOffset))
    .update(view.bytes.subarray(checksumOffset + 4, directoryEnd(headers) - 8))
    .update(view.bytes.subarray(directoryEnd(headers), address))
    .digest()
}

const MAX_SERIAL_BYTES = 64

function identityOf(certificate: DerValue): Pick<Signer, keyof typeof UNREAD> {
  const { subject, issuer, serial } = certificateNames(certificate)
  return {
    subject: nameIn(subject),
    issuer: nameIn(issuer),
    serial: Buffer.from(serial.content.subarray(0, MAX_SERIAL_BYTES))
      .toString('hex')
      .replace(/^00(?=.)/, ''),
    thumbprint: sha256(certificate.whole),
  }
}
