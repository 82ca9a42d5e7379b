import { cpSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyRow, collect, row, stream, withFolder } from '../../test/corpus-rows.ts'
import { byCodePoint, wellFormed } from '../core/index.ts'
import { traceGroup } from './content.ts'
import { openCorpus } from './corpus.ts'
import { importRows } from './import-rows.ts'
import type { Row } from './row.ts'

/** A row with names in place of numbers, so that rows of different vocabularies compare. */
function spelled({ trace, ...rest }: Row) {
  const { vocabulary, sequence, tally, ...kept } = trace
  const totals = new Map<string, number | null>()
  for (const [i, token] of tally.tokens.entries()) {
    const name = wellFormed(vocabulary[token])
    const count = tally.counts?.[i] ?? null
    totals.set(name, count === null ? null : (totals.get(name) ?? 0) + count)
  }
  return {
    ...rest,
    ...kept,
    length: trace.kind === 'set' ? totals.size : trace.length,
    sequence: sequence && Array.from(sequence, (token) => wellFormed(vocabulary[token])),
    tally: [...totals].sort(([a], [b]) => byCodePoint(a, b)),
  }
}

/** The row as UTF-8 can hold it. */
function stored(each: Row): Row {
  const { label } = each
  const text = (value: string | null) => value && wellFormed(value)
  return {
    ...each,
    id: wellFormed(each.id),
    source: wellFormed(each.source),
    label: { ...label, family: text(label.family), category: text(label.category), by: text(label.by) },
  }
}

const nameOf = ({ id, source, trace }: Row) => JSON.stringify([trace.view, id, source])

async function readBack(directory: string) {
  const corpus = await openCorpus(directory)
  try {
    return { rows: await collect(corpus.rows()), digest: await corpus.digest() }
  } finally {
    corpus.close()
  }
}

describe('a corpus', () => {
  it('gives back every row it was given, the first of each name, in the stated order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyRow, { maxLength: 20 }), (rows) =>
        withFolder(async (folder) => {
          const counts = await importRows(folder, stream(rows))
          const kept = new Map<string, Row>()
          for (const each of rows.map(stored)) if (!kept.has(nameOf(each))) kept.set(nameOf(each), each)
          const wanted = [...kept.values()].sort(
            (a, b) =>
              byCodePoint(a.trace.view, b.trace.view) ||
              byCodePoint(a.id, b.id) ||
              byCodePoint(a.source, b.source),
          )
          const { rows: got } = await readBack(folder)
          expect(got.map(spelled)).toEqual(wanted.map(spelled))
          expect(counts).toMatchObject({ added: kept.size, alreadyThere: rows.length - kept.size })
        }),
      ),
      { numRuns: 25 },
    )
  })

  it('reads equally however its rows were imported', async () => {
    const rows = fc.uniqueArray(anyRow, {
      minLength: 1,
      maxLength: 12,
      selector: (each) => nameOf(stored(each)),
    })
    await fc.assert(
      fc.asyncProperty(rows, fc.nat(11), (all, cut) =>
        withFolder(async (folder) => {
          const [first, second] = [join(folder, 'a'), join(folder, 'b')]
          await importRows(first, stream(all))
          // Backwards, in two shards, from the copies that the first corpus gave.
          const { rows: copies, digest } = await readBack(first)
          const reversed = copies.toReversed()
          await importRows(second, stream(reversed.slice(0, cut)))
          await importRows(second, stream(reversed.slice(cut)))
          const again = await readBack(second)
          expect(again.digest).toBe(digest)
          expect(again.rows).toEqual(copies)
        }),
      ),
      { numRuns: 25 },
    )
  })

  it('shares one vocabulary between the rows of a view, sorted by name', async () => {
    await withFolder(async (folder) => {
      await importRows(folder, stream([row({ id: 'x', names: ['b', '\uffff', 'a'] })]))
      await importRows(
        folder,
        stream([row({ id: 'y', names: ['c', '\u{10000}', 'b'] }), row({ view: 'opcodes' })]),
      )
      const { rows } = await readBack(folder)
      expect(rows[0].trace.vocabulary).toEqual(['a', 'b', 'c', '\uffff', '\u{10000}'])
      expect(rows[1].trace.vocabulary).toBe(rows[0].trace.vocabulary)
      expect(rows[2].trace.vocabulary).not.toBe(rows[0].trace.vocabulary)
    })
  })

  it('keeps equal traces of different samples, and groups them', async () => {
    await withFolder(async (folder) => {
      await importRows(folder, stream(['a', 'b'].map((id) => row({ id }))))
      const { rows } = await readBack(folder)
      expect(rows.map(({ id }) => id)).toEqual(['a', 'b'])
      expect(rows[0].group).toBe(rows[1].group)
    })
  })

  it('counts a row once that stands in two shards', async () => {
    await withFolder(async (folder) => {
      const [a, b] = [join(folder, 'a'), join(folder, 'b')]
      await importRows(a, stream([row({ family: 'first' })]))
      await importRows(b, stream([row({ family: 'second' })]))
      for (const part of ['traces', 'vocabulary']) {
        cpSync(join(b, `${part}-000001.parquet`), join(a, `${part}-000002.parquet`))
      }
      const { rows } = await readBack(a)
      expect(rows.map(({ label }) => label.family)).toEqual(['first'])
    })
  })

  it('holds tokens past 65,535 names', async () => {
    await withFolder(async (folder) => {
      const names = Array.from({ length: 70_000 }, (_, i) => `f${i}`)
      const wide = { ...row({ id: 'wide', names: ['f'] }) }
      const trace = {
        ...wide.trace,
        vocabulary: names,
        sequence: Uint32Array.from(names.keys()),
        tally: { tokens: Uint32Array.from(names.keys()), counts: new Float64Array(names.length).fill(1) },
        length: names.length,
      }
      await importRows(
        folder,
        stream([{ ...wide, trace, group: traceGroup(trace) }, row({ names: ['f69999'] })]),
      )
      const { rows } = await readBack(folder)
      expect(rows.map(spelled)[1].sequence).toEqual(names)
      expect(rows.map(spelled)[0].sequence).toEqual(['f69999'])
    })
  })

  it('takes folders whose names have wildcards and quotes', async () => {
    await withFolder(async (folder) => {
      const odd = join(folder, "it's [a]*?")
      await importRows(odd, stream([row()]))
      await importRows(odd, stream([row({ id: 'other' })]))
      expect((await readBack(odd)).rows).toHaveLength(2)
    })
  })
})
