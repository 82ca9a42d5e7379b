import { PIECE } from '../kernels/json-scan/json-scan.ts'
import { type Tally, type Trace, tallyTotals, type View } from '../samples/index.ts'
import { MAX_NAME_BYTES, NameTable } from './name-table.ts'

const BLANK = 32

/** The tokens that a line of a traces file gives of one view: a sequence, counts, or both. */
export class ViewLog {
  readonly view: View
  readonly names = new NameTable()
  /** The line has a sequence, or counts, be they empty. */
  sequenced = false
  counted = false
  /** Tokens of the whole trace as the line claims it, 0 when it does not. */
  claimed = 0
  /** Values in place of names or counts that are neither. */
  strange = 0
  readonly #maxTokens: number
  #tokens = new Uint32Array(64)
  #length = 0
  #totals = new Float64Array(64)
  #counts = new Float64Array(64)
  #countTotal = 0
  #countName = -1
  readonly #word = new Uint8Array(MAX_NAME_BYTES * 2)
  #wordLength = 0

  constructor(view: View, maxTokens: number) {
    this.view = view
    this.#maxTokens = maxTokens
  }

  clear(): void {
    this.names.clear()
    this.sequenced = false
    this.counted = false
    this.claimed = 0
    this.strange = 0
    this.#length = 0
    this.#totals.fill(0)
    this.#counts.fill(0)
    this.#countTotal = 0
    this.#wordLength = 0
  }

  /** The next token of the sequence: a number that `names` gave. */
  addToken(token: number): void {
    if (token >= this.#totals.length) this.#totals = enlarged(this.#totals, token)
    this.#totals[token]! += 1
    if (this.#length < this.#maxTokens) {
      if (this.#length >= this.#tokens.length) {
        const tokens = new Uint32Array(Math.min(this.#maxTokens, this.#tokens.length * 2))
        tokens.set(this.#tokens)
        this.#tokens = tokens
      }
      this.#tokens[this.#length] = token
    }
    this.#length++
  }

  /** The next piece of a text of tokens with blanks between. */
  addText(bytes: Uint8Array, start: number, end: number, event: number): void {
    const escaped = (event & PIECE.escaped) !== 0
    if (event & PIECE.first) this.#wordLength = 0
    let from = start
    for (let at = start; at < end; at++) {
      if (bytes[at] !== BLANK) continue
      this.#endWord(bytes, from, at, escaped)
      from = at + 1
    }
    if (event & PIECE.last) this.#endWord(bytes, from, end, escaped)
    else this.#keepWord(bytes, from, end)
  }

  #keepWord(bytes: Uint8Array, start: number, end: number): void {
    const kept = bytes.subarray(start, Math.min(end, start + this.#word.length - this.#wordLength))
    this.#word.set(kept, this.#wordLength)
    this.#wordLength += kept.length
  }

  #endWord(bytes: Uint8Array, start: number, end: number, escaped: boolean): void {
    if (this.#wordLength === 0) {
      if (end > start) this.addToken(this.names.intern(bytes, start, end, escaped))
      return
    }
    this.#keepWord(bytes, start, end)
    this.addToken(this.names.intern(this.#word, 0, this.#wordLength, escaped))
    this.#wordLength = 0
  }

  /** The name that the next count is of. */
  countName(bytes: Uint8Array, start: number, end: number, escaped: boolean): void {
    this.#countName = this.names.intern(bytes, start, end, escaped)
  }

  count(count: number): void {
    if (!(count >= 0 && count <= Number.MAX_SAFE_INTEGER)) {
      this.strange++
      return
    }
    if (this.#countName >= this.#counts.length) this.#counts = enlarged(this.#counts, this.#countName)
    this.#counts[this.#countName]! += Math.floor(count)
    this.#countTotal += Math.floor(count)
  }

  /** The trace, and whether all of its tokens are at least counted; null when the line says nothing of this view. */
  build(dialect: string): { trace: Trace; whole: boolean } | null {
    if (!this.sequenced && !this.counted) return null
    const vocabulary = this.names.names
    // Counts beside a sequence are of the whole trace, of which the sequence may be only the beginning.
    const useCounts = !this.sequenced || this.#countTotal > this.#length
    const tally = this.#tally(useCounts)
    const tallied = useCounts ? this.#countTotal : this.#length
    const length = Math.max(this.claimed, tallied)
    const base = { view: this.view, dialect, vocabulary, tally, length, places: null }
    const trace: Trace = this.sequenced
      ? {
          ...base,
          kind: 'sequence',
          sequence: this.#tokens.slice(0, Math.min(this.#length, this.#maxTokens)),
        }
      : { ...base, kind: 'counts', sequence: null }
    return { trace, whole: length === tallied }
  }

  #tally(useCounts: boolean): Tally {
    const totals = useCounts ? this.#counts : this.#totals
    return tallyTotals(totals.subarray(0, this.names.size))
  }
}

function enlarged(column: Float64Array, index: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(Math.max(index + 1, column.length * 2))
  larger.set(column)
  return larger
}
