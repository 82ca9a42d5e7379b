import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  clamavTestFiles,
  eicar,
  hasClamav,
  ownSignatures,
  startClamd,
  type TestClamd,
} from '../../../../test/clamd.ts'
import { sha256 } from '../../../core/index.ts'
import type { EngineLabel, LabelledSample } from '../label-source.ts'
import { clamd } from './clamd.ts'

const MEGABYTE = 1024 * 1024

function sampleOf(bytes: Uint8Array, chunkBytes = 100_000): LabelledSample {
  return {
    sha256: sha256(bytes),
    size: bytes.length,
    async *open() {
      for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes)
    },
  }
}

async function only(labels: Promise<readonly EngineLabel[]>): Promise<EngineLabel> {
  const [label, ...more] = await labels
  expect(more).toEqual([])
  return label!
}

describe.runIf(hasClamav())('a real clamd', () => {
  const folder = mkdtempSync(join(tmpdir(), 'taxon-clamd-'))
  let server: TestClamd
  beforeAll(async () => {
    server = await startClamd(folder, ownSignatures(folder), ['StreamMaxLength 3M', 'MaxFileSize 2M'])
  }, 60_000)
  afterAll(async () => {
    await server?.kill()
    rmSync(folder, { recursive: true })
  })
  const places = () => [server.socket, `unix:${server.socket}`, `127.0.0.1:${server.port}`]
  const source = (options: Partial<Parameters<typeof clamd>[0]> = {}) =>
    clamd({ address: server.socket, maxFileBytes: 2 * MEGABYTE, ...options })

  it('names EICAR over each kind of socket, with its version', async () => {
    for (const address of places()) {
      const label = await only(source({ address, now: () => 7 }).label(sampleOf(eicar)))
      expect(label).toEqual({
        ...{ malicious: 1, family: null, category: null, firstSeen: null, by: 'clamd', source: 'clamd' },
        ...{
          engine: 'ClamAV',
          detection: 'Taxon.Test.Eicar.UNOFFICIAL',
          state: 'found',
          problem: null,
          at: 7,
        },
        version: expect.stringMatching(/^ClamAV \d+\.\d+/),
      })
    }
  })

  it("names every one of Debian's test files", async () => {
    const own = source()
    const unnamed: string[] = []
    for (const path of clamavTestFiles()) {
      const { detection } = await only(own.label(sampleOf(readFileSync(path))))
      if (detection !== 'Taxon.Test.Clam.UNOFFICIAL') unnamed.push(`${basename(path)}: ${detection}`)
    }
    expect(unnamed).toEqual([])
    expect(clamavTestFiles().length).toBeGreaterThanOrEqual(44)
  })

  it('passes what is harmless, in pieces of any size', async () => {
    const bytes = Buffer.from('nothing to see here'.repeat(500))
    for (const size of [1, 13, 1e6]) {
      const label = await only(source().label(sampleOf(bytes, size)))
      expect(label).toMatchObject({ malicious: 0, detection: null, state: 'clean' })
    }
    expect(await only(source().label(sampleOf(Buffer.alloc(0))))).toMatchObject({ state: 'clean' })
  })

  it('does not call clean what is over the length of a stream', async () => {
    for (const address of places()) {
      for (const size of [3 * MEGABYTE + 1, 20 * MEGABYTE]) {
        const label = await only(source({ address }).label(sampleOf(Buffer.alloc(size, 'x'))))
        expect(label).toMatchObject({ malicious: null, detection: null, state: 'too-big' })
        expect(label.problem).toContain('StreamMaxLength')
      }
    }
  }, 60_000)

  it('does not call clean what clamd passes unseen', async () => {
    const label = await only(source().label(sampleOf(Buffer.alloc(2.5 * MEGABYTE, 'x'))))
    expect(label).toMatchObject({ malicious: null, detection: null, state: 'too-big' })
    expect(label.problem).toContain('MaxFileSize')
  })

  it('is left by our own time in the middle of a stream, on which clamd says nothing', async () => {
    let isClosed = false
    const half: LabelledSample = {
      ...sampleOf(eicar),
      async *open() {
        try {
          yield eicar.subarray(0, 10)
          await new Promise((resolve) => setTimeout(resolve, 600))
          yield eicar.subarray(10)
        } finally {
          isClosed = true
        }
      },
    }
    await expect(source({ silenceMs: 200 }).label(half)).rejects.toMatchObject({ code: 'timeout' })
    expect(await only(source().label(half))).toMatchObject({ state: 'found' })
    expect(isClosed).toBe(true)
  })

  it('passes on what reading the sample throws', async () => {
    const broken: LabelledSample = {
      ...sampleOf(eicar),
      async *open() {
        yield eicar.subarray(0, 10)
        throw new Error('the disk is gone')
      },
    }
    await expect(source().label(broken)).rejects.toThrow('the disk is gone')
  })

  it('loses nothing when clamd restarts in mid-run', async () => {
    const own = source({ reconnectMs: 60_000 })
    const paths = clamavTestFiles()
    const states: string[] = []
    // Bytes are held back until clamd was killed, so that it happens in the middle of a stream.
    let [isKilled, release] = [false, () => {}]
    const killed = new Promise<void>((resolve) => {
      release = resolve
    })
    const label = async (path: string, i: number) => {
      const sample = sampleOf(readFileSync(path))
      async function* slow() {
        yield* [Buffer.from('M')]
        await killed
        yield* sample.open()
      }
      const opened = i === 10 ? { ...sample, open: () => (isKilled ? sample.open() : slow()) } : sample
      states[i] = (await only(own.label(opened))).detection ?? 'none'
    }
    const restart = async () => {
      await server.kill()
      isKilled = true
      release()
      await server.start()
    }
    let restarted: Promise<void> | undefined
    for (const [i, path] of paths.entries()) {
      if (i === 10) restarted = new Promise((resolve) => setTimeout(resolve, 100)).then(restart)
      // Some at once, so that several are on their way.
      await Promise.all([label(path, i), ...(i === 10 ? [1, 2, 3].map((j) => label(paths[j]!, j)) : [])])
    }
    await restarted
    expect(isKilled).toBe(true)
    expect(states).toEqual(paths.map(() => 'Taxon.Test.Clam.UNOFFICIAL'))
  }, 90_000)

  it('gives up on a clamd that does not come back, and says so', async () => {
    const own = source({ reconnectMs: 500 })
    await own.version()
    await server.kill()
    await expect(own.label(sampleOf(eicar))).rejects.toMatchObject({ code: 'clamd-unavailable' })
    await server.start()
    expect(await only(own.label(sampleOf(eicar)))).toMatchObject({ state: 'found' })
  }, 60_000)

  it('stops when it is told to', async () => {
    const abort = new AbortController()
    const sample: LabelledSample = {
      ...sampleOf(eicar),
      async *open() {
        abort.abort()
        yield eicar
      },
    }
    await expect(source().label(sample, abort.signal)).rejects.toMatchObject({ name: 'AbortError' })
  })
})

