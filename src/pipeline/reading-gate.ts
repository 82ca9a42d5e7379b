import { setTimeout as pause } from 'node:timers/promises'

/** Memory that the threads of one gate share. */
export type GateState = Int32Array<SharedArrayBuffer>

const READERS = 0
const CLOSED = 1
const LOOK_MS = 5

/**
 * A gate that worker threads pass while they read a corpus. A thread that is ended while it is inside the database takes
 * the whole program with it, so whoever ends threads closes the gate first.
 */
export function readingGate(): GateState {
  return new Int32Array(new SharedArrayBuffer(8))
}

/** Reads inside the gate. @throws Error when it is closed */
export async function throughGate<Result>(gate: GateState, read: () => Promise<Result>): Promise<Result> {
  // In this order: whoever closes the gate looks for readers afterwards.
  Atomics.add(gate, READERS, 1)
  try {
    if (Atomics.load(gate, CLOSED) === 1) throw new Error('the reading of corpora is closed')
    return await read()
  } finally {
    Atomics.sub(gate, READERS, 1)
  }
}

/** Lets nobody in any more, and waits until nobody is inside. */
export async function closeGate(gate: GateState): Promise<void> {
  Atomics.store(gate, CLOSED, 1)
  while (Atomics.load(gate, READERS) > 0) await pause(LOOK_MS)
}
