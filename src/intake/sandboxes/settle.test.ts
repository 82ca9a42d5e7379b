import { createHash } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { fakeCape } from '../../../test/fake-cape.ts'
import { fakeCuckoo } from '../../../test/fake-cuckoo.ts'
import { bigReport, type FakeServer, type Plan, smallReport, textReport } from '../../../test/fake-sandbox.ts'
import type { Report } from '../../samples/index.ts'
import { cape } from './cape.ts'
import { cuckoo } from './cuckoo.ts'
import { sandboxGate } from './gate.ts'
import type { Journal } from './journal.ts'
import type { RestOptions } from './rest-sandbox.ts'
import type { Sandbox, SandboxSample } from './sandbox.ts'
import { type SettleSettings, settle } from './settle.ts'
import { settleAll } from './settle-all.ts'

const servers: FakeServer[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop()
})

const KINDS = {
  cuckoo: { serve: fakeCuckoo, open: cuckoo, create: '/tasks/create/file', report: /^\/tasks\/report\// },
  cape: {
    serve: fakeCape,
    open: cape,
    create: '/apiv2/tasks/create/file/',
    report: /^\/apiv2\/tasks\/get\/report\//,
  },
}
type Kind = keyof typeof KINDS

async function serve(kind: Kind, plan: Plan = {}, options: RestOptions = {}) {
  const server = await KINDS[kind].serve(plan)
  servers.push(server)
  return { server, sandbox: KINDS[kind].open(server.url, options) }
}

function sampleOf(text: string, name = 'a.exe'): SandboxSample {
  const bytes = Buffer.from(text)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  return {
    sha256,
    name,
    size: bytes.length,
    open: async function* () {
      yield bytes
    },
  }
}

function memoryJournal(): Journal & { readonly entries: Map<string, string> } {
  const entries = new Map<string, string>()
  return {
    entries,
    load: async (sha256) => entries.get(sha256) ?? null,
    save: async (sha256, state) => void entries.set(sha256, state),
  }
}

/** Waits of a millisecond or so, and what was kept. */
function quick(more: Partial<SettleSettings> = {}) {
  const kept = new Map<string, Buffer>()
  const reports: Report[] = []
  const settings: SettleSettings = {
    pollMs: 1,
    maxPollMs: 2,
    retryMs: 1,
    maxRetryMs: 4,
    random: () => 0.5,
    onReport: (_sha256, _task, report) => void reports.push(report),
    async keep(sha256, _task, chunks) {
      const parts: Uint8Array[] = []
      for await (const chunk of chunks) parts.push(chunk)
      kept.set(sha256, Buffer.concat(parts))
    },
    ...more,
  }
  return { settings, kept, reports }
}

const creations = (server: FakeServer) => server.requests.filter(({ method }) => method === 'POST')

describe.each(Object.keys(KINDS) as Kind[])('settling with %s', (kind) => {
  const { create, report: reportPath } = KINDS[kind]

  it('reads a report and keeps it, byte for byte', async () => {
    const { server, sandbox } = await serve(kind)
    const { settings, kept, reports } = quick()
    const sample = sampleOf('hello')
    const settled = await settle(sandbox, sample, memoryJournal(), settings)
    const sent = smallReport(sample.sha256)
    expect(settled).toMatchObject({ state: 'read', task: '1', read: { calls: sent.calls, processes: 1 } })
    expect(settled).toMatchObject({
      read: { format: 'cuckoo-2', completeness: 'complete', bytes: sent.bytes },
    })
    expect(gunzipSync(kept.get(sample.sha256)!)).toEqual(Buffer.concat([...sent.chunks()]))
    expect(reports[0]!.trace.length).toBe(sent.calls)
    expect(server.tasks).toHaveLength(1)
  })

  it('sends the bytes, a harmless name and the settings', async () => {
    const { server, sandbox } = await serve(kind)
    const { settings } = quick({ analysis: { package: 'dll', timeout: '60' } })
    const sample = sampleOf('MZ\r\n--x\r\n\0', 'C:\\é/../\x1b[31m"\r\nevil.dll')
    await settle(sandbox, sample, memoryJournal(), settings)
    expect(server.tasks[0]).toMatchObject({ sha256: sample.sha256, size: sample.size, name: '31m_evil.dll' })
    expect(Object.fromEntries(server.tasks[0]!.form)).toMatchObject({ package: 'dll', timeout: '60' })
  })

  it('goes on with a task that is known, and settles nothing twice', async () => {
    const { server, sandbox } = await serve(kind)
    const journal = memoryJournal()
    const sample = sampleOf('again')
    const stop = new AbortController()
    const { settings } = quick({ onState: () => stop.abort(new Error('stopped')) })
    await expect(settle(sandbox, sample, journal, settings, stop.signal)).rejects.toThrow('stopped')
    expect(journal.entries.get(sample.sha256)).toContain('"submitted"')
    expect(await settle(sandbox, sample, journal, quick().settings)).toMatchObject({
      state: 'read',
      task: '1',
    })
    const before = server.requests.length
    expect(await settle(sandbox, sample, journal, quick().settings)).toMatchObject({
      state: 'read',
      task: '1',
    })
    expect(server.requests).toHaveLength(before)
    expect(creations(server)).toHaveLength(1)
  })

  it('asks for the task of a submission whose answer was lost', async () => {
    const fault: Plan['fault'] = ({ path, before }) =>
      path === create && before === 0 ? { is: 'lost' } : null
    const { server, sandbox } = await serve(kind, { fault })
    expect(await settle(sandbox, sampleOf('lost'), memoryJournal(), quick().settings)).toMatchObject({
      state: 'read',
      task: '1',
    })
    expect(creations(server)).toHaveLength(1)
  })

  it('takes no task of the same file that somebody else submitted', async () => {
    const fault: Plan['fault'] = ({ path, before }) =>
      path === create && before === 1 ? { is: 'reset' } : null
    const { sandbox } = await serve(kind, { fault })
    const sample = sampleOf('shared')
    await settle(sandbox, sample, memoryJournal(), quick().settings)
    const settled = await settle(sandbox, sample, memoryJournal(), quick().settings)
    expect(settled).toMatchObject({ state: 'read', task: '2' })
  })

  it('asks again after a restart of ours that came before the task was known', async () => {
    const { server, sandbox } = await serve(kind)
    const journal = memoryJournal()
    const sample = sampleOf('killed')
    // Killed after the submission, before its answer was saved.
    const save = journal.save
    const dying: Journal = {
      ...journal,
      save: (sha256, state) =>
        state.includes('"submitted"') ? Promise.reject(new Error('killed')) : save(sha256, state),
    }
    await expect(settle(sandbox, sample, dying, quick().settings)).rejects.toThrow('killed')
    expect(await settle(sandbox, sample, journal, quick().settings)).toMatchObject({
      state: 'read',
      task: '1',
    })
    expect(creations(server)).toHaveLength(1)
  })

  it.each([
    ['errors of the server', { is: 'status', status: 502 }],
    ['broken connections', { is: 'reset' }],
    ['answers that are no JSON', { is: 'body', body: '<html>starting' }],
    ['answers of another form', { is: 'body', body: '{"task":[],"data":7}' }],
    ['answers that are cut off', { is: 'cut', after: 5 }],
    ['silence', { is: 'silent' }],
  ] as const)('tries again after %s, wherever they come', async (_, fault) => {
    // A report that is no report is final: each but that is asked for again.
    const isBody = fault.is === 'body'
    const plan: Plan = {
      fault: ({ before, path }) => (before === 0 && !(isBody && reportPath.test(path)) ? fault : null),
    }
    const { server, sandbox } = await serve(kind, plan, { silenceMs: 40 })
    const settled = await settle(sandbox, sampleOf('bumpy'), memoryJournal(), quick().settings)
    expect(settled).toMatchObject({ state: 'read' })
    expect(server.tasks.length).toBeLessThanOrEqual(1 + (fault.is === 'body' ? 1 : 0))
  })

  it('fetches a report again that was cut off, told by its length or not', async () => {
    for (const ends of [false, true]) {
      const fault: Plan['fault'] = ({ path, before }) =>
        reportPath.test(path) && before < 2 ? { is: 'cut', after: 3000, ends } : null
      const { sandbox } = await serve(kind, { fault })
      const { settings, kept, reports } = quick()
      const sample = sampleOf(`cut ${ends}`)
      expect(await settle(sandbox, sample, memoryJournal(), settings)).toMatchObject({
        state: 'read',
        read: { completeness: 'complete' },
      })
      expect(gunzipSync(kept.get(sample.sha256)!)).toEqual(
        Buffer.concat([...smallReport(sample.sha256).chunks()]),
      )
      expect(reports).toHaveLength(1)
    }
  })

  it.each([
    [
      'a failed analysis',
      { states: ['pending', 'failed_analysis'], errors: ['no\x1b[2J machine'] },
      /failed_analysis, no.\[2J machine/s,
    ],
    ['a missing report', { report: null }, /Report not found|does not exist/],
    ['a report that is none', { report: textReport('{"hello":"world"}') }, /not a format taxon reads/],
    ['a report that is no JSON', { report: textReport('<html>sorry</html>') }, /not JSON/],
    ['traces', { report: textReport('{"id":"a","calls":["NtClose"]}\n') }, /no report of a sandbox/],
    ['a report of another file', { report: smallReport('0'.repeat(64)) }, /report of task 1 is of 0{64}/],
  ] as const)('records %s, with the reason, and keeps nothing of it', async (_, outcome, reason) => {
    const { server, sandbox } = await serve(kind, { outcome: () => outcome })
    const { settings, kept } = quick()
    const journal = memoryJournal()
    const sample = sampleOf('bad')
    const settled = await settle(sandbox, sample, journal, settings)
    expect(settled).toMatchObject({ state: 'failed', task: '1', reason: expect.stringMatching(reason) })
    expect(kept.size).toBe(0)
    const before = server.requests.length
    expect(await settle(sandbox, sample, journal, settings)).toEqual(settled)
    expect(server.requests).toHaveLength(before)
    await settle(sandbox, sample, journal, { ...settings, again: true })
    expect(creations(server)).toHaveLength(2)
  })

  it('records that a sample is refused', async () => {
    const fault: Plan['fault'] = ({ path }) =>
      path === create ? { is: 'status', status: 413, body: '{"message":"too large"}' } : null
    const { server, sandbox } = await serve(kind, { fault })
    const journal = memoryJournal()
    const settled = await settle(sandbox, sampleOf('no'), journal, quick().settings)
    expect(settled).toMatchObject({ state: 'failed', task: null, code: 'sandbox-refused' })
    expect(settled).toMatchObject({ reason: expect.stringMatching(/status 413, "too large"/) })
    expect(await settle(sandbox, sampleOf('no'), journal, quick().settings)).toEqual(settled)
    expect(server.requests).toHaveLength(1)
  })

  it('blames no sample for a wrong token or a wrong address', async () => {
    const { server, sandbox } = await serve(kind, { token: 'right' }, { token: 'wrong-token' })
    const journal = memoryJournal()
    const settled = await settle(sandbox, sampleOf('yes'), journal, quick().settings)
    expect(settled).toMatchObject({ state: 'unsettled', task: null, reason: expect.stringContaining('401') })
    expect(JSON.stringify(settled)).not.toContain('wrong-token')
    const astray = KINDS[kind].open(`${server.url}/nowhere`, { token: 'right' })
    expect(await settle(astray, sampleOf('yes'), journal, quick().settings)).toMatchObject({
      state: 'unsettled',
      reason: expect.stringContaining('404'),
    })
    const right = KINDS[kind].open(server.url, { token: 'right' })
    expect(await settle(right, sampleOf('yes'), journal, quick().settings)).toMatchObject({ state: 'read' })
  })

  it('gives up after so many failures, and leaves the sample to be taken up again', async () => {
    const plan: { fault: Plan['fault'] } = {
      fault: ({ method }) => (method === 'GET' ? { is: 'status', status: 500 } : null),
    }
    const { server, sandbox } = await serve(kind, plan as Plan)
    const journal = memoryJournal()
    const { settings } = quick({ retries: 3 })
    const settled = await settle(sandbox, sampleOf('down'), journal, settings)
    expect(settled).toMatchObject({ state: 'unsettled', task: '1', code: 'sandbox-busy' })
    expect(server.requests).toHaveLength(1 + 4)
    plan.fault = () => null
    expect(await settle(sandbox, sampleOf('down'), journal, settings)).toMatchObject({
      state: 'read',
      task: '1',
    })
  })

  it('stops waiting for a task in time', async () => {
    const { sandbox } = await serve(kind, { outcome: () => ({ states: ['running'] }) })
    const settled = await settle(
      sandbox,
      sampleOf('slow'),
      memoryJournal(),
      quick({ timeoutMs: 30 }).settings,
    )
    expect(settled).toMatchObject({ state: 'unsettled', task: '1', code: 'timeout' })
  })

  it('waits as long as it is asked to, which counts as no failure', async () => {
    const fault: Plan['fault'] = ({ path, before }) =>
      path === create && before < 5 ? { is: 'status', status: 429, headers: { 'Retry-After': '7' } } : null
    const { server, sandbox } = await serve(kind, { fault })
    let now = 0
    const waits: number[] = []
    const clock = {
      now: () => now,
      wait: async (ms: number) => {
        now += ms
        waits.push(ms)
      },
    }
    const { settings } = quick({ retries: 0, clock })
    expect(await settle(sandbox, sampleOf('paced'), memoryJournal(), settings)).toMatchObject({
      state: 'read',
    })
    expect(waits.slice(0, 5)).toEqual([7000, 7000, 7000, 7000, 7000])
    expect(server.tasks).toHaveLength(1)
  })

  it('leaves nothing of a report that cannot be kept', async () => {
    const { sandbox } = await serve(kind, {
      outcome: ({ sha256 }) => ({ report: bigReport(sha256, 3_000_000) }),
    })
    const keep = async (_sha256: string, _task: string, chunks: AsyncIterable<Uint8Array>) => {
      for await (const _ of chunks) throw new Error('disk full')
    }
    await expect(
      settle(sandbox, sampleOf('full'), memoryJournal(), quick({ keep }).settings),
    ).rejects.toThrow('disk full')
  })

  it('keeps up to the cap of a report, and says so', async () => {
    const { sandbox } = await serve(kind, {}, { maxReportBytes: 3000 })
    const settled = await settle(sandbox, sampleOf('long'), memoryJournal(), quick().settings)
    expect(settled).toMatchObject({ state: 'read', read: { completeness: 'partial', bytes: 3000 } })
    expect(settled).toMatchObject({ read: { reasons: [expect.stringContaining('over the limit of 3000')] } })
  })

  it('submits no bytes but those that the sample is named by', async () => {
    const { server, sandbox } = await serve(kind)
    const sample = { ...sampleOf('one'), open: sampleOf('two').open }
    const settled = await settle(sandbox, sample, memoryJournal(), quick().settings)
    expect(settled).toMatchObject({ state: 'failed', code: 'sample-changed' })
    expect(server.tasks).toHaveLength(0)
  })

  it('settles many, with no more in flight than the gate lets in', async () => {
    const { sandbox } = await serve(kind)
    const gate = sandboxGate({ inFlight: 3, clock: { now: () => 0, wait: async () => {} } })
    let open = 0
    let most = 0
    const counting: Sandbox = {
      ...sandbox,
      async submit(...all) {
        most = Math.max(most, ++open)
        return await sandbox.submit(...all)
      },
      async *report(...all) {
        yield* sandbox.report(...all)
        open--
      },
    }
    const samples = Array.from({ length: 12 }, (_, i) => sampleOf(`many ${i}`))
    const states: string[] = []
    for await (const { state } of settleAll(counting, samples, memoryJournal(), {
      ...quick().settings,
      gate,
    }))
      states.push(state)
    expect(states).toEqual(samples.map(() => 'read'))
    expect(most).toBeLessThanOrEqual(3)
  })

  it('follows a task that the sandbox made anew after its own restart', async () => {
    const { server, sandbox } = await serve(kind, { outcome: () => ({ states: ['running', 'recovered'] }) })
    const settled = await settle(sandbox, sampleOf('moved'), memoryJournal(), quick().settings)
    expect(settled).toMatchObject({ state: 'read', task: kind === 'cuckoo' ? '2' : '1' })
    expect(server.tasks).toHaveLength(2)
    expect(creations(server)).toHaveLength(1)
  })
})
