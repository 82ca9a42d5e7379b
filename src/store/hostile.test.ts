import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { all, bytesOf, putText, sightingOf, storeBackends } from '../../test/store-backends.ts'
import { LimitExceededError, UsageError } from '../core/index.ts'
import { openStore } from './open-store.ts'
import type { Store } from './store.ts'
import { MAX_JSON_CHARACTERS, storedKey, storedText, TEXT_LIMITS } from './stored-text.ts'

/** Names that malware gives its files, and how they are kept. */
const NAMES: readonly (readonly [what: string, name: string, kept: string])[] = [
  ['a path upwards', '../../../etc/passwd', '../../../etc/passwd'],
  ['terminal escapes', '\x1b[2J\x1b]0;owned\x07', '\x1b[2J\x1b]0;owned\x07'],
  ['line ends', 'a\r\nb\u2028c', 'a\r\nb\u2028c'],
  ['NUL', 'a\0b\0', 'a\ufffdb\ufffd'],
  ['lone surrogates', '\ud800x\udc00', '\ufffdx\ufffd'],
  ['HTML', '<script>alert(1)</script>', '<script>alert(1)</script>'],
  ['a formula', '=cmd|"/c calc"!A1', '=cmd|"/c calc"!A1'],
  ['SQL', `'; drop table "samples"; --`, `'; drop table "samples"; --`],
  ['10,000 characters', 'n'.repeat(10_000), `${'n'.repeat(511)}…`],
  ['10,000 characters beyond the first plane', '💣'.repeat(10_000), `${'💣'.repeat(255)}…`],
  ['the longest that an index must take', '漢'.repeat(512), '漢'.repeat(512)],
]

describe.each(storeBackends())('hostile things in a store on $name', ({ start, location, end }) => {
  let store: Store
  beforeAll(start, 60_000)
  afterAll(end)
  beforeEach(async () => {
    store = await openStore(await location())
  })
  afterEach(() => store.close())

  it.each(NAMES)('keeps a name with %s', async (_, name, kept) => {
    const hash = await putText(store, 'x', name)
    const parent = { sha256: hash, kind: 'dropped' as const, name }
    const child = (await store.put([Buffer.from('y')], { parent })).sample.sha256
    await store.addSighting(
      hash,
      sightingOf({
        key: name,
        name,
        source: name,
        protocol: name,
        host: name,
        uri: name,
        sourceAddress: name,
      }),
    )
    await store.tag(hash, [name], name)
    await store.note(hash, name, name)
    await store.label(hash, [labelOf(name)])
    await store
      .allow({ kind: 'signer', value: name, reason: name, by: name, at: 0, expiresAt: null })
      .catch(known)
    await store.setCursor(name, name)
    expect(await store.cursor(name)).toBe(storedText(name, 1e6))
    const artifact = await store.putArtifact(hash, 'report', name, chunksOf(name))
    expect((await bytesOf(store.readArtifact(artifact.digest))).toString()).toBe(Buffer.from(name).toString())
    const about = await store.show(hash)
    expect(about.names).toEqual([kept])
    expect(about.sightings[0]).toMatchObject({ name: kept, key: storedKey(name, TEXT_LIMITS.key) })
    expect(about.children).toEqual([{ parent: hash, child, kind: 'dropped', name: kept }])
    expect(about.labels[0]!.detection!.length).toBeLessThanOrEqual(TEXT_LIMITS.detection)
    for (const query of [{ text: name }, { tag: name }, { family: name }, { source: name }])
      await all(store.list(query))
  })

  it('takes any texts and numbers, or says why not', async () => {
    const hash = await putText(store, 'x')
    const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.string({ maxLength: 3000 }))
    const number = fc.oneof(
      fc.double(),
      fc.constantFrom(Number.NaN, -1, 1e300, Number.POSITIVE_INFINITY, 0.5),
    )
    await fc.assert(
      fc.asyncProperty(text, text, number, async (a, b, n) => {
        const fields = { at: n, name: a, sourcePort: n, destinationPort: n, host: b, uri: b, details: a }
        await store.addSighting(hash, sightingOf({ key: b, ...fields }))
        await store.label(hash, [{ ...labelOf(a), at: n, version: b }])
        await store.tag(hash, [a, b])
        const verdict = { view: 'calls', modelSha256: 'm', verdict: 'unknown', state: 'complete' } as const
        const said = { ...verdict, family: a, category: b, probability: n, json: a, at: n }
        await store.putVerdict({ sha256: hash, ...said }, [{ key: b, target: a, body: b }]).catch(known)
        const step = { step: 'label', version: a, state: 'failed', attempts: 1 } as const
        await store.setStep({ sha256: hash, ...step, detail: b, at: n, nextAt: n })
        await store.takeForStep('label', b, { after: [a], limit: 1, leaseMs: n, now: n })
        await all(store.list({ text: a, family: b, since: n }))
      }),
      { numRuns: 25 },
    )
    expect(await store.has(hash)).toBe(true)
  })

  it('keeps apart what is told apart by a long text only', async () => {
    const hash = await putText(store, 'x')
    const long = 'k'.repeat(5000)
    expect(await store.addSighting(hash, sightingOf({ key: `${long}1` }))).toBe(true)
    expect(await store.addSighting(hash, sightingOf({ key: `${long}2` }))).toBe(true)
    expect(await store.addSighting(hash, sightingOf({ key: `${long}2` }))).toBe(false)
  })

  it('refuses what would be no JSON when it is cut', async () => {
    const hash = await putText(store, 'x')
    const details = `"${'x'.repeat(MAX_JSON_CHARACTERS)}"`
    await expect(store.addSighting(hash, sightingOf({ key: 'k', details }))).rejects.toThrow(UsageError)
  })

  it('does not read on once there is too much', async () => {
    let given = 0
    const endless = (function* () {
      for (;;) {
        given++
        yield Buffer.alloc(1000)
      }
    })()
    await expect(store.put(endless, { maxBytes: 100_000 })).rejects.toThrow(LimitExceededError)
    expect(given).toBe(101)
  })

  it('takes a source of single bytes', async () => {
    const single = Array.from({ length: 30_000 }, (_, i) => Uint8Array.of(i))
    const { sample } = await store.put(single)
    expect((await bytesOf(store.read(sample.sha256))).equals(Buffer.concat(single))).toBe(true)
  })
})

function labelOf(text: string) {
  return {
    ...{ malicious: 1 as const, family: text, category: text, firstSeen: text, by: text, source: text },
    ...{ engine: text, detection: text, version: text, at: 1, state: 'failed' as const, problem: text },
  }
}

async function* chunksOf(text: string) {
  yield Buffer.from(text)
}

function known(error: unknown) {
  expect(error).toBeInstanceOf(UsageError)
}
