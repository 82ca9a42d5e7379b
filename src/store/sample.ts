/** What is known of the bytes themselves. */
export interface Sample {
  /** Lower-case hex, as all hashes here. */
  readonly sha256: string
  readonly sha1: string
  readonly md5: string
  readonly size: number
  /** By the first bytes: `pe`, `elf`, `zip`, `gzip`, `tar`, `report`, `other`, … */
  readonly type: string
  /** `partial` where the bytes are known to be cut; `reasons` say why. A whole copy is another sample. */
  readonly state: 'complete' | 'partial'
  readonly reasons: readonly string[]
  /** When it came first, milliseconds since 1970. */
  readonly addedAt: number
}

/** One sample came out of another: a member of an archive, a file dropped by a program. */
export interface Relation {
  readonly parent: string
  readonly child: string
  readonly kind: 'member' | 'dropped'
  /** Path within the parent. Hostile. */
  readonly name: string | null
}

/** What somebody wrote of a sample. */
export interface Note {
  readonly id: number
  readonly text: string
  readonly by: string | null
  readonly at: number
}
