import { cape } from './cape.ts'
import { cuckoo } from './cuckoo.ts'
import type { RestOptions } from './rest-sandbox.ts'
import type { Sandbox } from './sandbox.ts'

/** A kind of sandbox by the name that options and configurations give it. */
export interface SandboxKind {
  readonly name: string
  /** @throws UsageError for an address or a token that cannot be used */
  open(url: string, options?: RestOptions): Sandbox
}

/** The sandboxes that taxon can ask. A new one is one file and one line here. */
export const sandboxKinds: readonly SandboxKind[] = [
  { name: 'cuckoo', open: cuckoo },
  { name: 'cape', open: cape },
]
