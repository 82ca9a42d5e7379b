import { KnownError } from '../core/index.ts'
import type { Finding } from './examine.ts'
import { sandboxState } from './sandbox.ts'
import { sandboxFromEnvironment } from './sandbox-address.ts'

/** Longest wait for a sandbox that is only looked at, in milliseconds. */
const WAIT_MS = 10_000

/** Whether the sandbox that the environment names answers; no finding where it names none. */
export async function examineSandbox(environment: NodeJS.ProcessEnv = process.env): Promise<Finding[]> {
  const part = 'sandbox'
  const remedy = 'start it, or set TAXON_CUCKOO or TAXON_CAPE and TAXON_SANDBOX_TOKEN_FILE right'
  try {
    const address = sandboxFromEnvironment(environment)
    if (!address) return []
    const { sandbox, state } = await sandboxState(address, AbortSignal.timeout(WAIT_MS))
    const { available, total } = state.machines
    const machines = `${available ?? '?'} of ${total ?? '?'} machines free`
    return [
      {
        part,
        works: true,
        detail: `${sandbox}, version ${state.version ?? 'unknown'}, ${machines}`,
        remedy: null,
      },
    ]
  } catch (error) {
    const isLate = (error as Error)?.name === 'TimeoutError'
    if (!isLate && !(error instanceof KnownError)) throw error
    const detail = isLate ? `no answer within ${WAIT_MS / 1000} s` : (error as KnownError).message
    return [{ part, works: false, detail, remedy }]
  }
}
