import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { KnownError, LimitExceededError, UnreadableError, writeWhole } from '../../core/index.ts'

/** A file that could not be fetched, or not whole. */
export class DownloadError extends KnownError {
  readonly code = 'download'

  constructor(url: string, problem: string, options?: ErrorOptions) {
    super(`${url}: ${problem}`, options)
  }
}

/** A file whose content is not the one that was wanted. */
export class WrongHashError extends KnownError {
  readonly code = 'wrong-hash'

  constructor(subject: string, found: string, wanted: string) {
    super(`${subject}: SHA-256 is ${found}, wanted ${wanted}; nothing of it is kept`)
  }
}

/** How a download is watched and ended. */
export interface DownloadOptions {
  /** Longest wait for the server's answer and between two pieces of it, in milliseconds; a minute by default. */
  readonly silenceMs?: number
  readonly signal?: AbortSignal
  /** Told of the bytes so far and of those in all, null where the server does not say. */
  onBytes?(bytes: number, total: number | null): void
}

/** What a file is known by. */
export interface FileDigest {
  readonly bytes: number
  /** 64 lower-case hex digits. */
  readonly sha256: string
}

/** Most bytes of one download: the largest public set has a tenth of it. */
const MAX_DOWNLOAD_BYTES = 2 ** 31
const A_MINUTE_MS = 60_000

/**
 * Fetches a file over HTTP, redirects followed, to a path where it stands whole or not at all.
 * @throws DownloadError for any answer but success, a silent server, a transfer that is cut off, a redirect away from
 * HTTPS; LimitExceededError past MAX_DOWNLOAD_BYTES; UnwritableError; the reason of the signal
 */
export async function download(
  url: string,
  path: string,
  { silenceMs = A_MINUTE_MS, signal, onBytes }: DownloadOptions = {},
): Promise<FileDigest> {
  const silence = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const listen = () => {
    clearTimeout(timer)
    timer = setTimeout(() => silence.abort(), silenceMs)
  }
  const ended = AbortSignal.any(signal ? [signal, silence.signal] : [silence.signal])
  const hash = createHash('sha256')
  let bytes = 0
  async function* pieces(body: AsyncIterable<Uint8Array>, total: number | null) {
    for await (const piece of body) {
      listen()
      bytes += piece.length
      if (bytes > MAX_DOWNLOAD_BYTES) throw new LimitExceededError(`${url}: bytes`, MAX_DOWNLOAD_BYTES)
      hash.update(piece)
      onBytes?.(bytes, total)
      yield piece
    }
  }
  try {
    listen()
    // Packed on its way it would have another length than the file.
    const response = await fetch(url, { signal: ended, headers: { 'accept-encoding': 'identity' } })
    const { body, total } = checked(url, response)
    await writeWhole(path, pieces(body, total), ended)
    return { bytes, sha256: hash.digest('hex') }
  } catch (error) {
    if (signal?.aborted) throw signal.reason
    if (silence.signal.aborted) throw new DownloadError(url, `nothing came for ${silenceMs / 1000} s`)
    if (error instanceof KnownError) throw error
    throw new DownloadError(url, troubleOf(error), { cause: error })
  } finally {
    clearTimeout(timer)
  }
}

function checked(url: string, response: Response) {
  if (url.startsWith('https:') && !response.url.startsWith('https:')) {
    throw new DownloadError(url, `the server sends on to ${response.url}, which is not HTTPS`)
  }
  if (!response.ok || !response.body) {
    throw new DownloadError(url, `the server answers ${response.status} ${response.statusText}`.trimEnd())
  }
  const length = Number(response.headers.get('content-length') ?? Number.NaN)
  return { body: response.body, total: Number.isSafeInteger(length) ? length : null }
}

const TROUBLES: Readonly<Record<string, string>> = {
  ENOTFOUND: 'no server has that name',
  EAI_AGAIN: 'the name of the server cannot be looked up now',
  ECONNREFUSED: 'the server refuses the connection',
  ECONNRESET: 'the transfer was cut off',
  UND_ERR_SOCKET: 'the transfer was cut off',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'the transfer was cut off',
}

/** `fetch` wraps what went wrong, sometimes more than once. */
function troubleOf(error: unknown): string {
  let said = 'it cannot be fetched'
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code } = at as NodeJS.ErrnoException
    if (code !== undefined && TROUBLES[code] !== undefined) return TROUBLES[code]
    said = at.message
  }
  return said
}

/** Size and hash of a file that is here already. @throws UnreadableError, the reason of the signal */
export async function digestOf(path: string, signal?: AbortSignal): Promise<FileDigest> {
  const hash = createHash('sha256')
  let bytes = 0
  try {
    await pipeline(
      createReadStream(path),
      async (pieces) => {
        for await (const piece of pieces) {
          hash.update(piece)
          bytes += piece.length
        }
      },
      signal ? { signal } : {},
    )
  } catch (error) {
    signal?.throwIfAborted()
    throw new UnreadableError(path, error)
  }
  return { bytes, sha256: hash.digest('hex') }
}
