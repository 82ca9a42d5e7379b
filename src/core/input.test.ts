import { execFileSync, spawnSync } from 'node:child_process'
import { closeSync, constants, mkdtempSync, openSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LimitExceededError, PipeSilentError, UnreadableError } from './errors.ts'
import { CHUNK_BYTES, openChunks, readChunks } from './input.ts'
import { peek } from './peek.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'taxon-input-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const write = (name: string, bytes: Uint8Array | string) => {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return path
}

async function whole(chunks: AsyncIterable<Uint8Array>) {
  const parts: Uint8Array[] = []
  for await (const chunk of chunks) parts.push(chunk)
  return Buffer.concat(parts)
}

const numbers = Buffer.from(Uint32Array.from({ length: 700_000 }, (_, i) => i).buffer)
const openFiles = () => readdirSync('/proc/self/fd').length
const built = new URL('../../dist/core/index.js', import.meta.url).href
const onLinux = process.platform === 'linux'

describe('openChunks', () => {
  it.each([0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, numbers.length])(
    'reads a file of %i bytes',
    async (size) => {
      const path = write('file', numbers.subarray(0, size))
      expect((await whole(openChunks(path))).equals(numbers.subarray(0, size))).toBe(true)
    },
  )

  it('goes by content, whatever the name', async () => {
    expect(await whole(openChunks(write('plain.gz', 'no gzip')))).toEqual(Buffer.from('no gzip'))
    expect(await whole(openChunks(write('gzip.json', gzipSync('packed'))))).toEqual(Buffer.from('packed'))
  })

  it('leaves each chunk to its reader', async () => {
    const chunks: Uint8Array[] = []
    for await (const chunk of openChunks(write('kept', numbers))) chunks.push(chunk)
    expect(chunks.length).toBeGreaterThan(2)
    expect(Buffer.concat(chunks).equals(numbers)).toBe(true)
  })

  it('counts compressed bytes up to the size of the file', async () => {
    const packed = gzipSync(numbers)
    const seen: [number, number | null][] = []
    await whole(
      openChunks(write('progress', packed), { onBytes: (bytes, total) => seen.push([bytes, total]) }),
    )
    expect(seen.at(-1)).toEqual([packed.length, packed.length])
    for (const [i, [bytes]] of seen.entries()) expect(bytes).toBeGreaterThan(seen[i - 1]?.[0] ?? 0)
  })

  it('says why a path cannot be read', async () => {
    await expect(whole(openChunks(join(folder, 'missing')))).rejects.toThrow(
      /missing: cannot be read, no such file/,
    )
    await expect(whole(openChunks(folder))).rejects.toThrow(/cannot be read, it is a folder/)
    await expect(whole(openChunks(join(write('x', ''), 'y')))).rejects.toThrow(UnreadableError)
    await expect(whole(openChunks('a\0b'))).rejects.toThrow(UnreadableError)
  })

  it('cuts at the cap, plain or packed', async () => {
    for (const content of [numbers, gzipSync(numbers)]) {
      const path = write('capped', content)
      let total = 0
      const read = async () => {
        for await (const chunk of openChunks(path, { maxBytes: 1_000_001 })) total += chunk.length
      }
      await expect(read()).rejects.toThrow(LimitExceededError)
      expect(total).toBe(1_000_001)
    }
  })

  it.runIf(onLinux)('closes the file, read to the end, left early or broken', async () => {
    const paths = [
      write('a', numbers),
      write('b', gzipSync(numbers)),
      write('c', gzipSync(numbers).subarray(0, 9000)),
    ]
    const before = openFiles()
    for (const path of paths) {
      await whole(openChunks(path)).catch(() => undefined)
      for await (const _ of openChunks(path)) break
    }
    expect(openFiles()).toBe(before)
  })

  it.runIf(onLinux)('reads a named pipe', async () => {
    const path = join(folder, 'pipe')
    execFileSync('mkfifo', [path])
    const [got] = await Promise.all([
      whole(openChunks(path)),
      import('node:fs/promises').then(({ writeFile }) => writeFile(path, gzipSync(numbers))),
    ])
    expect(got.equals(numbers)).toBe(true)
  })

  it.runIf(onLinux)('waits no longer for a pipe than it may, with a writer or without', async () => {
    const path = join(folder, 'silent')
    execFileSync('mkfifo', [path])
    const read = () => whole(openChunks(path, { waitMs: 60 }))
    await expect(read()).rejects.toThrow(`${path}: nothing came through the pipe for 0.06 s`)
    const writer = openSync(path, constants.O_RDWR)
    await expect(read()).rejects.toThrow(PipeSilentError)
    const abort = new AbortController()
    const waiting = whole(openChunks(path, { signal: abort.signal }))
    setTimeout(() => abort.abort(), 30)
    await expect(waiting).rejects.toThrow(/aborted/)
    closeSync(writer)
    await expect(whole(openChunks(path, { signal: abort.signal }))).rejects.toThrow(/aborted/)
  })

  it.runIf(onLinux)('can be ended while it waits for the writer of a pipe', () => {
    const path = join(folder, 'endless')
    execFileSync('mkfifo', [path])
    const script = `import { openChunks } from ${JSON.stringify(built)}
      setTimeout(() => process.exit(7), 200)
      for await (const _ of openChunks(${JSON.stringify(path)}));`
    const { status } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { timeout: 20_000 })
    expect(status).toBe(7)
  })

  it.runIf(onLinux)('reads what a shell makes of <(…), be it empty', () => {
    const script = `import { openChunks } from ${JSON.stringify(built)}
      for (const path of process.argv.slice(1)) for await (const chunk of openChunks(path)) process.stdout.write(chunk)`
    const line = `"$0" --input-type=module -e "$1" <(true) <(echo a) <(sleep 0.1; echo b)`
    const { stdout } = spawnSync('bash', ['-c', line, process.execPath, script], { timeout: 20_000 })
    expect(stdout.toString()).toBe('a\nb\n')
  })

  it.each(['-', '/dev/stdin'])('reads standard input as %s', (path) => {
    if (path !== '-' && !onLinux) return
    const script = `import { openChunks } from ${JSON.stringify(built)}
      for await (const chunk of openChunks(${JSON.stringify(path)})) process.stdout.write(chunk)`
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      input: gzipSync(numbers.subarray(0, 500_000)),
      maxBuffer: 1e8,
    })
    expect(stderr.toString()).toBe('')
    expect(stdout.equals(numbers.subarray(0, 500_000))).toBe(true)
  })
})

