import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'

const DEBIAN = '/usr/lib/postgresql'

/** The folder of PostgreSQL's server programs, null where there are none: tests then skip, and fail under CI. */
export function postgresPrograms(): string | null {
  const versions = existsSync(DEBIAN)
    ? readdirSync(DEBIAN).map((version) => join(DEBIAN, version, 'bin'))
    : []
  const found = versions.find((folder) => existsSync(join(folder, 'initdb'))) ?? null
  if (!found && process.env.CI) throw new Error('the PostgreSQL server is missing, and CI must have it')
  if (!found) console.info('skipped: there is no PostgreSQL server (Debian: apt-get install postgresql)')
  return found
}

/** A server of a test's own, on this machine alone. */
export interface PostgresServer {
  /** Makes an empty database. @returns its address */
  database(name: string): Promise<string>
  stop(): Promise<void>
  /** Starts it again after `stop`, at the same address. */
  start(): Promise<void>
  /** Stops it and removes all it has. */
  end(): Promise<void>
}

/** Makes a cluster in a temporary folder and starts it. PostgreSQL refuses to run as root: then it runs as `postgres`. */
export async function postgresServer(programs: string): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'taxon-postgres-'))
  const user = process.getuid?.() === 0 ? ids('postgres') : null
  if (user !== null) chownSync(folder, user.uid, user.gid)
  const data = join(folder, 'data')
  const flags = ['-D', data, '-U', 'taxon', '-A', 'trust', '-E', 'UTF8', '--locale=C', '-N']
  const made = spawnSync(join(programs, 'initdb'), flags, { ...user, cwd: folder, encoding: 'utf8' })
  if (made.status !== 0) throw new Error(`initdb: ${made.stderr}`)
  const port = await freePort()
  const address = (name: string) => `postgres://taxon@127.0.0.1:${port}/${name}`
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=off']
  let server: ChildProcess | null = null
  const start = async () => {
    const options = ['-D', data, '-p', String(port), ...settings.flatMap((each) => ['-c', each])]
    server = spawn(join(programs, 'postgres'), options, { ...user, cwd: folder, stdio: 'ignore' })
    for (let tries = 0; !(await answers(address('postgres'))); tries++) {
      if (tries === 300) throw new Error('postgres: does not start')
      await pause(100)
    }
  }
  const stop = async () => {
    if (server === null || server.exitCode !== null) return
    const ended = new Promise((resolve) => server!.once('exit', resolve))
    // Fast shutdown: connections are cut.
    server.kill('SIGINT')
    await ended
  }
  await start()
  return {
    async database(name) {
      const client = new pg.Client({ connectionString: address('postgres') })
      await client.connect()
      await client.query(`create database "${name}"`)
      await client.end()
      return address(name)
    },
    start,
    stop,
    async end() {
      await stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function ids(user: string): { uid: number; gid: number } {
  const id = (flag: string) => Number(execFileSync('id', [flag, user], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.end()
    return true
  } catch {
    return false
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}
