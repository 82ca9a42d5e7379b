import { connect, type Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import type { ClamdAddress } from './address.ts'
import { ClamdAnswerError, ClamdCutOffError, ClamdSilentError, ClamdUnavailableError } from './errors.ts'

/*
 * One command a connection, as clamd(8) has it: `z<COMMAND>\0`, answered by text up to a NUL. INSTREAM is followed by pieces
 * of the data, each behind its length (32 bits, big-endian), and a length of 0. clamd may answer before it has all, and
 * then ends the connection.
 */

/** How long one waits for clamd. */
export interface ClamdPatience {
  /** Longest wait for a connection and for clamd to take data, milliseconds. */
  readonly silenceMs: number
  /** Longest wait for the answer once all is sent; clamd itself ends a scan after two minutes by default. */
  readonly answerMs: number
}

const MAX_PIECE_BYTES = 64 * 1024
const MAX_ANSWER_BYTES = 64 * 1024

/**
 * clamd's answer to a command, with `body` streamed behind it.
 * @throws ClamdUnavailableError before, ClamdCutOffError after there was a connection; ClamdSilentError, ClamdAnswerError;
 * the reason of the signal, what `body` throws
 */
export async function askClamd(
  address: ClamdAddress,
  command: string,
  patience: ClamdPatience,
  { body, signal }: { body?: AsyncIterable<Uint8Array>; signal?: AbortSignal | undefined } = {},
): Promise<string> {
  signal?.throwIfAborted()
  const socket = connect('path' in address ? { path: address.path } : { ...address })
  const stop = () => socket.destroy(signal!.reason)
  signal?.addEventListener('abort', stop)
  const answer = answerFrom(socket, address)
  let hasAnswered = false
  answer.then(
    () => (hasAnswered = true),
    () => (hasAnswered = true),
  )
  const within = <Value>(ms: number, doing: string, promise: Promise<Value>) =>
    beforeLong(promise, ms, () => new ClamdSilentError(address, doing, ms))
  const pieces = body && framed(body)
  const next = async (): Promise<IteratorResult<Uint8Array>> =>
    pieces
      ? await within(patience.silenceMs, 'of the sample that it was to be sent', pieces.next())
      : { done: true, value: undefined }
  try {
    await within(patience.silenceMs, 'while connecting', connected(socket, address))
    const send = (bytes: Uint8Array) => {
      // Whatever ends the connection ends the answer too, and that says why.
      const written = new Promise<void>((resolve) => socket.write(bytes, () => resolve()))
      return within(patience.silenceMs, 'while it was sent data', Promise.race([written, answer]))
    }
    await send(Buffer.from(`z${command}\0`))
    for (let piece = await next(); !piece.done; piece = await next()) {
      // An answer that has come is read before clamd's closed end makes a write fail, which would lose it.
      await setImmediate()
      if (hasAnswered) break
      await send(piece.value)
    }
    return await within(patience.answerMs, 'while its answer was waited for', answer)
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  } finally {
    signal?.removeEventListener('abort', stop)
    socket.destroy()
    // Not waited for: a source that hangs would not end either.
    pieces?.return(undefined).catch(() => {})
  }
}

async function* framed(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    for (let at = 0; at < chunk.length; at += MAX_PIECE_BYTES) {
      const piece = chunk.subarray(at, at + MAX_PIECE_BYTES)
      const frame = Buffer.allocUnsafe(4 + piece.length)
      frame.writeUInt32BE(piece.length)
      frame.set(piece, 4)
      yield frame
    }
  }
  yield new Uint8Array(4)
}

function connected(socket: Socket, address: ClamdAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', (error) => reject(new ClamdUnavailableError(address, error)))
    socket.once('close', () => reject(new ClamdUnavailableError(address, null)))
  })
}

function answerFrom(socket: Socket, address: ClamdAddress): Promise<string> {
  return new Promise((resolve, reject) => {
    let [text, failure] = ['', undefined as unknown]
    // Bytes as they are: names of detections are in no certain encoding.
    socket.setEncoding('latin1')
    socket.on('data', (piece: string) => {
      text += piece
      const end = text.indexOf('\0')
      if (end >= 0) resolve(text.slice(0, end))
      else if (text.length > MAX_ANSWER_BYTES) {
        reject(new ClamdAnswerError(address, `its answer has no end within ${MAX_ANSWER_BYTES} bytes`))
      }
    })
    socket.on('error', (error) => {
      failure = error
    })
    socket.on('close', () => reject(new ClamdCutOffError(address, failure)))
  })
}

async function beforeLong<Value>(promise: Promise<Value>, ms: number, late: () => Error): Promise<Value> {
  let timer: NodeJS.Timeout | undefined
  const isLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), ms)
  })
  try {
    return await Promise.race([promise, isLate])
  } finally {
    clearTimeout(timer)
  }
}