describe('readChunks', () => {
  it('leaves compression alone', async () => {
    const packed = gzipSync('packed')
    expect(await whole(readChunks(write('raw', packed)))).toEqual(packed)
  })
})

describe('peek', () => {
  async function* source(parts: readonly string[], onClose = () => {}, error?: Error) {
    try {
      for (const part of parts) yield Buffer.from(part)
      if (error) throw error
    } finally {
      onClose()
    }
  }

  it.each([0, 1, 3, 4, 99])('gives %i bytes and then the whole stream', async (size) => {
    const { head, rest } = await peek(source(['ab', 'cd', 'ef']), size)
    expect(Buffer.from(head).toString()).toBe('abcdef'.slice(0, size))
    expect((await whole(rest)).toString()).toBe('abcdef')
  })

  it('closes the source when only the head was wanted', async () => {
    let closed = false
    const { rest } = await peek(
      source(['ab', 'cd'], () => {
        closed = true
      }),
      1,
    )
    await rest.return?.()
    expect(closed).toBe(true)
    expect(await rest.next()).toEqual({ done: true, value: undefined })
  })

  it('hands on an error after what was read before it', async () => {
    const { head, rest } = await peek(source(['ab'], undefined, new Error('broken')), 10)
    expect(Buffer.from(head).toString()).toBe('ab')
    expect((await rest.next()).value).toEqual(Buffer.from('ab'))
    await expect(rest.next()).rejects.toThrow('broken')
    expect((await rest.next()).done).toBe(true)
  })
})
