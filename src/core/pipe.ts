import { closeSync, constants, openSync, readSync } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { PipeSilentError } from './errors.ts'

/** How long to wait for a pipe, whose bytes may never come. */
export interface Patience {
  /** Ends the waiting when aborted. */
  readonly signal?: AbortSignal
  /** Longest wait for the next bytes, in milliseconds; for ever when absent. */
  readonly waitMs?: number
}

/** Between two looks at whether somebody writes. */
const LOOK_MS = 10
const FIRST_BYTES = 65_536

/**
 * The bytes of a named pipe. It is read without blocking: a thread that waits inside a blocking open or read for a writer
 * who never comes could not be ended, not even by the end of the program.
 * @throws PipeSilentError, the reason of the signal, and the system's errors
 */
export async function* pipeChunks(path: string, patience: Patience): AsyncGenerator<Uint8Array, undefined> {
  // One that the shell made, /dev/fd/63, has no name of its own, and had its writer from the start.
  const mayLackWriter = await realpath(path).then(
    () => true,
    () => false,
  )
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  let stream: Readable
  let first: Uint8Array | null
  try {
    first = mayLackWriter ? await firstBytes(path, descriptor, patience) : null
    stream = new Socket({ fd: descriptor, readable: true, writable: false })
  } catch (error) {
    closeSync(descriptor)
    throw error
  }
  try {
    if (first) yield first
    yield* streamChunks(stream, path, patience)
  } finally {
    stream.destroy()
  }
}

/** Waits until somebody writes. Null when there is a writer, but no bytes yet. */
async function firstBytes(
  path: string,
  descriptor: number,
  { signal, waitMs = Number.POSITIVE_INFINITY }: Patience,
): Promise<Uint8Array | null> {
  const buffer = Buffer.allocUnsafeSlow(FIRST_BYTES)
  for (let waited = 0; ; waited += LOOK_MS) {
    signal?.throwIfAborted()
    try {
      // No bytes and no error: nobody has opened the other end.
      const bytes = readSync(descriptor, buffer, 0, buffer.length, null)
      if (bytes > 0) return buffer.subarray(0, bytes)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return null
      throw error
    }
    if (waited >= waitMs) throw new PipeSilentError(path, waitMs)
    await pause(LOOK_MS)
  }
}

/** The chunks of a stream, which is destroyed when the next is too long in coming. @throws PipeSilentError, the reason of the signal */
export async function* streamChunks(
  stream: Readable,
  path: string,
  { signal, waitMs }: Patience,
): AsyncGenerator<Uint8Array, undefined> {
  const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>
  const stop = () => void stream.destroy(signal?.reason)
  signal?.throwIfAborted()
  signal?.addEventListener('abort', stop)
  try {
    for (;;) {
      const late = () => void stream.destroy(new PipeSilentError(path, waitMs!))
      const timer = waitMs === undefined ? undefined : setTimeout(late, waitMs)
      const next = await chunks.next().finally(() => clearTimeout(timer))
      if (next.done) return
      yield next.value
    }
  } finally {
    signal?.removeEventListener('abort', stop)
  }
}
