import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CHUNK_BYTES, EVENT, EVENT_WORDS, jsonScanner, NAME_SHIFT, PIECE } from './json-scan.ts'
import { ASK, compileProjection, type Request } from './projection.ts'
import { type PlainEvent, referenceEvents } from './reference.ts'

const ALL = ASK.enter | ASK.leave | ASK.text | ASK.literal
const REQUESTS: readonly Request[] = [
  { path: '', asks: ASK.keys },
  { path: '*', asks: ASK.verbatim },
  { path: 'a', asks: ALL },
  { path: 'a.b[]', asks: ALL },
  { path: 'a.b[].api', asks: ASK.text | ASK.name },
  { path: 'a.b[].a_key_of_more_than_thirty_one_letters', asks: ASK.literal },
  { path: 'c.*', asks: ASK.keys },
  { path: 'c.*.*', asks: ASK.literal | ASK.text },
  { path: '[].b', asks: ASK.text },
  { path: 'leave', asks: ASK.leave },
]
const projection = compileProjection(REQUESTS)
const KINDS = Object.fromEntries(Object.entries(EVENT).map(([name, kind]) => [kind, name])) as Record<
  number,
  PlainEvent['kind']
>

/** One for all tests, as it is to be used: what came before must not show. */
const scanner = jsonScanner(projection)

/** The scanner's events with pieces joined, when the input comes in chunks that end at `cuts`. */
function scannerEvents(input: Uint8Array, cuts: readonly number[], lineMode: boolean): PlainEvent[] {
  scanner.drop(true)
  scanner.lines(lineMode)
  const events: PlainEvent[] = []
  const open = new Map<number, number>()
  const ends = [...new Set([...cuts.map((cut) => cut % (input.length + 1)), input.length])].sort(
    (a, b) => a - b,
  )
  let start = 0
  for (const end of ends) {
    scanner.feed(input.subarray(start, end))
    do {
      const count = scanner.scan()
      for (let index = 0; index < count * EVENT_WORDS; index += EVENT_WORDS) {
        const [event, node, from, to] = scanner.events.subarray(
          index,
          index + EVENT_WORDS,
        ) as unknown as number[]
        const kind = event! & 255
        const at = start + from! - scanner.chunk
        if (event! & PIECE.first) open.set(kind, at)
        if (kind >= EVENT.key && kind <= EVENT.verbatim && !(event! & PIECE.last)) continue
        const flag =
          kind === EVENT.line
            ? (event! & PIECE.open) !== 0
            : (event! & PIECE.escaped) !== 0 && kind !== EVENT.verbatim
        const isPiece = kind >= EVENT.key && kind <= EVENT.verbatim
        events.push({
          kind: KINDS[kind]!,
          node: node!,
          at: isPiece ? open.get(kind)! : at,
          end: start + to! - scanner.chunk,
          flag,
        })
        if (kind === EVENT.broken && !lineMode) return events
        if (kind === EVENT.broken) scanner.drop(false)
        if (kind === EVENT.line && flag) scanner.drop(true)
      }
    } while (scanner.rest() > 0)
    start = end
  }
  return events
}

const key = fc.constantFrom(
  'a',
  'b',
  'c',
  'api',
  'leave',
  'a_key_of_more_than_thirty_one_letters',
  '\\u0061pi',
  'é',
)
const { document } = fc.letrec<{ document: string }>((tie) => ({
  document: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    fc.constantFrom('1', '-1.5e3', 'true', 'null', 'NaN', '-Infinity', '""', '"x"', '{}', '[]'),
    fc.string({ unit: 'binary', maxLength: 100 }).map((text) => JSON.stringify(text)),
    fc
      .array(fc.constantFrom('\\\\', '\\"', '{', '}', ']', 'a', '\\u00e9'), { maxLength: 80 })
      .map((parts) => `"${parts.join('')}"`),
    fc.array(tie('document'), { maxLength: 5 }).map((items) => `[${items.join(', ')}]`),
    fc
      .array(fc.tuple(key, tie('document')), { maxLength: 5 })
      .map((members) => `{${members.map(([name, value]) => `"${name}" : ${value}`).join(',\n  ')}}`),
  ),
}))
const likely = document.map(
  (value) => `{"z":[[${value}]],"a": {"b":[{"x":${value},"api":"Nt"},${value}]},"c":{"p":{"q":1}}}`,
)
const inputs = fc
  .array(fc.oneof(document, likely), { minLength: 1, maxLength: 3 })
  .map((all) => Buffer.from(all.join('\n')))
const mutations = fc.array(
  fc.record({
    at: fc.nat(),
    kind: fc.constantFrom('set', 'remove', 'insert'),
    byte: fc.oneof(fc.constantFrom(...Buffer.from('{}[]",:\\ \n0e')), fc.nat(255)),
  }),
  { maxLength: 4 },
)
const cuts = fc.array(fc.nat(), { maxLength: 8 })

