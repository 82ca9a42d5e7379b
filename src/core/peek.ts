/**
 * The first bytes of a stream, `size` of them or fewer where it is shorter, and the whole stream again. The head is a
 * copy. Whoever looks only at the head must call `rest.return()`, which closes the source.
 */
export async function peek(
  chunks: AsyncIterable<Uint8Array>,
  size: number,
): Promise<{ head: Uint8Array; rest: AsyncIterableIterator<Uint8Array> }> {
  const source = chunks[Symbol.asyncIterator]()
  const held: Uint8Array[] = []
  let failure: { error: unknown } | null = null
  let length = 0
  while (length < size) {
    try {
      const next = await source.next()
      if (next.done) break
      length += next.value.length
      // A source may reuse the chunk before when it is asked for another.
      held.push(length < size ? next.value.slice() : next.value)
    } catch (error) {
      // The reader of `rest` gets what was read, then the error.
      failure = { error }
      break
    }
  }
  const head = new Uint8Array(Buffer.concat(held, length).subarray(0, size))
  return { head, rest: resume(held, failure, source) }
}

/** Written by hand: a generator that was never started would not close its source when returned from. */
function resume(
  held: Uint8Array[],
  failure: { error: unknown } | null,
  source: AsyncIterator<Uint8Array>,
): AsyncIterableIterator<Uint8Array> {
  let ended = false
  return {
    [Symbol.asyncIterator]() {
      return this
    },
    async next() {
      if (ended) return { done: true, value: undefined }
      const value = held.shift()
      if (value) return { done: false, value }
      if (failure) {
        ended = true
        throw failure.error
      }
      return source.next()
    },
    async return() {
      ended = true
      held.length = 0
      await source.return?.()
      return { done: true, value: undefined }
    },
  }
}
