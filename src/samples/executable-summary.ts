/** What the headers of an executable say of it, in the shape that `taxon classify --json` prints. */
export interface ExecutableSummary {
  /** The processor: `x86`, `x86-64`, `arm`, `arm64`, `mips`, `mips64`, or `other`. */
  readonly architecture: string
  /** Virtual address of the first instruction, as `0x401000`; null where the file names none. */
  readonly entry: string | null
  /** In the order of the file, the first MAX_SECTIONS_SHOWN of them. */
  readonly sections: readonly SectionSummary[]
  /** Sections that are not shown. */
  readonly moreSections: number
  /** Functions that it takes from others; null where that cannot be read. */
  readonly imports: number | null
  /** Each sign that what it does is hidden in packed or encrypted bytes, as a short sentence. */
  readonly packed: readonly string[]
  /** How it is seen that the file ends before its time, or null. */
  readonly cutOff: string | null
  /** Who signed it, of PE files; null where nobody did. */
  readonly signer: SignerSummary | null
}

/**
 * Whose signature a file bears. It says nothing of trust: a certificate in any name can be made by anyone, so that a signer
 * is told by `thumbprint`, and only where `valid` is true.
 */
export interface SignerSummary {
  /** Common name of the signing certificate, else its organization, control characters and all; null where it cannot be read. */
  readonly subject: string | null
  /** SHA-256 of the signing certificate, 64 lower-case hex digits. */
  readonly thumbprint: string | null
  /** Whether the holder of the certificate's key signed exactly this file. */
  readonly valid: boolean
  /** Why it is not valid, as a short sentence; null where it is. */
  readonly problem: string | null
}

/** A part of an executable that is loaded to memory. */
export interface SectionSummary {
  /** As the file spells it, control characters and all. */
  readonly name: string
  /** Virtual address, as `0x401000`. */
  readonly address: string
  /** Bytes that the file has of it. */
  readonly size: number
  /** Shannon entropy of its bytes, 0 … 8 bits a byte, to three decimals. */
  readonly entropy: number
  readonly isExecutable: boolean
}

/** Sections that are shown; a hostile file may have 65,535. */
export const MAX_SECTIONS_SHOWN = 64