function mutate(
  input: Uint8Array,
  changes: readonly { at: number; kind: string; byte: number }[],
): Uint8Array {
  const bytes = [...input]
  for (const { at, kind, byte } of changes) {
    const where = at % (bytes.length + 1)
    if (kind === 'remove') bytes.splice(where, 1)
    else bytes.splice(where, kind === 'set' ? 1 : 0, byte)
  }
  return Uint8Array.from(bytes)
}

describe('the JSON scanner', () => {
  it('agrees with the reference on any document in any chunks', () => {
    fc.assert(
      fc.property(inputs, cuts, fc.boolean(), (input, where, lineMode) => {
        expect(scannerEvents(input, where, lineMode)).toEqual(referenceEvents(projection, input, lineMode))
      }),
      { numRuns: 1000 },
    )
  })

  it('agrees with the reference on broken documents', () => {
    fc.assert(
      fc.property(inputs, mutations, cuts, fc.boolean(), (input, changes, where, lineMode) => {
        const broken = mutate(input, changes)
        expect(scannerEvents(broken, where, lineMode)).toEqual(referenceEvents(projection, broken, lineMode))
      }),
      { numRuns: 2000 },
    )
  })

  it('agrees with the reference on runs of quotes, backslashes and brackets', () => {
    const soup = fc.array(fc.constantFrom('"', '\\', '\\\\', '{', '}', '[', ']', 'x'.repeat(15), ' '), {
      maxLength: 120,
    })
    fc.assert(
      fc.property(soup, cuts, (parts, where) => {
        const input = Buffer.from(`{"z":{${parts.join('')}`)
        expect(scannerEvents(input, where, false)).toEqual(referenceEvents(projection, input, false))
      }),
      { numRuns: 2000 },
    )
  })

  it('gives the same events for every single cut', () => {
    const input = Buffer.from(
      '{"a":{"b":[{"api":"N\\u0074\\\\C","\\u0061pi":"x"},-1.5e3]},"c":{"k\\"":{"n":12}},"e":[{"]":"\\"]"}]}\n',
    )
    const want = referenceEvents(projection, input, false)
    expect(want.map((event) => event.kind)).toContain('text')
    for (let cut = 0; cut <= input.length; cut++) expect(scannerEvents(input, [cut], false)).toEqual(want)
  })

  it('goes on after the event buffer was full', () => {
    const input = Buffer.from(
      `{"a":{"b":[${Array.from({ length: 40_000 }, (_, index) => index).join(',')}]}}`,
    )
    expect(scannerEvents(input, [], false)).toEqual(referenceEvents(projection, input, false))
  })

  it('remembers names until it is told to forget', () => {
    scanner.drop(true)
    scanner.lines(false)
    const names = () => {
      scanner.feed(Buffer.from('{"a":{"b":[{"api":"NtClose"},{"api":"Nt\\u0043lose"},{"api":"NtCloses"}]}}'))
      const found: number[] = []
      const count = scanner.scan()
      for (let index = 0; index < count * EVENT_WORDS; index += EVENT_WORDS) {
        const [event, node, from, to] = scanner.events.subarray(
          index,
          index + EVENT_WORDS,
        ) as unknown as number[]
        if ((event! & 255) !== EVENT.text) continue
        found.push(event! >>> NAME_SHIFT)
        if (found.length === 1) scanner.remember(node!, from!, to!, 6)
      }
      return found
    }
    expect(names()).toEqual([0, 0, 0])
    expect(names()).toEqual([7, 0, 0])
    scanner.forget()
    expect(names()).toEqual([0, 0, 0])
  })

  it('takes a full chunk', () => {
    const input = Buffer.from(`{"z":"${'x'.repeat(CHUNK_BYTES - 8)}"}`)
    expect(input.length).toBe(CHUNK_BYTES)
    expect(scannerEvents(input, [], false).map((event) => event.kind)).toEqual([
      'began',
      'key',
      'verbatim',
      'ended',
    ])
  })
})

describe('a projection', () => {
  it('lets a named key answer for any key too', () => {
    const { nodes } = compileProjection([
      { path: '*.x', asks: ASK.text },
      { path: 'a.x', asks: ASK.literal },
    ])
    const under = (node: number, name: string) => nodes[node]!.keys.get(name) ?? nodes[node]!.any
    expect(nodes[under(under(0, 'a'), 'x')]!.requests).toEqual([0, 1])
    expect(nodes[under(under(0, 'b'), 'x')]!.requests).toEqual([0])
  })

  it.each(['k'.repeat(65), 'clé', Array(64).fill('a').join('.')])('refuses the path %s', (path) => {
    expect(() => compileProjection([{ path, asks: 0 }])).toThrow(RangeError)
  })
})
