import { setTimeout } from 'node:timers/promises'
import { boundedDetection, type EngineLabel, type LabelledSample, type LabelSource } from '../label-source.ts'
import { limitsLabel } from '../limits-exceeded.ts'
import { parseClamdAddress } from './address.ts'
import { askClamd, type ClamdPatience } from './ask-clamd.ts'
import { ClamdAnswerError, ClamdCutOffError, ClamdUnavailableError } from './errors.ts'

/** How a clamd is asked. */
export interface ClamdOptions extends Partial<ClamdPatience> {
  /** See `parseClamdAddress`. */
  readonly address: string
  /**
   * clamd's MaxFileSize. It passes larger files unseen as `OK`, unless AlertExceedsMax is set; here they are `too-big`.
   * ClamAV's own default, 100 MiB, where nothing is said.
   */
  readonly maxFileBytes?: number
  /** How long a clamd that was there is waited for when it is gone, as while it restarts; two minutes by default. */
  readonly reconnectMs?: number
  /** The clock, milliseconds since 1970. */
  now?(): number
}

/** MaxFileSize of ClamAV 1.0 and newer. */
export const DEFAULT_MAX_FILE_BYTES = 100 * 1024 * 1024

const SILENCE_MS = 30_000
/** Behind the two minutes (MaxScanTime) after which clamd itself gives up. */
const ANSWER_MS = 150_000
const RECONNECT_MS = 120_000
const [FIRST_DELAY_MS, LONGEST_DELAY_MS] = [50, 5000]
/** How often a sample may end the connection before it is held to be the cause. */
const MAX_CUTS = 3
/** How long a version is believed; freshclam brings new signatures several times a day. */
const VERSION_MS = 60_000

/**
 * Labels by a clamd, over its socket. Its signatures' version is in every label. A clamd that restarts is waited for, and
 * samples on their way are sent again; one that was never there is an error at once.
 * @throws UsageError for an address that is none; from its functions ClamdUnavailableError, ClamdSilentError, ClamdAnswerError
 */
export function clamd(options: ClamdOptions): LabelSource {
  const { silenceMs = SILENCE_MS, answerMs = ANSWER_MS, reconnectMs = RECONNECT_MS, now = Date.now } = options
  const address = parseClamdAddress(options.address)
  const maxFileBytes = options.maxFileBytes ?? DEFAULT_MAX_FILE_BYTES
  const patience = { silenceMs, answerMs }
  let wasThere = false
  let known: { version: string; at: number } | null = null

  /** Asks until clamd answers, for as long as one may wait for its return. */
  async function ask(command: string, signal?: AbortSignal, sample?: LabelledSample): Promise<string> {
    const until = Date.now() + reconnectMs
    let [delay, cuts] = [FIRST_DELAY_MS, 0]
    for (;;) {
      try {
        const answer = await askClamd(address, command, patience, {
          signal,
          ...(sample && { body: sample.open() }),
        })
        wasThere = true
        return answer
      } catch (error) {
        const isCut = error instanceof ClamdCutOffError
        if (isCut && ++cuts >= MAX_CUTS) throw error
        if (!isCut && !(error instanceof ClamdUnavailableError && wasThere)) throw error
        if (Date.now() + delay > until) throw error
        // It may come back with other signatures.
        known = null
      }
      await setTimeout(delay, undefined, { signal }).catch(() => signal?.throwIfAborted())
      delay = Math.min(delay * 2, LONGEST_DELAY_MS)
    }
  }

  async function version(signal?: AbortSignal): Promise<string> {
    if (known === null || now() - known.at > VERSION_MS) {
      const answer = await ask('VERSION', signal)
      if (!answer.startsWith('ClamAV '))
        throw new ClamdAnswerError(address, `it is no clamd, it says ${quoted(answer)}`)
      known = { version: boundedDetection(answer), at: now() }
    }
    return known.version
  }

  return {
    name: 'clamd',
    version,
    async label(sample, signal) {
      const before = await version(signal)
      let meaning: Meaning
      try {
        meaning = meaningOf(await ask('INSTREAM', signal, sample), sample.size, maxFileBytes)
      } catch (error) {
        if (!(error instanceof ClamdCutOffError)) throw error
        meaning = failed(`clamd ended the connection ${MAX_CUTS} times before it had answered`)
      }
      const said = { family: null, category: null, firstSeen: null, by: 'clamd' }
      const asked = { source: 'clamd', engine: 'ClamAV', version: known?.version ?? before, at: now() }
      return [{ ...said, ...asked, ...meaning }]
    },
  }
}

type Meaning = Pick<EngineLabel, 'malicious' | 'detection' | 'state' | 'problem'>

function failed(problem: string): Meaning {
  return { malicious: null, detection: null, state: 'failed', problem }
}

/** `stream: OK`, `stream: <name> FOUND`, `INSTREAM size limit exceeded. ERROR`, `<anything> ERROR`. */
function meaningOf(answer: string, size: number, maxFileBytes: number): Meaning {
  const found = /^stream: (.+) FOUND$/s.exec(answer)?.[1]
  if (found !== undefined) {
    const limits = limitsLabel(found)
    return limits ?? { malicious: 1, detection: boundedDetection(found), state: 'found', problem: null }
  }
  if (/^INSTREAM size limit exceeded/.test(answer)) {
    return { ...failed('it is larger than the StreamMaxLength of clamd'), state: 'too-big' }
  }
  if (answer === 'stream: OK') {
    if (size <= maxFileBytes) return { malicious: 0, detection: null, state: 'clean', problem: null }
    const problem = `it is larger than the MaxFileSize of clamd (${maxFileBytes} bytes), which passes it unseen`
    return { ...failed(problem), state: 'too-big' }
  }
  return failed(`clamd says ${quoted(answer)}`)
}

function quoted(answer: string): string {
  return JSON.stringify(boundedDetection(answer.slice(0, 200)))
}
