import type { Operations } from '../operations.ts'
import { convolution } from './convolution.ts'
import { elements } from './elements.ts'
import { lstm } from './lstm.ts'
import { referenceMemory } from './memory.ts'
import { pooling } from './pooling.ts'
import { products } from './products.ts'

/** The definition of every operation, in float64, written to be read: the judge of the fast ones. */
export function referenceOperations(buffer: SharedArrayBuffer): Operations {
  const memory = referenceMemory(buffer)
  return {
    ...products(memory),
    ...convolution(memory),
    ...elements(memory),
    ...pooling(memory),
    ...lstm(memory),
  }
}
