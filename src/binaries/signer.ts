/**
 * Who signed a program with Authenticode, and whether the signature holds. It says nothing of trust: no chain of
 * certificates, date or revocation is looked at, and a certificate in any name can be made by anyone. Whoever wants to
 * tell a signer again holds to `thumbprint`, where `valid` is true.
 */
export interface Signer {
  /** Common name of the signing certificate, else its organization; hostile text, at most MAX_NAME_CHARACTERS. Null where it cannot be read. */
  readonly subject: string | null
  /** The same of who issued it. */
  readonly issuer: string | null
  /** Its serial number as lower-case hex digits. */
  readonly serial: string | null
  /** SHA-256 of the signing certificate, as lower-case hex digits. */
  readonly thumbprint: string | null
  /** Whether the holder of that certificate's key signed exactly this file, and nothing that could differ is left uncovered. */
  readonly valid: boolean
  /** Why it is not valid, as a short sentence; null where it is. */
  readonly problem: string | null
}