describe('a clamd that is none', () => {
  const folder = mkdtempSync(join(tmpdir(), 'taxon-no-clamd-'))
  const path = join(folder, 'fake.sock')
  const sockets = new Set<Socket>()
  let server: Server
  /** What the server does with a connection, `said` being all that came so far. */
  let act: (socket: Socket, said: string) => void = () => {}
  beforeEach(async () => {
    server = createServer((socket) => {
      sockets.add(socket)
      let said = ''
      socket.on('error', () => {})
      socket.on('data', (data) => {
        said += data.toString('latin1')
        act(socket, said)
      })
    })
    await new Promise<void>((resolve) => server.listen(path, resolve))
  })
  afterEach(async () => {
    for (const socket of sockets) socket.destroy()
    sockets.clear()
    await new Promise((resolve) => server.close(resolve))
  })
  afterAll(() => rmSync(folder, { recursive: true }))
  const source = () => clamd({ address: path, silenceMs: 300, answerMs: 300, reconnectMs: 2000 })
  const version = 'ClamAV 1.2.3/27000/Mon Jan  1 00:00:00 2024\0'
  /** A clamd that answers scans so. */
  const answering = (answer: string) => (socket: Socket, said: string) => {
    if (said.startsWith('zVERSION')) socket.end(version)
    else if (said.endsWith('\0\0\0\0')) socket.end(answer, 'latin1')
  }

  it('is an error at once where there is none', async () => {
    const none = clamd({ address: join(folder, 'nothing.sock') })
    await expect(none.version()).rejects.toThrow('nothing.sock: cannot be reached, there is no such socket')
    await expect(none.label(sampleOf(eicar))).rejects.toMatchObject({ code: 'clamd-unavailable' })
    const closed = clamd({ address: '127.0.0.1:1' })
    await expect(closed.version()).rejects.toThrow('127.0.0.1:1: cannot be reached, nobody listens there')
  })

  it.each<[string, typeof act]>([
    ['never says anything', () => {}],
    ['says half an answer', (socket) => void socket.write('ClamAV 1.2')],
    ['falls silent at the scan', (socket, said) => said.startsWith('zVERSION') && socket.end(version)],
  ])('is given up when it %s', async (_, action) => {
    act = action
    const began = Date.now()
    await expect(source().label(sampleOf(eicar))).rejects.toMatchObject({ code: 'timeout' })
    expect(Date.now() - began).toBeLessThan(5000)
  })

  it('is given up when it takes no data', async () => {
    act = (socket, said) => (said.startsWith('zVERSION') ? socket.end(version) : socket.pause())
    const label = source().label(sampleOf(Buffer.alloc(20 * MEGABYTE)))
    await expect(label).rejects.toThrow('nothing came for 0.3 s while it was sent data')
  })

  it('is refused where it is something else, or has no end', async () => {
    act = (socket) => socket.end('220 mail.example ESMTP\0')
    await expect(source().version()).rejects.toThrow('it is no clamd, it says "220 mail.example ESMTP"')
    act = (socket) => socket.write('a'.repeat(70_000))
    await expect(source().version()).rejects.toMatchObject({ code: 'clamd-answer' })
  })

  it('that ends the connection for each sample is no verdict', async () => {
    let connections = 0
    act = (socket, said) => {
      if (said.startsWith('zVERSION')) return void socket.end(version)
      if (said.endsWith('\0\0\0\0')) connections++
      socket.destroy()
    }
    const label = await only(source().label(sampleOf(eicar)))
    expect(label).toMatchObject({ malicious: null, state: 'failed' })
    expect(label.problem).toContain('ended the connection 3 times')
    expect(connections).toBeLessThanOrEqual(3)
  })

  it.each<[string, Partial<EngineLabel>]>([
    ['stream: OK\0', { malicious: 0, state: 'clean', detection: null }],
    ['stream: A B FOUND\0', { malicious: 1, state: 'found', detection: 'A B' }],
    ['stream: \x1b[2J<b>=1+1 FOUND\0', { malicious: 1, state: 'found', detection: '\x1b[2J<b>=1+1' }],
    [
      'stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND\0',
      { malicious: null, state: 'partial', problem: 'ClamAV did not look at all of it: over MaxFileSize' },
    ],
    ['INSTREAM size limit exceeded. ERROR\0', { malicious: null, state: 'too-big', detection: null }],
    [
      'COMMAND READ TIMED OUT\0',
      { malicious: null, state: 'failed', problem: 'clamd says "COMMAND READ TIMED OUT"' },
    ],
    ["stream: Can't allocate memory ERROR\0", { malicious: null, state: 'failed' }],
    ['\0', { malicious: null, state: 'failed' }],
  ])('means by %j what it says', async (answer, meaning) => {
    act = answering(answer)
    expect(await only(source().label(sampleOf(eicar)))).toMatchObject(meaning)
  })

  it('keeps a bounded part of a long name', async () => {
    act = answering(`stream: ${'x'.repeat(10_000)} FOUND\0`)
    expect((await only(source().label(sampleOf(eicar)))).detection).toHaveLength(1000)
  })
})
