import { UsageError } from '../core/index.ts'
import { type RestOptions, type Sandbox, sandboxKinds } from '../intake/index.ts'
import { readSecret } from './secret-file.ts'

/** Which sandbox, and what it is asked with. */
export interface SandboxAddress {
  /** `cuckoo` or `cape`. */
  readonly kind: string
  readonly url: string
  /** A file that holds the token and nothing else; a token on a command line is there for all to see. */
  readonly tokenFile?: string
}

/** The sandbox of an address. @throws UsageError, UnreadableError */
export async function openSandbox(address: SandboxAddress, options: RestOptions = {}): Promise<Sandbox> {
  const kind = sandboxKinds.find(({ name }) => name === address.kind)
  if (!kind) throw new UsageError(`unknown kind of sandbox ${JSON.stringify(address.kind)}`)
  const { tokenFile } = address
  return kind.open(
    address.url,
    tokenFile === undefined ? options : { ...options, token: await readSecret(tokenFile) },
  )
}

/**
 * The sandbox that the environment names: TAXON_CUCKOO or TAXON_CAPE its address, TAXON_SANDBOX_TOKEN_FILE its token. Null
 * where it names none.
 * @throws UsageError where it names both
 */
export function sandboxFromEnvironment(environment: NodeJS.ProcessEnv = process.env): SandboxAddress | null {
  const { TAXON_CUCKOO: cuckoo, TAXON_CAPE: cape, TAXON_SANDBOX_TOKEN_FILE: tokenFile } = environment
  if (cuckoo && cape) throw new UsageError('TAXON_CUCKOO and TAXON_CAPE: one of them, not both')
  const [kind, url] = cuckoo ? ['cuckoo', cuckoo] : ['cape', cape]
  return url ? { kind, url, ...(tokenFile && { tokenFile }) } : null
}
