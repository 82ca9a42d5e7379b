import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { KnownError, workerEntry } from '../core/index.ts'
import type { EngineName } from '../kernels/network/engine.ts'
import type { AddonPlace, RefusedAddon } from '../kernels/network/native-addon.ts'
import type { EngineFault } from '../models/index.ts'

/** What there is of engines for networks, and whether they compute what they should. */
export interface EngineReport {
  /** The one in use. */
  readonly engine: EngineName
  /** The builds of the addon that this processor can run; none where there is no addon. */
  readonly builds: readonly string[]
  /** Where the addon is; null where there is none. */
  readonly place: AddonPlace | null
  /** Addons that were found and cannot be used. */
  readonly refused: readonly RefusedAddon[]
  readonly faults: readonly EngineFault[]
}

/** The engines could not be tried. */
export class EngineProbeError extends KnownError {
  readonly code = 'engines'

  constructor(problem: string, options?: ErrorOptions) {
    super(`engines of networks: ${problem}`, options)
  }
}

const ENTRY = fileURLToPath(workerEntry(import.meta.url, 'probe-engines-process'))
const TIMEOUT_MS = 60_000

/**
 * Tries the engines in a process of its own: an addon that is broken may end the one that loads it.
 * @param env variables beside those of this process @throws EngineProbeError, the reason of the signal
 */
export async function probeEngines(
  env: Readonly<Record<string, string>> = {},
  signal?: AbortSignal,
): Promise<EngineReport> {
  const options = { env: { ...process.env, ...env }, timeout: TIMEOUT_MS, ...(signal ? { signal } : {}) }
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [ENTRY], options)
    return JSON.parse(stdout)
  } catch (error) {
    signal?.throwIfAborted()
    throw new EngineProbeError(problemOf(error as ProbeFailure), { cause: error })
  }
}

/** What `execFile` adds to its errors. */
type ProbeFailure = Error & { killed?: boolean; signal?: string | null; stderr?: string }

function problemOf({ killed, signal, stderr = '', message }: ProbeFailure): string {
  if (killed) return `not done after ${TIMEOUT_MS / 1000} s`
  if (signal) return `the process that tried them was ended by ${signal}`
  return stderr.trim() || message
}
