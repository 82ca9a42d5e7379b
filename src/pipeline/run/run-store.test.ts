import { createHash } from 'node:crypto'
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import Libsql from 'libsql'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { zipOf } from '../../../test/archives.ts'
import { eicar, hasClamav, ownSignatures, startClamd } from '../../../test/clamd.ts'
import { fakeCuckoo } from '../../../test/fake-cuckoo.ts'
import { type FakeServer, textReport } from '../../../test/fake-sandbox.ts'
import { madeUpElf, madeUpPe } from '../../../test/made-up-executables.ts'
import { madeUpIdentity, madeUpSigned } from '../../../test/made-up-signature.ts'
import { openStore, type Store } from '../../store/index.ts'
import { importCorpus } from '../import-corpus.ts'
import { importViper } from '../import-viper.ts'
import type { RunEvent } from './run-event.ts'
import { runSettings } from './run-settings.ts'
import { type RunOptions, runStore } from './run-store.ts'
import { silencedKnown } from './silence.ts'

const REPORTS = join(import.meta.dirname, '../../../examples/reports')
const DAY_MS = 86_400_000

let folder: string
let drop: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'taxon-run-store-'))
  drop = join(folder, 'drop')
  mkdirSync(drop)
})
afterEach(() => rmSync(folder, { recursive: true }))

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** Puts a file there as if it had lain there for long. @returns its SHA-256 */
function put(name: string, bytes: Uint8Array): string {
  writeFileSync(join(drop, name), bytes)
  return sha256(bytes)
}

type Settings = Readonly<Record<string, unknown>>

/** Runs until all is done. @returns what was told */
async function runOnce(settings: Settings = {}, options: RunOptions = {}): Promise<RunEvent[]> {
  const events: RunEvent[] = []
  const whole = { store: 'store', intake: [{ folder: 'drop' }], classify: { threads: 1 }, ...settings }
  await runStore(runSettings(whole, join(folder, 'taxon.toml')), {
    once: true,
    ...options,
    onEvent: (event) => events.push(event),
  })
  return events
}

async function inStore<T>(work: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore({ folder: join(folder, 'store') })
  return await work(store).finally(() => store.close())
}

const of = <E extends RunEvent['event']>(events: readonly RunEvent[], event: E) =>
  events.filter((each): each is Extract<RunEvent, { event: E }> => each.event === event)

