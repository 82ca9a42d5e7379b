import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DamagedFileError, UnwritableError } from '../core/index.ts'
import { MAX_PIECES, MAX_TEXT_TOKENS, type NgramText } from '../kernels/ngrams/ngrams.ts'

/** A text that is kept: in memory that threads share, or at a place of a file. */
type KeptText = NgramText | { readonly at: number; readonly tokens: number; readonly pieces: number }

/** Texts that can be read again and again, as plain data: a worker thread can be given them. */
export interface KeptTexts {
  readonly texts: readonly KeptText[]
  /** Where those are that are not in memory. */
  readonly file: string | null
  /** Bytes of those that are in memory. */
  readonly inMemory: number
}

/** Gathers documents into texts for the counting kernel, in memory up to a limit, beyond it in a temporary folder. */
export interface TextKeeper {
  /** Adds the next document: its tokens, 1 or more each. */
  add(tokens: Uint16Array): void
  /** What was gathered; nothing may be added after. */
  finish(): KeptTexts
  /** Removes the temporary folder; the texts cannot be read after. */
  close(): void
}

/**
 * A keeper of texts. @param longest n-gram: a document that is cut overlaps by as many tokens less one
 * @param memoryBytes most that is kept in memory @param onText told of each text once
 */
export function keepTexts(
  longest: number,
  memoryBytes: number,
  onText: (text: NgramText) => void,
): TextKeeper {
  const texts: KeptText[] = []
  const room = MAX_TEXT_TOKENS - longest
  let tokens = new Uint16Array(MAX_TEXT_TOKENS)
  let pieces: number[] = []
  let used = 0
  let document = 0
  let inMemory = 0
  let disk: { folder: string; file: string; handle: number; end: number } | null = null

  function keep(text: NgramText): KeptText {
    if (disk === null && inMemory + byteLength(text) <= memoryBytes) {
      inMemory += byteLength(text)
      return { tokens: shared(text.tokens, Uint16Array), pieces: shared(text.pieces, Uint32Array) }
    }
    if (disk === null) {
      disk = openDisk()
      // What is in memory goes to disk as well, so that the limit is for sorting alone.
      for (const [i, kept] of texts.entries()) if (isHere(kept)) texts[i] = write(disk, kept)
      inMemory = 0
    }
    return write(disk, text)
  }

  function flush(): void {
    if (pieces.length === 0) return
    const text = { tokens: tokens.subarray(0, used), pieces: Uint32Array.from(pieces) }
    onText(text)
    texts.push(keep(text))
    pieces = []
    used = 0
  }

  return {
    add(added) {
      for (let from = 0; from < added.length; ) {
        if (used >= room || pieces.length === 4 * MAX_PIECES) flush()
        const starts = Math.min(added.length - from, room - used)
        const length = Math.min(added.length - from, starts + longest - 1)
        pieces.push(document, used, length, starts)
        tokens.set(added.subarray(from, from + length), used)
        used += length
        from += starts
      }
      document++
    },
    finish() {
      flush()
      tokens = new Uint16Array(0)
      return { texts, file: disk?.file ?? null, inMemory }
    },
    close() {
      if (disk === null) return
      closeSync(disk.handle)
      rmSync(disk.folder, { recursive: true, force: true })
      disk = null
    },
  }
}

/** The texts in order; each is overwritten when the next is read. */
export function* readTexts({ texts, file }: KeptTexts): Generator<NgramText> {
  const handle = file === null ? null : openSync(file, 'r')
  const buffer = new ArrayBuffer(handle === null ? 0 : 2 * MAX_TEXT_TOKENS + 16 * MAX_PIECES)
  try {
    for (const text of texts) {
      if (isHere(text)) {
        yield text
        continue
      }
      const size = 4 * text.pieces + 2 * text.tokens
      for (let done = 0; done < size; ) {
        const read = readSync(
          handle!,
          new Uint8Array(buffer, done, size - done),
          0,
          size - done,
          text.at + done,
        )
        if (read === 0) throw new DamagedFileError(file!, 'it was cut off')
        done += read
      }
      yield {
        pieces: new Uint32Array(buffer, 0, text.pieces),
        tokens: new Uint16Array(buffer, 4 * text.pieces, text.tokens),
      }
    }
  } finally {
    if (handle !== null) closeSync(handle)
  }
}

function isHere(text: KeptText): text is NgramText {
  return typeof text.tokens !== 'number'
}

const byteLength = ({ tokens, pieces }: NgramText) => tokens.byteLength + pieces.byteLength

function shared<T extends Uint16Array | Uint32Array>(
  array: T,
  make: new (buffer: SharedArrayBuffer) => T,
): T {
  const copy = new make(new SharedArrayBuffer(array.byteLength))
  copy.set(array)
  return copy
}

function openDisk() {
  try {
    const folder = mkdtempSync(join(tmpdir(), 'taxon-ngrams-'))
    const file = join(folder, 'tokens')
    return { folder, file, handle: openSync(file, 'w'), end: 0 }
  } catch (error) {
    throw new UnwritableError(tmpdir(), error)
  }
}

function write(
  disk: { readonly file: string; readonly handle: number; end: number },
  { tokens, pieces }: NgramText,
): KeptText {
  const kept = { at: disk.end, tokens: tokens.length, pieces: pieces.length }
  try {
    for (const array of [pieces, tokens]) {
      const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
      for (let done = 0; done < bytes.length; ) {
        done += writeSync(disk.handle, bytes, done, bytes.length - done, disk.end + done)
      }
      disk.end += bytes.length
    }
  } catch (error) {
    throw new UnwritableError(disk.file, error)
  }
  return kept
}
