import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { zipOf } from '../../../test/archives.ts'
import { fakeCape } from '../../../test/fake-cape.ts'
import { fakeCuckoo } from '../../../test/fake-cuckoo.ts'
import { fakeIo } from '../../../test/fake-io.ts'
import { type FakeServer, type Plan, smallReport, textReport } from '../../../test/fake-sandbox.ts'
import { sha256 } from '../../core/index.ts'
import { main } from '../main.ts'

let folder: string
let out: string
let server: FakeServer
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'taxon-sandbox-'))
  out = join(folder, 'out')
})
afterEach(async () => {
  await server?.stop()
  rmSync(folder, { recursive: true })
  vi.unstubAllEnvs()
})

const write = (name: string, bytes: Uint8Array | string) => {
  writeFileSync(join(folder, name), bytes)
  return join(folder, name)
}

async function run(argv: readonly string[], given: Parameters<typeof fakeIo>[0] = {}) {
  const io = fakeIo(given)
  const status = await main(['sandbox', ...argv], io)
  return { status, out: io.out.replaceAll(folder, ''), err: io.err.replaceAll(folder, '') }
}

async function submit(paths: readonly string[], ...more: string[]) {
  return await run(['submit', ...paths, '--cuckoo', server.url, '--out', out, '--poll', '0.01', ...more])
}

const cuckoo = async (plan?: Plan) => {
  server = await fakeCuckoo(plan)
}

describe('taxon sandbox submit', () => {
  it('prints a line for each file and keeps the reports by hash', async () => {
    await cuckoo()
    const paths = ['a.exe', 'b.exe'].map((name) => write(name, name))
    const { status, out: text, err } = await submit(paths, '--limit', '1')
    expect({ status, err }).toEqual({ status: 0, err: '' })
    const { calls } = smallReport('')
    expect(text).toBe(
      `/a.exe: task 1, read, ${calls} calls of 1 processes, complete\n` +
        `/b.exe: task 2, read, ${calls} calls of 1 processes, complete\n\n2 samples: 2 read\n`,
    )
    const hash = sha256('a.exe')
    expect(readdirSync(out)).toEqual([
      ...[hash, sha256('b.exe')].sort().map((each) => `${each}.json.gz`),
      'tasks',
    ])
    expect(readdirSync(join(out, 'tasks'))).toContain(`${hash}.txt`)
    const sent = Buffer.concat([...smallReport(hash).chunks()])
    expect(gunzipSync(readFileSync(join(out, `${hash}.json.gz`)))).toEqual(sent)
  })

  it('leaves a folder that is read as reports', async () => {
    await cuckoo()
    await submit([write('a.exe', 'a')])
    const io = fakeIo()
    await main(['classify', '-r', out, '--json', '--exit-zero'], io)
    expect(JSON.parse(io.out)).toMatchObject({ view: 'calls', sample: { sha256: sha256('a') } })
    expect(io.err).toMatch(/^passed over .*tasks.*: nothing that taxon reads\n$/)
  })

  it('submits equal files once, in archives too, and tells of each', async () => {
    await cuckoo()
    const archive = write(
      'in.zip',
      zipOf([
        { name: 'inner.exe', content: Buffer.from('same') },
        { name: 'other.exe', content: Buffer.from('other') },
      ]),
    )
    const { status, out: text } = await submit(
      [write('a.exe', 'same'), archive, write('z.exe', 'same')],
      '--json',
    )
    expect(status).toBe(0)
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.map(({ path, state }) => `${path} ${state}`).sort()).toEqual([
      '/a.exe read',
      '/in.zip!inner.exe read',
      '/in.zip!other.exe read',
      '/z.exe read',
    ])
    expect(server.tasks.map((task) => task.name).sort()).toEqual(['a.exe', 'other.exe'])
  })

  it('says why not, harmlessly, and goes on', async () => {
    await cuckoo({
      outcome: ({ name }) =>
        name === 'bad.exe' ? { states: ['failed_analysis'], errors: ['\x1b]0;owned\x07<b>'] } : {},
    })
    const paths = [write('bad.exe', 'bad'), join(folder, 'gone.exe'), write('\x1b[31mred.exe', 'good')]
    const { status, out: text, err } = await submit(paths)
    expect(status).toBe(2)
    expect(text).toContain('failed_analysis, \\x1b]0;owned\\x07<b>')
    expect(text).toContain('\\x1b[31mred.exe: task')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be there
    expect(text + err).not.toMatch(/[\x00-\x09\x0b-\x1f]/)
    expect(err).toBe('taxon: /gone.exe: cannot be read, no such file\n')
    expect(text).toMatch(/\n3 samples: .*2 failed|\n3 samples: .*failed/)
  })

  it('goes on where it was', async () => {
    await cuckoo({ outcome: ({ name }) => (name === 'b.exe' ? { report: textReport('[]') } : {}) })
    const paths = ['a.exe', 'b.exe'].map((name) => write(name, name))
    expect((await submit(paths)).status).toBe(2)
    const before = server.requests.length
    expect((await submit(paths)).status).toBe(2)
    expect(server.requests).toHaveLength(before)
    expect((await submit(paths, '--again')).status).toBe(2)
    expect(server.tasks).toHaveLength(3)
  })

  it('lets no two use one folder at once', async () => {
    const path = write('a.exe', 'a')
    let second: ReturnType<typeof submit> | null = null
    await cuckoo({
      outcome: () => ({ states: ['running', 'running', 'running', 'reported'] }),
      fault() {
        second ??= submit([path])
        return null
      },
    })
    expect(await submit([path])).toMatchObject({ status: 0 })
    expect(await second).toMatchObject({ status: 2, err: expect.stringContaining('still running') })
    expect(server.tasks).toHaveLength(1)
  })

  it('stops at Ctrl-C, and takes the task up afterwards', async () => {
    let stop = () => {}
    await cuckoo({
      outcome: () => ({ states: ['running', 'running', 'running', 'reported'] }),
      fault({ path }) {
        if (path.startsWith('/tasks/view')) stop()
        return null
      },
    })
    const path = write('a.exe', 'a')
    const abort = new AbortController()
    stop = () => abort.abort()
    const argv = ['submit', path, '--cuckoo', server.url, '--out', out, '--poll', '0.01']
    expect(await run(argv, { signal: abort.signal })).toMatchObject({ status: 130, err: '' })
    stop = () => {}
    expect(await run(argv)).toMatchObject({ status: 0 })
    expect(server.tasks).toHaveLength(1)
  })

  it('passes settings on, and the token from a file', async () => {
    server = await fakeCape({ token: 'word' })
    const path = write('a.dll', 'a')
    const token = write('token', 'word\n')
    const argv = ['submit', path, '--cape', server.url, '--token-file', token, '-o', out, '--poll', '0.01']
    expect(await run([...argv, '--set', 'package=dll', '--set', 'options=a=1,b=2'])).toMatchObject({
      status: 0,
    })
    expect(Object.fromEntries(server.tasks[0]!.form)).toMatchObject({ package: 'dll', options: 'a=1,b=2' })
    expect(server.requests[0]!.authorization).toBe('Token word')
  })

  it('tells of a report that is not whole', async () => {
    await cuckoo()
    const { status, out: text } = await submit([write('a.exe', 'a')], '--max-bytes', '2kB')
    expect(status).toBe(3)
    expect(text).toMatch(/partial\n {2}.*over the limit of 2000/)
  })

  it.each([
    [['submit'], 'say what'],
    [['submit', 'x'], 'say where reports go'],
    [['submit', 'x', '-o', 'y'], 'say which'],
    [['submit', 'x', '-o', 'y', '--cuckoo', 'http://h', '--cape', 'http://h'], 'not both'],
    [['submit', 'x', '-o', 'y', '--cuckoo', 'http://h', '--set', '__proto__=1'], '--set'],
    [['submit', 'x', '-o', 'y', '--cuckoo', 'http://h', '--limit', '0'], '--limit'],
    [['status'], 'say which'],
    [['status', 'x', '--cuckoo', 'http://h'], 'address'],
    [['status', '--cuckoo', 'http://h', '--token-file', '/no/such/file'], 'cannot be read'],
  ])('refuses %j', async (argv, problem) => {
    expect(await run(argv)).toMatchObject({ status: 2, out: '', err: expect.stringContaining(problem) })
  })
})

