import { type Batch, FLOW } from './decoder.ts'

/**
 * Finds the padding between functions: nops, traps and zero bytes where nothing runs into them, that is at the beginning
 * of code or behind an instruction that goes elsewhere; behind a call, traps only, since a function that never returns is
 * called too. Keeps what it saw last from one batch to the next of the same code.
 */
export function paddingFinder(): (batch: Batch, count: number, isPadding: Uint8Array) => void {
  let isReached = false
  let wasCall = false
  return ({ flows }, count, isPadding) => {
    for (let i = 0; i < count; i++) {
      const flow = flows[i]!
      const isTrap = flow === FLOW.trap
      if ((isTrap || flow === FLOW.idle) && (!isReached || (isTrap && wasCall))) {
        isPadding[i] = 1
        isReached = false
        continue
      }
      isPadding[i] = 0
      wasCall = flow === FLOW.call
      isReached = flow !== FLOW.end && flow !== FLOW.jump
    }
  }
}
