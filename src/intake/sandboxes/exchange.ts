import {
  type ClientRequest,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
} from 'node:http'
import { request as httpsRequest } from 'node:https'
import { drained } from './drained.ts'
import type { Body } from './multipart.ts'
import { AnswerCutError, UnreachableSandboxError } from './sandbox-errors.ts'

/** One request to a server. */
export interface Exchange {
  /** Who is asked, as errors are to call it. */
  readonly subject: string
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Body
  /** Longest silence of the server, in milliseconds. */
  readonly silenceMs: number
  /** Longest time until the last byte of the answer is read, in milliseconds. */
  readonly totalMs: number
  readonly signal?: AbortSignal | undefined
}

/** An answer whose body has yet to be read; whoever takes it must close it. */
export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** Whether the end of the body can be told from a broken connection. */
  readonly hasEnd: boolean
  /** @throws AnswerCutError, UnreachableSandboxError, the reason of the signal */
  readonly chunks: AsyncIterable<Uint8Array>
  /** Ends the connection, whatever was read. */
  close(): void
}

/**
 * Sends a request on a connection of its own (a kept one may be dead after a restart, and then nobody knows whether what
 * was sent was taken) and waits for the head of the answer. Redirects are not followed.
 * @throws UnreachableSandboxError, the reason of the signal, what the body throws
 */
export async function exchange(url: URL, asked: Exchange): Promise<Answer> {
  const { subject, method, headers, body, silenceMs, totalMs, signal } = asked
  signal?.throwIfAborted()
  let connected = false
  /** Why we broke it off ourselves: what node then says of the connection is no news. */
  let stopped = null as { readonly reason: unknown } | null
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest
  const request = send(url, {
    method,
    agent: false,
    headers: {
      ...headers,
      'Accept-Encoding': 'identity',
      Connection: 'close',
      ...(body && { 'Content-Type': body.type, 'Content-Length': String(body.length) }),
    },
    timeout: silenceMs,
  })
  let stream: ClientRequest | IncomingMessage = request
  const stop = (reason: unknown) => {
    stopped ??= { reason }
    stream.destroy(reason as Error)
  }
  const late = new UnreachableSandboxError(subject, `took longer than ${totalMs / 1000} s`, true)
  const timer = setTimeout(stop, totalMs, late)
  const onAbort = () => stop(signal!.reason)
  signal?.addEventListener('abort', onAbort, { once: true })
  const release = () => {
    clearTimeout(timer)
    signal?.removeEventListener('abort', onAbort)
  }
  request.once('socket', (socket) => socket.once('connect', () => (connected = true)))
  request.once('timeout', () =>
    stop(new UnreachableSandboxError(subject, `silent for ${silenceMs / 1000} s`, connected)),
  )
  try {
    const answered = response(request)
    if (body) sendBody(request, body).catch(stop)
    else request.end()
    const message = await answered
    stream = message
    // From here on the silence is counted while somebody waits for bytes, not while they wait for a slow reader.
    request.setTimeout(0)
    return {
      status: message.statusCode ?? 0,
      headers: message.headers,
      hasEnd: message.headers['content-length'] !== undefined || isChunked(message),
      chunks: bodyChunks(message, asked, stop, () => stopped),
      close() {
        release()
        message.destroy()
      },
    }
  } catch (error) {
    release()
    request.destroy()
    throw stopped ? stopped.reason : unreachable(subject, error, connected)
  }
}

function isChunked(message: IncomingMessage): boolean {
  return /\bchunked\b/i.test(message.headers['transfer-encoding'] ?? '')
}

function response(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve)
    // Not once: what comes after the answer is told by its body, and must not end the program.
    request.on('error', reject)
  })
}

/** Sends the body as fast as it is taken. A request that ends before is told of elsewhere. */
async function sendBody(request: ClientRequest, body: Body): Promise<void> {
  for await (const chunk of body.chunks()) {
    if (request.destroyed) return
    if (!request.write(chunk)) await drained(request)
  }
  request.end()
}

async function* bodyChunks(
  message: IncomingMessage,
  { subject, silenceMs }: Exchange,
  stop: (reason: unknown) => void,
  whyStopped: () => { readonly reason: unknown } | null,
): AsyncGenerator<Uint8Array, undefined> {
  let bytes = 0
  const chunks = message[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>
  const silent = new UnreachableSandboxError(subject, `silent for ${silenceMs / 1000} s`, true)
  try {
    for (;;) {
      const timer = setTimeout(stop, silenceMs, silent)
      const next = await chunks.next().finally(() => clearTimeout(timer))
      if (next.done) return
      bytes += next.value.length
      yield next.value
    }
  } catch (error) {
    const stopped = whyStopped()
    throw stopped ? stopped.reason : new AnswerCutError(subject, bytes, { cause: error })
  }
}

const PROBLEMS: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'nothing listens there'],
  ['ENOTFOUND', 'the host is not known'],
  ['EAI_AGAIN', 'the host is not known for now'],
  ['EHOSTUNREACH', 'the host cannot be reached'],
  ['ENETUNREACH', 'the network cannot be reached'],
  ['ECONNRESET', 'the connection was broken off'],
  ['EPIPE', 'the connection was broken off'],
  ['ETIMEDOUT', 'the connection takes too long'],
])

function unreachable(subject: string, error: unknown, connected: boolean): UnreachableSandboxError {
  const code = String((error as NodeJS.ErrnoException)?.code ?? 'unknown reason')
  return new UnreachableSandboxError(subject, PROBLEMS.get(code) ?? `no answer, ${code}`, connected, {
    cause: error,
  })
}
