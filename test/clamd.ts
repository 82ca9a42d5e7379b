import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createConnection, createServer } from 'node:net'
import { join } from 'node:path'
import { sha256 } from '../src/core/index.ts'

const TEST_FILES = '/usr/share/clamav-testfiles'

/** Whether ClamAV is here; tests that need it skip with a printed reason where it is not, and fail under CI. */
export function hasClamav(): boolean {
  const missing = ['clamd', 'clamscan'].filter((name) => spawnSync(name, ['--version']).status !== 0)
  if (!existsSync(TEST_FILES)) missing.push(TEST_FILES)
  if (missing.length === 0) return true
  const what = `${missing.join(', ')} not on this machine`
  if (process.env.CI) throw new Error(`${what}, and CI must have it`)
  console.info(`skipped: ${what} (Debian: apt-get install clamav-daemon clamav clamav-testfiles)`)
  return false
}

/** The test file of EICAR (eicar.org), put together here so that no file of this repository is taken for it. */
export const eicar: Buffer = Buffer.from(
  ['X5O!P%@AP[4', '\\PZX54(P^)7CC)7}$EIC', 'AR-STANDARD-ANTIVIRUS', '-TEST-FILE!$H+H*'].join(''),
)

/** Paths of the files of Debian's clamav-testfiles, every one of which holds the same small program in another way. */
export function clamavTestFiles(): string[] {
  return readdirSync(TEST_FILES)
    .sort()
    .map((name) => join(TEST_FILES, name))
}

/** Writes a file of our own signatures, by hash: EICAR, and the program in the test files. @returns its folder */
export function ownSignatures(folder: string): string {
  const program = readFileSync(join(TEST_FILES, 'clam.exe'))
  const database = join(folder, 'signatures')
  mkdirSync(database, { recursive: true })
  const lines = [
    `${sha256(eicar)}:${eicar.length}:Taxon.Test.Eicar`,
    `${sha256(program)}:${program.length}:Taxon.Test.Clam`,
  ]
  writeFileSync(join(database, 'own.hsb'), `${lines.join('\n')}\n`)
  return database
}

/** A clamd of our own. */
export interface TestClamd {
  readonly socket: string
  readonly port: number
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>
  /** Starts it again at the same places. Resolves when it answers. */
  start(): Promise<void>
}

/** Starts a clamd in a folder, with settings beside its own (`Key value`). Resolves when it answers. */
export async function startClamd(
  folder: string,
  database: string,
  settings: readonly string[] = [],
): Promise<TestClamd> {
  const [socket, conf, port] = [join(folder, 'clamd.sock'), join(folder, 'clamd.conf'), await freePort()]
  const own = [
    `LocalSocket ${socket}`,
    `TCPSocket ${port}`,
    'TCPAddr 127.0.0.1',
    `DatabaseDirectory ${database}`,
  ]
  const temporary = join(folder, 'clamd-temporary')
  mkdirSync(temporary, { recursive: true })
  const rest = [`TemporaryDirectory ${temporary}`, 'Foreground yes', 'FixStaleSocket yes', ...settings]
  writeFileSync(conf, `${[...own, ...rest].join('\n')}\n`)
  let child: ChildProcess | null = null
  const clamd: TestClamd = {
    socket,
    port,
    async kill() {
      if (!child) return
      const ended = new Promise((resolve) => child!.once('exit', resolve))
      child.kill('SIGKILL')
      await ended
      child = null
    },
    async start() {
      child = spawn('clamd', [`--config-file=${conf}`], { stdio: 'ignore' })
      for (let tries = 0; !(await answers(socket)); tries++) {
        if (tries > 600 || child.exitCode !== null)
          throw new Error(`clamd does not answer, status ${child.exitCode}`)
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    },
  }
  await clamd.start()
  return clamd
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ path })
    socket.once('connect', () => socket.write('zPING\0'))
    socket.once('data', (data) => resolve(data.toString() === 'PONG\0'))
    socket.once('error', () => resolve(false))
    socket.once('close', () => resolve(false))
  })
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address() as { port: number }
      server.close(() => resolve(address.port))
    })
  })
}
