/** Something made of a sample that is kept beside it: an opcode trace (`opcodes`), a sandbox's report (`report`). */
export interface Artifact {
  readonly sha256: string
  readonly kind: 'opcodes' | 'report'
  /** Who made it, with its version or task: `taxon 0.1.0`, `cuckoo http://… task 7`. One a kind and producer. */
  readonly producer: string
  /** SHA-256 of its content, which names its file. */
  readonly digest: string
  /** Bytes of its content, which is kept compressed. */
  readonly size: number
  readonly at: number
}