describe('a run', () => {
  it('brings each file to a verdict, once, and goes on where the last one ended', async () => {
    const pe = put('a.exe', madeUpPe())
    const elf = put('b', madeUpElf())
    const text = put('c.txt', Buffer.from('plain words\n'))
    copyFileSync(join(REPORTS, 'file-encryptor.json'), join(drop, 'report.json'))
    const report = sha256(readFileSync(join(drop, 'report.json')))
    const first = await runOnce()
    const verdicts = of(first, 'verdict')
    expect(verdicts.map((each) => each.sha256).sort()).toEqual([pe, elf, text, report].sort())
    expect(verdicts.find((each) => each.sha256 === report)).toMatchObject({
      view: 'calls',
      verdict: 'malicious',
    })
    expect(verdicts.find((each) => each.sha256 === text)?.verdict).toBe('unknown')
    await inStore(async (store) => {
      const known = await store.show(pe)
      expect(known.artifacts).toMatchObject([{ kind: 'opcodes' }])
      expect(known.sightings).toMatchObject([{ source: 'folder', name: 'a.exe' }])
      expect(JSON.parse(known.verdicts[0]!.json)).toMatchObject({
        sample: { path: pe, name: 'a.exe', sha256: pe, kind: 'pe32' },
        executable: { architecture: 'x86' },
      })
      const reasons = JSON.parse((await store.show(text)).verdicts[0]!.json).reasons
      expect(reasons.join()).not.toContain(folder)
    })
    expect(of(await runOnce(), 'verdict')).toEqual([])
    const later = put('d.exe', madeUpPe({ entry: 0x1008 }))
    expect(of(await runOnce(), 'verdict').map((each) => each.sha256)).toEqual([later])
  })

  it('takes archives apart, each member once, and those within no deeper than asked', async () => {
    const pe = madeUpPe()
    const inner = zipOf([{ name: 'deep.bin', content: Buffer.from('deep') }])
    const outer = zipOf([
      { name: '../../evil.exe', content: pe },
      { name: 'inner.zip', content: inner },
    ])
    const archive = put('outer.zip', outer)
    const events = await runOnce({ unpack: { depth: 2 } })
    const stored = of(events, 'stored').map((each) => each.sha256)
    expect(new Set(stored)).toEqual(
      new Set([archive, sha256(pe), sha256(inner), sha256(Buffer.from('deep'))]),
    )
    await inStore(async (store) => {
      const { parents, names } = await store.show(sha256(pe))
      expect(parents).toMatchObject([{ parent: archive, kind: 'member' }])
      expect(names).toHaveLength(1)
      const steps = await store.steps(sha256(inner))
      expect(steps.find(({ step }) => step === 'unpack')?.state).toBe('skipped')
    })
    expect(readdirSync(join(folder, 'store', 'tmp'))).toEqual([])
    const verdict = of(events, 'verdict').find((each) => each.sha256 === archive)
    expect(verdict?.reasons).toEqual(['an archive (zip); the 3 files in it are judged by themselves'])
    // An archive that was only a member is unpacked by itself when it comes by itself.
    put('inner.zip', inner)
    const later = await runOnce({ unpack: { depth: 2 } })
    expect(
      of(later, 'step').find(({ step, sha256: hash }) => step === 'unpack' && hash === sha256(inner))?.state,
    ).toBe('done')
  })

  it('marks what was cut, and never calls it benign', async () => {
    const pe = madeUpPe()
    const cut = put('cut.exe', pe.subarray(0, pe.length - 200))
    const events = await runOnce()
    expect(of(events, 'stored')).toMatchObject([{ sha256: cut, state: 'partial' }])
    expect(of(events, 'verdict')[0]?.verdict).toBe('unknown')
    await inStore(async (store) => {
      expect((await store.show(cut)).sample.reasons.join()).toContain('cut off')
    })
  })

  it('labels by a list, and makes a corpus of what it knows', async () => {
    const [a, b] = [put('a.exe', madeUpPe()), put('b', madeUpElf())]
    writeFileSync(join(folder, 'labels.csv'), `sha256,label,family\n${a},malicious,zbot\n${b},benign,\n`)
    await runOnce({ labels: { csv: 'labels.csv' } })
    await inStore(async (store) => {
      const labels = await store.labels(a)
      expect(labels.find(({ source }) => source === 'consensus')).toMatchObject({
        malicious: 1,
        family: 'zbot',
      })
      const reason = 'known tool'
      await store.allow({ kind: 'sha256', value: a, reason, by: null, at: 0, expiresAt: null })
    })
    const corpus = join(folder, 'corpus')
    const result = await importCorpus([], corpus, { store: { folder: join(folder, 'store') }, threads: 1 })
    expect(result).toMatchObject({ added: 2, unlabelled: 0, skipped: { total: 0 } })
  })

  it.skipIf(!hasClamav())('asks clamd, and goes on without one that is not there', async () => {
    const hash = put('eicar.com', eicar)
    const settings = (address: string) => ({ labels: { clamd: address } })
    const none = await runOnce(settings(join(folder, 'no.socket')))
    const failed = of(none, 'step').find(({ step, state }) => step === 'label' && state === 'failed')
    expect(failed?.detail).toMatchObject({ code: 'later', reason: expect.stringContaining('clamd') })
    expect(of(none, 'verdict')).toHaveLength(1)
    const own = mkdtempSync(join(tmpdir(), 'taxon-clamd-'))
    const clamd = await startClamd(own, ownSignatures(own))
    try {
      const events = await runOnce(settings(clamd.socket), { again: true })
      expect(of(events, 'step').find(({ step }) => step === 'label')?.state).toBe('done')
      await inStore(async (store) => {
        const label = (await store.labels(hash)).find(({ source }) => source === 'clamd')
        expect(label).toMatchObject({ malicious: 1, state: 'found' })
      })
    } finally {
      await clamd.kill()
      rmSync(own, { recursive: true })
    }
  })

  describe('with a sandbox', () => {
    let sandbox: FakeServer
    beforeEach(async () => {
      const text = readFileSync(join(REPORTS, 'file-encryptor.json'), 'utf8')
      sandbox = await fakeCuckoo({
        outcome: (sample) => ({
          report: textReport(text.replace(/"sha256": *"[^"]+"/, `"sha256":"${sample.sha256}"`)),
        }),
      })
    })
    afterEach(() => sandbox.stop())

    it('keeps the report and judges it beside the bytes', async () => {
      const pe = put('a.exe', madeUpPe())
      put('b', madeUpElf())
      const settings = { sandbox: { type: 'cuckoo', url: sandbox.url, types: ['pe'] } }
      const events = await runOnce(settings)
      const views = of(events, 'verdict')
        .filter((each) => each.sha256 === pe)
        .map(({ view, verdict }) => [view, verdict])
      expect(sandbox.tasks).toHaveLength(1)
      expect(views.sort()).toEqual([
        ['calls', 'malicious'],
        ['opcodes', 'unknown'],
      ])
      await inStore(async (store) => {
        expect((await store.show(pe)).artifacts.map(({ kind }) => kind).sort()).toEqual(['opcodes', 'report'])
      })
      await runOnce(settings)
      expect(sandbox.tasks).toHaveLength(1)
    })
  })

  describe('with webhooks', () => {
    let server: Server
    let url: string
    let bodies: { verdict: { verdict: string; allowed?: object }; labels: unknown }[]
    beforeEach(async () => {
      bodies = []
      server = createServer((request, response) => {
        void json(request).then((body) => {
          bodies.push(body as (typeof bodies)[0])
          response.end()
        })
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    })
    afterEach(() => {
      server.closeAllConnections()
      server.close()
    })

    const hook = (...verdicts: string[]) => ({ webhooks: [{ url, verdicts }] })

    it('tells of the verdicts that are asked for, once each', async () => {
      copyFileSync(join(REPORTS, 'file-encryptor.json'), join(drop, 'bad.json'))
      copyFileSync(join(REPORTS, 'text-editor.json'), join(drop, 'good.json'))
      await runOnce(hook('malicious'))
      await runOnce(hook('malicious'))
      expect(bodies.map(({ verdict }) => verdict.verdict)).toEqual(['malicious'])
    })

    it('tells of what is labelled malicious, whatever the models say', async () => {
      const hash = put('a.exe', madeUpPe())
      writeFileSync(join(folder, 'labels.csv'), `sha256,label,family\n${hash},malicious,zbot\n`)
      const events = await runOnce({ ...hook('malicious'), labels: { csv: 'labels.csv' } })
      expect(of(events, 'verdict')).toMatchObject([
        { verdict: 'unknown', labels: { malicious: 1, family: 'zbot' } },
      ])
      expect(bodies).toMatchObject([{ labels: { malicious: 1 } }])
    })

    it('keeps silent of what is allowed, until it is no more', async () => {
      copyFileSync(join(REPORTS, 'file-encryptor.json'), join(drop, 'bad.json'))
      const hash = sha256(readFileSync(join(drop, 'bad.json')))
      const allow = (expiresAt: number) =>
        inStore((store) =>
          store.allow({ kind: 'sha256', value: hash, reason: 'ours', by: 'ana', at: 0, expiresAt }),
        )
      await allow(Date.now() + DAY_MS)
      const events = await runOnce(hook('malicious'))
      expect(of(events, 'verdict')).toMatchObject([
        { verdict: 'benign', allowed: { reason: 'ours', by: 'ana', verdict: 'malicious' } },
      ])
      expect(bodies).toEqual([])
      await allow(Date.now() - 1)
      await inStore((store) => store.remove(hash))
      rmSync(join(drop, 'bad.json'))
      copyFileSync(join(REPORTS, 'file-encryptor.json'), join(drop, 'again.json'))
      await runOnce(hook('malicious'))
      expect(bodies.map(({ verdict }) => verdict.verdict)).toEqual(['malicious'])
    })

    it('allows by a signature that holds, and not by one that does not', async () => {
      const identity = madeUpIdentity()
      const signed = madeUpSigned(madeUpPe(), identity)
      const broken = Uint8Array.from(signed)
      broken[0x400] = broken[0x400]! ^ 1
      put('signed.exe', signed)
      put('broken.exe', broken)
      const value = createHash('sha256').update(identity.certificate).digest('hex')
      await inStore((store) =>
        store.allow({ kind: 'signer', value, reason: 'our tools', by: null, at: 0, expiresAt: null }),
      )
      const events = await runOnce(hook('unknown'))
      const seen = of(events, 'verdict').map(({ sha256: hash, verdict }) => [hash, verdict])
      expect(new Map(seen as [string, string][])).toEqual(
        new Map([
          [sha256(signed), 'benign'],
          [sha256(broken), 'unknown'],
        ]),
      )
      expect(bodies).toHaveLength(1)
    })
  })

  it('follows Suricata and Zeek from their logs to verdicts', async () => {
    const pe = madeUpPe()
    const hash = sha256(pe)
    const filestore = join(folder, 'filestore')
    mkdirSync(join(filestore, hash.slice(0, 2)), { recursive: true })
    writeFileSync(join(filestore, hash.slice(0, 2), hash), pe)
    const event = (id: number, name: string) =>
      JSON.stringify({
        ...{ timestamp: '2026-01-02T03:04:05.678901+0000', flow_id: id, event_type: 'fileinfo' },
        ...{ src_ip: '192.0.2.1', src_port: 80, dest_ip: '192.0.2.9', dest_port: 5000, proto: 'TCP' },
        ...{ http: { hostname: 'host.test', url: '/x' }, app_proto: 'http' },
        fileinfo: {
          filename: name,
          state: 'CLOSED',
          stored: true,
          size: pe.length,
          sha256: hash,
          file_id: 1,
        },
      })
    writeFileSync(join(folder, 'eve.json'), `${event(1, '/x')}\n${event(2, '/\u001b[31my')}\n`)
    mkdirSync(join(folder, 'extracted'))
    const elf = madeUpElf()
    writeFileSync(join(folder, 'extracted', 'HTTP-1'), elf)
    const line = { ts: 1_767_322_800.5, fuid: 'F1', source: 'HTTP', extracted: 'HTTP-1', missing_bytes: 0 }
    writeFileSync(join(folder, 'files.log'), `${JSON.stringify(line)}\n`)
    const intake = [
      { type: 'suricata', eve: 'eve.json', filestore: 'filestore' },
      { type: 'zeek', log: 'files.log', extracted: 'extracted' },
    ]
    const events = await runOnce({ intake })
    expect(new Set(of(events, 'verdict').map((each) => each.sha256))).toEqual(new Set([hash, sha256(elf)]))
    await inStore(async (store) => {
      const { sightings } = await store.show(hash)
      expect(sightings).toMatchObject([
        { source: 'suricata', host: 'host.test', sourceAddress: '192.0.2.1', destinationPort: 5000 },
        { source: 'suricata' },
      ])
      expect((await store.show(sha256(elf))).sightings).toMatchObject([{ source: 'zeek' }])
    })
    expect(of(await runOnce({ intake }), 'stored')).toEqual([])
  })

  it('judges what was brought from a Viper project', async () => {
    const pe = madeUpPe()
    const hash = sha256(pe)
    const project = join(folder, 'project')
    const place = join(project, 'binaries', ...hash.slice(0, 4))
    mkdirSync(place, { recursive: true })
    writeFileSync(join(place, hash), pe)
    const database = new Libsql(join(project, 'viper.db'))
    database.exec(`
      create table malware (id integer primary key, name text, size integer, type text, mime text, md5 text, crc32 text,
        sha1 text, sha256 text, sha512 text, ssdeep text, created_at text, parent_id integer);
      create table tag (id integer primary key, tag text);
      create table note (id integer primary key, title text, body text);
      create table association (tag_id integer, note_id integer, malware_id integer, analysis_id integer);
      insert into malware values (1, 'old.exe', ${pe.length}, '', '', '', '', '', '${hash}', '', '', '2019-05-03 10:11:12', null);
      insert into tag values (1, 'apt');
      insert into association values (1, null, 1, null)`)
    database.close()
    await inStore((store) => importViper(store, project))
    const events = await runOnce({ intake: [] })
    expect(of(events, 'verdict')).toMatchObject([{ sha256: hash, verdict: 'unknown' }])
    await inStore(async (store) => {
      expect(await store.show(hash)).toMatchObject({ names: ['old.exe'], tags: ['apt'] })
      await store.allow({ kind: 'tag', value: 'apt', reason: 'training', by: null, at: 0, expiresAt: null })
      const seen = silencedKnown(await store.show(hash), await store.allowances(Date.now()))
      expect(seen).toMatchObject({ verdicts: [{ verdict: 'benign' }], allowed: { reason: 'training' } })
    })
  })

  it('refuses a second run on the same store, and ends in order when it is told to', async () => {
    for (let i = 0; i < 5; i++) put(`${i}.exe`, madeUpPe({ entry: 0x1000 + i }))
    const stop = new AbortController()
    const events: RunEvent[] = []
    const settings = runSettings({ store: 'store', intake: [{ folder: 'drop' }] }, join(folder, 'taxon.toml'))
    const going = runStore(settings, {
      signal: stop.signal,
      onEvent(event) {
        events.push(event)
        if (of(events, 'verdict').length === 2) stop.abort()
      },
    })
    await new Promise((resolve) => setTimeout(resolve, 300))
    await expect(runStore(settings, { once: true })).rejects.toThrow('which is still running')
    await going
    const told = of(events, 'verdict').length
    expect(told + of(await runOnce(), 'verdict').length).toBe(5)
    await inStore(async (store) => {
      for await (const { sha256: hash } of store.list()) {
        const { verdicts } = await store.show(hash)
        expect(verdicts).toHaveLength(1)
        // Workers that ended with the run said nothing.
        expect(verdicts[0]!.json).not.toContain('worker')
      }
    })
  })
})