describe('taxon sandbox status', () => {
  it('shows what the server says, from the environment too', async () => {
    await cuckoo()
    const shown = await run(['status', '--cuckoo', server.url])
    expect(shown.out).toBe(
      `cuckoo ${server.url}: version 2.0.7 on made-up\nmachines  1 of 2 free\ntasks     0 total, 0 pending, 0 running, 0 completed, 0 reported\n`,
    )
    vi.stubEnv('TAXON_CUCKOO', server.url)
    expect(JSON.parse((await run(['status', '--json'])).out)).toMatchObject({
      version: '2.0.7',
      machines: { total: 2 },
    })
  })

  it('says that nothing is there', async () => {
    await cuckoo()
    await server.stop()
    expect(await run(['status', '--cuckoo', server.url])).toEqual({
      status: 2,
      out: '',
      err: `taxon: cuckoo ${server.url}: nothing listens there\n`,
    })
  })
})

describe('taxon doctor', () => {
  it('looks at a sandbox where one is named', async () => {
    server = await fakeCape()
    vi.stubEnv('TAXON_CAPE', server.url)
    const io = fakeIo()
    expect(await main(['doctor'], io)).toBe(0)
    expect(io.out).toMatch(
      /^ok {7}sandbox +cape http:\/\/127\.0\.0\.1:\d+, version 2\.4-CAPE, 3 of 3 machines free$/m,
    )
    await server.stop()
    const gone = fakeIo()
    expect(await main(['doctor'], gone)).toBe(2)
    expect(gone.out).toMatch(/^missing {2}sandbox +.*nothing listens there$/m)
  })
})
