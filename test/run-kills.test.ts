import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { stringify } from 'smol-toml'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasDebianTools } from '../corpora/debian.js'
import { seededRandom } from '../src/core/index.ts'
import { openStore, type StoreLocation } from '../src/store/index.ts'
import { storeBackends } from './store-backends.ts'

/*
 * `taxon run` over benign files of this machine's Debian packages, killed at random moments and started again, until all is
 * done. TAXON_RUN_FILES and TAXON_RUN_KILLS ask for more or fewer.
 */
const FILES = Number(process.env.TAXON_RUN_FILES ?? 2000)
const KILLS = Number(process.env.TAXON_RUN_KILLS ?? 20)
const SEED = Number(process.env.TAXON_RUN_SEED ?? Date.now() % 1_000_000)
const MAX_FILE_BYTES = 128 * 1024
const FOLDERS = ['/usr/lib/x86_64-linux-gnu', '/usr/lib', '/usr/bin', '/usr/share']
const PROGRAM = join(import.meta.dirname, '../bin/taxon.js')

const isDebian = hasDebianTools()
if (!isDebian && process.env.CI) throw new Error('Debian is missing, and CI must be on it')
if (!isDebian) console.info('skipped: the files of Debian packages are run, and this is no Debian')

let folder: string
let drop: string
let hashes: Set<string>

/** Distinct small files of packages: programs, libraries, scripts, texts, archives. */
function* packagedFiles(): Generator<string> {
  for (const root of FOLDERS) yield* filesIn(root)
}

function* filesIn(root: string): Generator<string> {
  for (const entry of readdirSync(root, { withFileTypes: true })) {
    const path = join(root, entry.name)
    if (entry.isDirectory()) yield* filesIn(path)
    else if (entry.isFile() && statSync(path).size <= MAX_FILE_BYTES) yield path
  }
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'taxon-kills-'))
  drop = join(folder, 'drop')
  hashes = new Set()
  for (const path of packagedFiles()) {
    const hash = createHash('sha256').update(readFileSync(path)).digest('hex')
    if (hashes.has(hash)) continue
    const place = join(drop, String(hashes.size % 20))
    mkdirSync(place, { recursive: true })
    copyFileSync(path, join(place, `${hashes.size}-${path.split('/').at(-1)}`))
    hashes.add(hash)
    if (hashes.size === FILES) break
  }
}, 120_000)
afterAll(() => rmSync(folder, { recursive: true }))

describe.skipIf(!isDebian).each(storeBackends().map((backend) => [backend.name, backend] as const))(
  'a run on %s',
  (_, backend) => {
    let server: Server
    let url: string
    const called = new Map<string, number>()

    beforeAll(async () => {
      await backend.start()
      server = createServer((request, response) => {
        void text(request).then(() => {
          const key = String(request.headers['idempotency-key'])
          called.set(key, (called.get(key) ?? 0) + 1)
          response.writeHead(called.size % 10 === 0 && called.get(key) === 1 ? 503 : 200).end()
        })
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    }, 120_000)
    afterAll(async () => {
      server.closeAllConnections()
      server.close()
      await backend.end()
    })

    it(`loses nothing over ${KILLS} kills`, async () => {
      console.info(`run-kills: ${hashes.size} files, ${KILLS} kills, seed ${SEED}`)
      const random = seededRandom(SEED)
      const location = await backend.location()
      const settings = writeSettings(location, url)
      const start = () =>
        spawn(process.execPath, [PROGRAM, 'run', settings, '--once', '--json'], {
          stdio: ['ignore', 'ignore', 'inherit'],
        })
      const begun = performance.now()
      for (let kill = 0; kill < KILLS; kill++) {
        const child = start()
        const ended = endOf(child)
        await Promise.race([pause(300 + random.below(2700)), ended])
        child.kill('SIGKILL')
        await ended
      }
      const last = start()
      let peak = 0
      const watch = setInterval(() => {
        peak = Math.max(peak, residentMb(last.pid!))
      }, 50)
      expect(await endOf(last)).toBe(0)
      clearInterval(watch)
      const seconds = (performance.now() - begun) / 1000
      console.info(
        `run-kills: ${backend.name}, all done in ${seconds.toFixed(0)} s, ${(hashes.size / seconds).toFixed(0)} files/s, at most ${peak.toFixed(0)} MB in the last run`,
      )
      await check(location, called)
    }, 1_200_000)
  },
)

function writeSettings({ folder: store, database }: StoreLocation, url: string): string {
  const path = `${store}.toml`
  const settings = {
    store,
    ...(database === undefined ? {} : { database }),
    intake: [{ type: 'folder', folder: drop }],
    webhooks: [{ url, verdicts: ['malicious', 'unknown', 'benign'] }],
  }
  writeFileSync(path, stringify(settings))
  return path
}

function endOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.once('exit', (code) => resolve(code)))
}

function residentMb(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}

async function check(location: StoreLocation, called: ReadonlyMap<string, number>): Promise<void> {
  const store = await openStore(location, { create: false })
  try {
    const known = new Set<string>()
    const keys = new Set<string>()
    for await (const { sha256 } of store.list()) {
      const { verdicts, sightings, parents } = await store.show(sha256)
      known.add(sha256)
      // What came out of an archive was seen there only.
      if (parents.length === 0) expect(sightings).toHaveLength(1)
      const judged = verdicts.map(({ view, modelSha256 }) => `${sha256}:${view}:${modelSha256}`)
      expect(judged.length).toBeGreaterThan(0)
      expect(new Set(judged).size).toBe(judged.length)
      for (const key of judged) keys.add(key)
      for (const step of await store.steps(sha256))
        expect(['done', 'skipped', 'failed']).toContain(step.state)
    }
    expect([...hashes].filter((hash) => !known.has(hash))).toEqual([])
    expect([...keys].filter((key) => !called.has(key))).toEqual([])
    expect([...called.keys()].filter((key) => !keys.has(key))).toEqual([])
    const problems = []
    for await (const problem of store.verify()) problems.push(problem)
    expect(problems).toEqual([])
    expect((await store.gc({ dryRun: true, olderThanMs: 0 })).removed).toEqual([])
    expect(readdirSync(join(location.folder, 'tmp'))).toEqual([])
  } finally {
    await store.close()
  }
}
