const NEWLINE = 10

/** A line of a log, without its end. */
export interface LogLine {
  readonly bytes: Buffer
  /** Where the next one begins. */
  readonly end: number
}

/** Cuts bytes that come in pieces into lines, of which it holds one at most. Empty lines are left out. */
export interface LineSplitter {
  /** The lines that end in this piece. */
  split(chunk: Buffer): LogLine[]
  /** Where the line begins that has not ended yet. */
  end(): number
  /** What there is of that line; null where it is nothing or too long. */
  rest(): LogLine | null
  /** Lines that were too long, since this was last asked. */
  takeTooLong(): number
}

/** @param from offset of the first piece */
export function lineSplitter(from: number, maxLineBytes: number): LineSplitter {
  let begin = from
  let read = from
  let held: Buffer[] = []
  let heldBytes = 0
  let tooLong = 0
  const hold = (piece: Buffer) => {
    heldBytes += piece.length
    // Its bytes are of no more use once it is too long; its end is still looked for.
    if (heldBytes > maxLineBytes) held = []
    else if (piece.length > 0) held.push(piece)
  }
  return {
    split(chunk) {
      const lines: LogLine[] = []
      let at = 0
      for (let next = chunk.indexOf(NEWLINE); next >= 0; next = chunk.indexOf(NEWLINE, at)) {
        hold(chunk.subarray(at, next))
        at = next + 1
        begin = read + at
        if (heldBytes > maxLineBytes) tooLong++
        else if (heldBytes > 0) lines.push({ bytes: whole(held), end: begin })
        held = []
        heldBytes = 0
      }
      hold(chunk.subarray(at))
      read += chunk.length
      return lines
    },
    end: () => begin,
    rest: () =>
      heldBytes > 0 && heldBytes <= maxLineBytes ? { bytes: whole(held), end: begin + heldBytes } : null,
    takeTooLong() {
      const count = tooLong
      tooLong = 0
      return count
    },
  }
}

function whole(pieces: readonly Buffer[]): Buffer {
  return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)
}
