import type { Operations } from '../operations.ts'
import { floatAt, type ReferenceMemory } from './memory.ts'

type Products = Pick<
  Operations,
  | 'panel'
  | 'pack'
  | 'multiplyPacked'
  | 'multiplyTransposed'
  | 'columnSums'
  | 'multiplySparse'
  | 'multiplySparseGradient'
>

/** Products of matrices, as they are defined. Packed weights lie column by column: a panel is one column. */
export function products({ floats, words }: ReferenceMemory): Products {
  return {
    panel: () => 1,
    pack(out, weights, terms, columns, termStride, columnStride, firstTerm, allTerms) {
      for (let c = 0; c < columns; c++) {
        for (let p = 0; p < terms; p++) {
          floats[floatAt(out) + c * allTerms + firstTerm + p] =
            floats[floatAt(weights) + p * termStride + c * columnStride]
        }
      }
    },
    multiplyPacked(out, outRow, a, aRow, packed, bias, rows, terms, columns) {
      for (let r = 0; r < rows; r++) {
        for (let c = 0; c < columns; c++) {
          let sum = bias === 0 ? 0 : floats[floatAt(bias) + c]
          for (let p = 0; p < terms; p++) {
            sum += floats[floatAt(a) + r * aRow + p] * floats[floatAt(packed) + c * terms + p]
          }
          floats[floatAt(out) + r * outRow + c] = sum
        }
      }
    },
    multiplyTransposed(out, a, aRow, b, bRow, terms, rows, columns) {
      for (let r = 0; r < rows; r++) {
        for (let c = 0; c < columns; c++) {
          for (let p = 0; p < terms; p++) {
            floats[floatAt(out) + r * columns + c] +=
              floats[floatAt(a) + p * aRow + r] * floats[floatAt(b) + p * bRow + c]
          }
        }
      }
    },
    columnSums(out, a, aRow, rows, columns) {
      for (let r = 0; r < rows; r++) {
        for (let c = 0; c < columns; c++) floats[floatAt(out) + c] += floats[floatAt(a) + r * aRow + c]
      }
    },
    multiplySparse(out, kernel, bias, starts, indices, values, rows, units) {
      for (let r = 0; r < rows; r++) {
        for (let c = 0; c < units; c++) {
          let sum = floats[floatAt(bias) + c]
          for (let i = words[starts / 4 + r]; i < words[starts / 4 + r + 1]; i++) {
            sum += floats[floatAt(values) + i] * floats[floatAt(kernel) + words[indices / 4 + i] * units + c]
          }
          floats[floatAt(out) + r * units + c] = sum
        }
      }
    },
    multiplySparseGradient(dKernel, dOut, starts, indices, values, rows, units) {
      for (let r = 0; r < rows; r++) {
        for (let i = words[starts / 4 + r]; i < words[starts / 4 + r + 1]; i++) {
          for (let c = 0; c < units; c++) {
            floats[floatAt(dKernel) + words[indices / 4 + i] * units + c] +=
              floats[floatAt(values) + i] * floats[floatAt(dOut) + r * units + c]
          }
        }
      }
    },
  }
}
