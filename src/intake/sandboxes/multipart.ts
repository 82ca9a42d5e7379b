/*
 * multipart/form-data (RFC 7578), as long as was said beforehand: the servers that sandboxes stand on read no chunked
 * bodies (WSGI, PEP 3333).
 */
import { createHash, randomUUID } from 'node:crypto'
import type { SandboxSample } from './sandbox.ts'
import { SampleChangedError } from './sandbox-errors.ts'

/** The body of a request. */
export interface Body {
  readonly type: string
  readonly length: number
  chunks(): AsyncIterable<Uint8Array>
}

/**
 * A form with some fields and one file. The file's end is sent only when its bytes were those the sample is named by, so
 * that no sandbox runs anything else.
 * @throws SampleChangedError from the chunks
 */
export function formBody(fields: ReadonlyMap<string, string>, sample: SandboxSample): Body {
  const boundary = `taxon-${randomUUID()}`
  const part = (disposition: string) => `--${boundary}\r\nContent-Disposition: form-data; ${disposition}\r\n`
  const texts = [...fields].map(([name, value]) => `${part(`name="${name}"`)}\r\n${value}\r\n`)
  const file = `${part(`name="file"; filename="${harmlessName(sample)}"`)}Content-Type: application/octet-stream\r\n\r\n`
  const before = Buffer.from(texts.join('') + file)
  const after = Buffer.from(`\r\n--${boundary}--\r\n`)
  return {
    type: `multipart/form-data; boundary=${boundary}`,
    length: before.length + sample.size + after.length,
    async *chunks() {
      yield before
      yield* checked(sample)
      yield after
    },
  }
}

async function* checked({ sha256, size, open }: SandboxSample): AsyncGenerator<Uint8Array, undefined> {
  const hash = createHash('sha256')
  let left = size
  for await (const chunk of open()) {
    left -= chunk.length
    if (left < 0) throw new SampleChangedError(sha256)
    hash.update(chunk)
    yield chunk
  }
  if (left > 0 || hash.digest('hex') !== sha256) throw new SampleChangedError(sha256)
}

const MAX_NAME_CHARACTERS = 64

/** A file name for a sandbox's disk and its guest: the last part of a hostile one, its ending kept, for it tells how to run it. */
export function harmlessName({ name, sha256 }: Pick<SandboxSample, 'name' | 'sha256'>): string {
  const last = name.slice(-4096).split(/[/\\]/).at(-1)!
  const plain = last.replace(/[^A-Za-z0-9._-]+/g, '_').replace(/^[._-]+/, '')
  if (plain.length <= MAX_NAME_CHARACTERS) return /[A-Za-z0-9]/.test(plain) ? plain : sha256
  const [ending = ''] = /\.[A-Za-z0-9]{1,10}$/.exec(plain) ?? []
  return plain.slice(0, MAX_NAME_CHARACTERS - ending.length) + ending
}
