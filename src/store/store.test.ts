import { createHash } from 'node:crypto'
import {
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { all, bytesOf, putText, sightingOf, storeBackends } from '../../test/store-backends.ts'
import { LimitExceededError, sha256, UsageError } from '../core/index.ts'
import { CorruptSampleError, OtherBytesError, UnknownSampleError } from './errors.ts'
import { openStore } from './open-store.ts'
import type { Store, StoreLocation } from './store.ts'
import type { StoredLabel } from './stored-label.ts'
import type { StoredVerdict } from './stored-verdict.ts'

const NOBODY = 'f'.repeat(64)

describe.each(storeBackends())('a store on $name', ({ start, location, end }) => {
  let place: StoreLocation
  let store: Store
  beforeAll(start, 60_000)
  afterAll(end)
  beforeEach(async () => {
    place = await location()
    store = await openStore(place)
  })
  afterEach(() => store.close())

  const path = (hash: string, content = 'samples') => join(place.folder, content, hash.slice(0, 2), hash)
  const temporary = () => readdirSync(join(place.folder, 'tmp'))

  describe('bytes', () => {
    it('measures them, keeps them once and gives them back', async () => {
      const first = await store.put([Buffer.from('MZ'), Buffer.from(' abc')])
      const again = await store.put([Buffer.from('MZ abc')])
      expect(first.isNew).toBe(true)
      expect(again).toEqual({ sample: first.sample, isNew: false })
      const hex = (name: string) => createHash(name).update('MZ abc').digest('hex')
      expect(first.sample).toMatchObject({
        sha256: hex('sha256'),
        sha1: hex('sha1'),
        md5: hex('md5'),
        size: 6,
      })
      expect(first.sample).toMatchObject({ type: 'pe', state: 'complete', reasons: [] })
      expect((await bytesOf(store.read(first.sample.sha256))).toString()).toBe('MZ abc')
      expect(await all(store.list())).toEqual([first.sample])
      expect(await store.has(first.sample.sha256)).toBe(true)
      expect(await store.has(NOBODY)).toBe(false)
      expect(temporary()).toEqual([])
    })

    it('scrambles them at rest, for the owner only and never executable', async () => {
      const hash = await putText(store, 'a rather long text that a scanner could look for')
      const kept = readFileSync(path(hash))
      expect(kept.includes('scanner')).toBe(false)
      expect(statSync(path(hash)).mode & 0o777).toBe(0o600)
      for (const folder of [place.folder, join(place.folder, 'samples'), join(path(hash), '..')])
        expect(statSync(folder).mode & 0o777).toBe(0o700)
      expect(statSync(join(place.folder, 'key')).mode & 0o777).toBe(0o600)
    })

    it('gives back any bytes, however they came', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 5000 }), { maxLength: 8 }), async (chunks) => {
          const { sample } = await store.put(chunks)
          expect((await bytesOf(store.read(sample.sha256))).equals(Buffer.concat(chunks))).toBe(true)
        }),
        { numRuns: 30 },
      )
    })

    it('gives back many megabytes', async () => {
      const piece = Buffer.alloc(3_000_001, 'xyz')
      const { sample } = await store.put(Array.from({ length: 7 }, () => piece))
      expect(sample.size).toBe(7 * piece.length)
      expect(sha256(await bytesOf(store.read(sample.sha256)))).toBe(sample.sha256)
    })

    it('leaves nothing of what is too much, other than was said, broken or stopped', async () => {
      const chunks = [Buffer.from('abc'), Buffer.from('def')]
      await expect(store.put(chunks, { maxBytes: 5 })).rejects.toThrow(LimitExceededError)
      await expect(store.put(chunks, { sha256: NOBODY })).rejects.toThrow(OtherBytesError)
      await expect(store.put(chunks, { signal: AbortSignal.abort(new Error('stop')) })).rejects.toThrow(
        'stop',
      )
      await expect(
        store.put(
          (function* () {
            yield Buffer.from('abc')
            throw Object.assign(new Error('the source broke'), { syscall: 'read' })
          })(),
        ),
      ).rejects.toThrow('the source broke')
      const parent = { sha256: NOBODY, kind: 'member' as const, name: null }
      await expect(store.put(chunks, { parent })).rejects.toThrow(UnknownSampleError)
      expect(temporary()).toEqual([])
      expect(readdirSync(join(place.folder, 'samples'))).toEqual([])
      expect(await all(store.list())).toEqual([])
      expect((await store.put(chunks, { maxBytes: 6, sha256: sha256('abcdef') })).isNew).toBe(true)
    })

    it('keeps one copy of what many bring at once', async () => {
      const bring = (i: number) =>
        store.put([Buffer.from('the same')], {
          name: `name ${i}`,
          sighting: sightingOf({ key: `k${i % 5}` }),
        })
      const results = await Promise.all(Array.from({ length: 20 }, (_, i) => bring(i)))
      expect(results.filter(({ isNew }) => isNew)).toHaveLength(1)
      const known = await store.show(sha256('the same'))
      expect(known.names).toHaveLength(20)
      expect(known.sightings.map(({ key }) => key)).toEqual(['k0', 'k1', 'k2', 'k3', 'k4'])
    })

    it('remembers that bytes are cut, whoever else brings them', async () => {
      const hash = await putText(store, 'half')
      await store.put([Buffer.from('half')], { partial: ['cut by the sender'] })
      await store.put([Buffer.from('half')], { partial: ['cut by the sender', 'a gap'] })
      const { sample, isNew } = await store.put([Buffer.from('half')])
      expect(isNew).toBe(false)
      expect(sample).toMatchObject({
        sha256: hash,
        state: 'partial',
        reasons: ['cut by the sender', 'a gap'],
      })
    })

    it('says what is not there, damaged or no hash', async () => {
      await expect(bytesOf(store.read(NOBODY))).rejects.toThrow(UnknownSampleError)
      await expect(bytesOf(store.readArtifact(NOBODY))).rejects.toThrow(CorruptSampleError)
      for (const hash of ['../../etc/passwd', '', NOBODY.toUpperCase(), `${NOBODY}\n`]) {
        expect(() => store.read(hash)).toThrow(UsageError)
        await expect(store.has(hash)).rejects.toThrow(UsageError)
      }
      for (const unknown of [
        () => store.show(NOBODY),
        () => store.remove(NOBODY),
        () => store.addName(NOBODY, 'x'),
        () => store.addSighting(NOBODY, sightingOf({ key: 'k' })),
        () => store.tag(NOBODY, ['x']),
        () => store.note(NOBODY, 'x'),
        () => store.label(NOBODY, []),
        () => store.putArtifact(NOBODY, 'report', 'x', chunksOf('x')),
      ]) {
        await expect(unknown()).rejects.toThrow(UnknownSampleError)
      }
    })
  })

  describe('what is known', () => {
    it('keeps each name and sighting once', async () => {
      const seen = sightingOf({
        key: 'suricata:1:2:3',
        at: 5,
        name: 'setup.exe',
        protocol: 'http',
        sourceAddress: '10.0.0.1',
        sourcePort: 80,
        destinationAddress: '10.0.0.2',
        destinationPort: 40_000,
        host: 'example.org',
        uri: '/setup.exe',
        details: '{"flow":1}',
      })
      const { sample } = await store.put([Buffer.from('x')], { name: 'x.bin', sighting: seen })
      expect(await store.addSighting(sample.sha256, seen)).toBe(false)
      expect(await store.addSighting(sample.sha256, { ...seen, key: 'another' })).toBe(true)
      await store.addName(sample.sha256, 'x.bin')
      await store.addName(sample.sha256, '')
      const known = await store.show(sample.sha256)
      expect(new Set(known.names)).toEqual(new Set(['x.bin', 'setup.exe']))
      expect(known.sightings).toEqual([{ ...seen, key: 'another' }, seen])
    })

    it('keeps tags, notes and relations', async () => {
      const archive = await putText(store, 'archive')
      const parent = { sha256: archive, kind: 'member' as const, name: 'a/b.exe' }
      const { sample } = await store.put([Buffer.from('member')], { parent })
      await store.relate({ parent: archive, child: sample.sha256, kind: 'member', name: 'a/b.exe' })
      await store.relate({ parent: archive, child: sample.sha256, kind: 'dropped', name: null })
      await store.tag(sample.sha256, ['Emotet ', 'emotet', '', 'x'], 'ann')
      await store.untag(sample.sha256, ['X', 'not there'])
      await store.note(sample.sha256, 'first', 'ann')
      await store.note(sample.sha256, 'second')
      const known = await store.show(sample.sha256)
      expect(known.tags).toEqual(['emotet'])
      expect(known.notes.map(({ text, by }) => [text, by])).toEqual([
        ['first', 'ann'],
        ['second', null],
      ])
      expect(known.parents.map(({ kind, name }) => [kind, name])).toEqual([
        ['dropped', null],
        ['member', 'a/b.exe'],
      ])
      expect((await store.show(archive)).children).toEqual(known.parents)
    })

    it('keeps one label a source, engine and version', async () => {
      const hash = await putText(store, 'x')
      const label: StoredLabel = {
        malicious: 1,
        family: 'Agent',
        category: null,
        firstSeen: '2020-01-02',
        by: 'ClamAV',
        source: 'clamd',
        engine: 'clamd',
        detection: 'Win.Trojan.Agent-1',
        version: '1',
        at: 7,
        state: 'found',
        problem: null,
      }
      const clean = { ...label, malicious: 0 as const, detection: null, family: null, version: null }
      await store.label(hash, [label, { ...label, version: '2' }, clean])
      await store.label(hash, [{ ...label, family: 'Emotet', at: 8 }])
      expect(await store.labels(hash)).toEqual([
        clean,
        { ...label, family: 'Emotet', at: 8 },
        { ...label, version: '2' },
      ])
    })

    it('keeps artifacts compressed, one a kind and producer', async () => {
      const hash = await putText(store, 'x')
      const text = 'call push pop '.repeat(100_000)
      const made = await store.putArtifact(hash, 'opcodes', 'taxon 0.1.0', chunksOf(text, text))
      expect(made).toMatchObject({ digest: sha256(text + text), size: 2 * text.length })
      expect(statSync(path(made.digest, 'artifacts')).size).toBeLessThan(text.length / 50)
      expect((await bytesOf(store.readArtifact(made.digest))).toString()).toBe(text + text)
      const next = await store.putArtifact(hash, 'opcodes', 'taxon 0.1.0', chunksOf('other'))
      expect((await store.show(hash)).artifacts).toEqual([next])
      const failing = async function* () {
        yield Buffer.from('x')
        throw new Error('the sandbox went away')
      }
      await expect(store.putArtifact(hash, 'report', 'x', failing())).rejects.toThrow('the sandbox went away')
      expect(temporary()).toEqual([])
    })

    it('keeps a verdict and what is owed for it together, once', async () => {
      const hash = await putText(store, 'x')
      const verdict = verdictOf(hash)
      const owed = [{ key: `${hash}:calls:m`, target: 'https://a/', body: '{}' }]
      expect(await store.putVerdict(verdict, owed)).toBe(true)
      expect(
        await store.putVerdict({ ...verdict, at: 99, json: '{"path":"x"}' }, [
          { ...owed[0]!, target: 'https://b/' },
        ]),
      ).toBe(false)
      expect(await store.dueDeliveries(10, 10)).toHaveLength(1)
      const corrected = [{ ...owed[0]!, body: '{"verdict":"benign"}' }]
      expect(await store.putVerdict({ ...verdict, verdict: 'benign' }, corrected)).toBe(true)
      expect(await store.dueDeliveries(10, 10)).toMatchObject(corrected)
      await store.settleDelivery(owed[0]!.key, owed[0]!.target, { deliveredAt: 7 })
      expect(await store.putVerdict({ ...verdict, verdict: 'unknown' }, owed)).toBe(true)
      expect(await store.dueDeliveries(10, 10)).toEqual([])
      expect(await store.putVerdict({ ...verdict, verdict: 'benign' }, owed)).toBe(true)
      expect((await store.show(hash)).verdicts).toEqual([{ ...verdict, verdict: 'benign' }])
      const both = await Promise.all(
        [1, 2, 3].map((n) => store.putVerdict({ ...verdict, modelSha256: `${n % 2}` })),
      )
      expect(both.filter((isNew) => isNew)).toHaveLength(2)
      await expect(store.putVerdict(verdictOf(NOBODY), owed)).rejects.toThrow(UnknownSampleError)
    })

    it('owes a delivery until it is settled', async () => {
      const hash = await putText(store, 'x')
      const target = 'https://a/'
      await store.putVerdict(verdictOf(hash), [
        { key: 'k', target, body: '{"a":1}' },
        { key: 'k', target: 'https://b/', body: '{}' },
      ])
      expect(await store.dueDeliveries(5, 10)).toEqual([])
      expect(await store.dueDeliveries(6, 1)).toHaveLength(1)
      await store.settleDelivery('k', target, { nextAt: 50, problem: 'status 500' })
      await store.settleDelivery('k', 'https://b/', { deliveredAt: 20 })
      expect(await store.dueDeliveries(49, 10)).toEqual([])
      const [again] = await store.dueDeliveries(50, 10)
      expect(again).toEqual({
        ...{ key: 'k', target, body: '{"a":1}' },
        ...{ attempts: 1, nextAt: 50, deliveredAt: null, problem: 'status 500' },
      })
      await store.settleDelivery('k', target, { deliveredAt: 60 })
      await store.settleDelivery('k', target, { nextAt: 70, problem: 'a slower sender' })
      expect(await store.dueDeliveries(1e12, 10)).toEqual([])
    })

    it('keeps allowances until they expire', async () => {
      const one = { kind: 'tag', value: 'Lab', reason: 'ours', by: 'ann', at: 1, expiresAt: null } as const
      await store.allow(one)
      await store.allow({ ...one, kind: 'sha256', value: NOBODY.toUpperCase(), expiresAt: 100 })
      await store.allow({ ...one, reason: 'still ours' })
      await expect(store.allow({ ...one, reason: ' ' })).rejects.toThrow(UsageError)
      await expect(store.allow({ ...one, kind: 'sha256', value: 'x' })).rejects.toThrow(UsageError)
      expect((await store.allowances(99)).map(({ value, reason }) => [value, reason])).toEqual([
        [NOBODY, 'ours'],
        ['lab', 'still ours'],
      ])
      expect(await store.allowances(100)).toHaveLength(1)
      await store.disallow('tag', 'LAB')
      await expect(store.disallow('tag', 'lab')).rejects.toThrow(UsageError)
      expect(await store.allowances(100)).toEqual([])
    })

    it('keeps how far a watcher is', async () => {
      expect(await store.cursor('eve')).toBe(null)
      await store.setCursor('eve', '{"offset":1}')
      await store.setCursor('eve', '{"offset":2}')
      expect(await store.cursor('eve')).toBe('{"offset":2}')
    })
  })

  describe('finding', () => {
    it('resolves the beginning of any hash', async () => {
      const { sample } = await store.put([Buffer.from('x')])
      for (const hash of [sample.sha256, sample.sha1, sample.md5]) {
        expect(await store.resolve(hash)).toEqual(sample)
        expect(await store.resolve(hash.slice(0, 8).toUpperCase())).toEqual(sample)
      }
      for (const hash of ['', 'abc', 'xyzxyz', 'ffffffff', '%%%%%%', `${sample.sha256}0`])
        await expect(store.resolve(hash)).rejects.toThrow(UsageError)
    })

    it('refuses a beginning that several have', async () => {
      // Found by trial: two numbers whose SHA-256 begin with the same four digits.
      const seen = new Map<string, string>()
      for (let n = 0; ; n++) {
        const head = sha256(String(n)).slice(0, 4)
        if (seen.has(head)) {
          await putText(store, seen.get(head)!)
          await putText(store, String(n))
          await expect(store.resolve(head)).rejects.toThrow(/several/)
          break
        }
        seen.set(head, String(n))
      }
    })

    it('lists the newest first, in pages', async () => {
      const hashes = new Set<string>()
      for (let n = 0; n < 23; n++) hashes.add(await putText(store, `sample ${n}`))
      const whole = await all(store.list())
      expect(new Set(whole.map(({ sha256 }) => sha256))).toEqual(hashes)
      const order = whole.map(({ addedAt, sha256 }) => [addedAt, sha256] as const)
      expect(order).toEqual([...order].sort((a, b) => b[0] - a[0] || (a[1] < b[1] ? 1 : -1)))
      const paged: unknown[] = []
      for (let after: string | undefined; ; ) {
        const page = await all(store.list({ limit: 5, ...(after && { after }) }))
        if (page.length === 0) break
        paged.push(...page)
        after = page.at(-1)!.sha256
      }
      expect(paged).toEqual(whole)
    })

    it('finds by text, tag, family, type, verdict, source and time', async () => {
      const [a, b] = [await putText(store, 'MZ one', 'Setup_100%.EXE'), await putText(store, '{"two": 2}')]
      await store.tag(a, ['lab'])
      await store.addSighting(b, sightingOf({ key: 'k', source: 'zeek', host: 'Evil.Example' }))
      await store.putVerdict({ ...verdictOf(b), family: 'Emotet' })
      const found = async (query: object) => (await all(store.list(query))).map(({ sha256 }) => sha256)
      expect(await found({ text: 'setup_100%' })).toEqual([a])
      expect(await found({ text: 'setupX100' })).toEqual([])
      expect(await found({ text: 'LA' })).toEqual([a])
      expect(await found({ text: 'evil.' })).toEqual([b])
      expect(await found({ text: 'mote' })).toEqual([b])
      expect(await found({ text: b.slice(0, 10) })).toEqual([b])
      expect(await found({ text: '\0' })).toEqual([])
      expect(await found({ tag: 'LAB' })).toEqual([a])
      expect(await found({ family: 'emotet' })).toEqual([b])
      expect(await found({ type: 'pe' })).toEqual([a])
      expect(await found({ verdict: 'malicious' })).toEqual([b])
      expect(await found({ source: 'zeek', type: 'report' })).toEqual([b])
      expect(await found({ source: 'zeek', type: 'pe' })).toEqual([])
      expect(await found({ since: Date.now() + 1000 })).toEqual([])
      expect(await found({ since: 0 })).toHaveLength(2)
      await expect(found({ after: NOBODY })).rejects.toThrow(UnknownSampleError)
    })
  })

  describe('keeping house', () => {
    it('forgets a sample, all that is known of it and its bytes', async () => {
      const [a, b] = [await putText(store, 'a', 'name'), await putText(store, 'b')]
      await store.relate({ parent: a, child: b, kind: 'dropped', name: null })
      const [own, shared] = [await artifact(a, 'own'), await artifact(a, 'shared')]
      await artifact(b, 'shared')
      await store.remove(a)
      expect(await store.has(a)).toBe(false)
      expect((await store.show(b)).parents).toEqual([])
      expect(() => statSync(path(a))).toThrow()
      expect(() => statSync(path(own, 'artifacts'))).toThrow()
      expect((await bytesOf(store.readArtifact(shared))).toString()).toBe('shared')
      expect((await store.put([Buffer.from('a')])).isNew).toBe(true)
      expect((await store.show(a)).names).toEqual([])
      expect(await all(store.verify())).toEqual([])
    })

    it('loses nothing when one removes what another brings', async () => {
      const hash = sha256('contested')
      await putText(store, 'contested')
      const bring = async () => void (await putText(store, 'contested'))
      const remove = () =>
        store.remove(hash).catch((error) => expect(error).toBeInstanceOf(UnknownSampleError))
      await Promise.all(Array.from({ length: 40 }, (_, i) => (i % 2 ? bring() : remove())))
      expect(await all(store.verify())).toEqual([])
      await bring()
      expect((await bytesOf(store.read(hash))).toString()).toBe('contested')
    })

    it('finds a flipped byte, a missing file, a cut one and a foreign one', async () => {
      const [flipped, missing, cut, foreign, whole] = [
        await putText(store, 'flipped'),
        await putText(store, 'missing'),
        await putText(store, 'cut'),
        await putText(store, 'foreign'),
        await putText(store, 'whole'),
      ]
      const digest = await artifact(whole, 'an artifact')
      const bytes = readFileSync(path(flipped))
      bytes[bytes.length - 2]! ^= 1
      writeFileSync(path(flipped), bytes)
      unlinkSync(path(missing))
      truncateSync(path(cut), 25)
      writeFileSync(path(foreign), 'MZ not of a store, and long enough to be one')
      truncateSync(path(digest, 'artifacts'), 40)
      const seen: number[] = []
      const problems = await all(store.verify({ onProgress: (done, total) => seen.push(done / total) }))
      expect(problems.map(({ sha256 }) => sha256)).toEqual([flipped, missing, cut, foreign, whole])
      expect(problems.map(({ problem }) => problem.split(',')[0])).toEqual([
        'its bytes were changed',
        'its bytes are missing',
        'its bytes were changed',
        'its file is none of a store',
        expect.stringContaining(`opcodes ${digest}: its file was changed`),
      ])
      expect(seen.at(-1)).toBe(1)
      await expect(bytesOf(store.read(flipped))).rejects.toThrow(CorruptSampleError)
      // What is brought again is whole again.
      await putText(store, 'missing')
      expect((await bytesOf(store.read(missing))).toString()).toBe('missing')
      const stopped = all(store.verify({ signal: AbortSignal.abort(new Error('stop')) }))
      await expect(stopped).rejects.toThrow('stop')
    })

    it('collects what is left over and unknown once it is old enough', async () => {
      const known = await putText(store, 'known')
      const orphan = sha256('orphan')
      writeFileSync(join(place.folder, 'tmp', 'elsewhere~1~2~3'), 'old')
      writeFileSync(join(place.folder, 'tmp', 'new'), 'new')
      await putText(store, 'orphan')
      const kept = readFileSync(path(orphan))
      await store.remove(orphan)
      writeFileSync(path(orphan), kept)
      writeFileSync(join(place.folder, 'samples', 'README'), 'not ours')
      expect(await store.gc()).toEqual({ removed: [], bytes: 0 })
      for (const old of [path(orphan), join(place.folder, 'tmp', 'elsewhere~1~2~3')]) utimesSync(old, 1, 1)
      const expected = {
        removed: ['tmp/elsewhere~1~2~3', `samples/${orphan.slice(0, 2)}/${orphan}`],
        bytes: 3 + kept.length,
      }
      expect(await store.gc({ dryRun: true })).toEqual(expected)
      expect(await store.gc()).toEqual(expected)
      expect(await store.gc({ olderThanMs: -1000 })).toMatchObject({ removed: ['tmp/new'] })
      expect((await bytesOf(store.read(known))).toString()).toBe('known')
      expect(readFileSync(join(place.folder, 'samples', 'README'), 'utf8')).toBe('not ours')
    })
  })

  async function artifact(hash: string, content: string) {
    return (await store.putArtifact(hash, 'opcodes', `for ${content}`, chunksOf(content))).digest
  }
})

async function* chunksOf(...texts: string[]) {
  for (const text of texts) yield Buffer.from(text)
}

function verdictOf(hash: string): StoredVerdict {
  return {
    sha256: hash,
    view: 'calls',
    modelSha256: 'm',
    verdict: 'malicious',
    family: null,
    category: null,
    probability: 0.75,
    state: 'complete',
    json: '{}',
    at: 6,
  }
}
