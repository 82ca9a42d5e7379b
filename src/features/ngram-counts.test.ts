import { existsSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { pythonWith, runPython } from '../../test/python.ts'
import { sharedData } from '../../test/shared-data.ts'
import { bytesOf, contentHash, seededRandom, UnwritableError, UsageError } from '../core/index.ts'
import { type GramCount, reference } from '../kernels/ngrams/reference.ts'
import { type BestSettings, byRank, type RankedGram } from './best-grams.ts'
import { documentsWorth, informationGain } from './information-gain.ts'
import { countNgrams, type NgramDocument, type NgramSettings } from './ngram-counts.ts'
import { keepTexts, readTexts } from './ngram-texts.ts'
import type { NgramTotals } from './ngram-totals.ts'

/** Classes 0 and 1 in parts 0 and 1, and a cell without a class; training sets: all, without part 0, without part 1. */
const CELLS = {
  classOf: Uint32Array.of(0, 1, 0, 1, 2),
  classes: 2,
  inSet: Uint8Array.of(...[1, 1, 1, 1, 0], ...[0, 0, 1, 1, 0], ...[1, 1, 0, 0, 0]),
}

function bestOf(documents: readonly NgramDocument[], count: number, minDocuments = 1): BestSettings {
  const { classOf, classes, inSet } = CELLS
  const rowsPerClass = new Uint32Array(3 * classes)
  for (const { cell } of documents) {
    for (let set = 0; set < 3; set++) {
      if (inSet[5 * set + cell] === 1) rowsPerClass[2 * set + classOf[cell]]++
    }
  }
  return { ...CELLS, count, minDocuments, rowsPerClass, withDocuments: true }
}

/** The same from the definition: every n-gram with its documents, single tokens too. */
function countPlainly(documents: readonly NgramDocument[], { longest, best }: NgramSettings) {
  const single = documents.map(({ tokens, cell }) => ({ cell, own: new Set(tokens) }))
  const grams: GramCount[] = [...new Set(single.flatMap(({ own }) => [...own]))].map((token) => ({
    tokens: [token],
    cells: [0, 1, 2, 3, 4].map(
      (cell) => [cell, single.filter((each) => each.cell === cell && each.own.has(token)).length] as const,
    ),
  }))
  grams.push(...reference(documents, longest))
  const totals: NgramTotals[] = []
  const lists: RankedGram[][][] = [[], [], []]
  for (let n = 1; n <= longest; n++) {
    const own = grams.filter(({ tokens }) => tokens.length === n)
    const documentsOf = ({ cells }: GramCount) => cells.reduce((sum, [, count]) => sum + count, 0)
    const inClass = ({ cells }: GramCount, wanted: number) =>
      cells.some(([cell, count]) => count > 0 && CELLS.classOf[cell] === wanted)
    totals.push({
      n,
      distinct: own.length,
      shared: own.filter((gram) => documentsOf(gram) > 1).length,
      documents: own.reduce((sum, gram) => sum + documentsOf(gram), 0),
      byClass: [0, 1].map((wanted) => own.filter((gram) => inClass(gram, wanted)).length),
    })
    for (let set = 0; set < 3; set++) {
      const ranked = own.map(({ tokens, cells }) => {
        const byClass = new Uint32Array(2)
        for (const [cell, count] of cells) {
          if (best.inSet[5 * set + cell] === 1) byClass[CELLS.classOf[cell]] += count
        }
        const [gain] = informationGain(byClass, best.rowsPerClass.subarray(2 * set, 2 * set + 2))
        return { gram: String.fromCharCode(...tokens), gain, documents: [...byClass] }
      })
      lists[set].push(
        ranked
          .filter(({ documents: [a, b] }) => a + b >= Math.max(1, best.minDocuments))
          .sort(byRank)
          .slice(0, best.count),
      )
    }
  }
  return { totals, lists }
}

const documents = fc.array(
  fc.record({
    tokens: fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 30 }).map((list) => Uint16Array.from(list)),
    cell: fc.nat(4),
  }),
  { maxLength: 12 },
)

describe('countNgrams', () => {
  it('finds the totals and the best n-grams of every training set that the definition finds', async () => {
    const wanted = fc.record({
      longest: fc.integer({ min: 1, max: 10 }),
      count: fc.constantFrom(0, 1, 3, 1000),
      minDocuments: fc.nat(3),
    })
    await fc.assert(
      fc.asyncProperty(documents, wanted, async (some, { longest, count, minDocuments }) => {
        const settings = { largest: 4, longest, best: bestOf(some, count, minDocuments) }
        const { totals, best } = await countNgrams(some, settings)
        const want = countPlainly(some, settings)
        expect(totals).toEqual(want.totals)
        expect(best.map((byLength) => byLength.slice(0, longest))).toEqual(want.lists)
      }),
      { numRuns: 100 },
    )
  })

  it('finds the same in any memory and on any number of threads', async () => {
    const random = seededRandom(3)
    const many = Array.from({ length: 60 }, (_, i) => ({
      tokens: Uint16Array.from({ length: 20_000 }, (_, j) =>
        random.below(4) > 0 ? 1 + (j % 7) : 1 + random.below(60),
      ),
      cell: i % 5,
    }))
    const settings = { largest: 60, longest: 10, best: bestOf(many, 20) }
    const whole = await countNgrams(many, settings)
    // At 8 MB the tokens are on disk and the suffixes take several rounds.
    for (const [memoryBytes, threads] of [
      [8e6, 1],
      [24e6, 2],
    ]) {
      let steps = 0
      const onProgress = () => void steps++
      expect(await countNgrams(many, { ...settings, memoryBytes, threads, onProgress })).toEqual(whole)
      expect(steps).toBeGreaterThan(1)
    }
    await expect(countNgrams(many, { ...settings, memoryBytes: 1e6 })).rejects.toThrow(UsageError)
    vi.stubEnv('TMPDIR', join(tmpdir(), 'taxon-no-such-folder'))
    await expect(countNgrams(many, { ...settings, memoryBytes: 8e6 })).rejects.toThrow(UnwritableError)
    vi.unstubAllEnvs()
  })

  it('stops when it is told to', async () => {
    const signal = AbortSignal.abort()
    const one = [{ tokens: Uint16Array.of(1, 2), cell: 0 }]
    await expect(countNgrams(one, { largest: 2, longest: 2, best: bestOf(one, 1), signal })).rejects.toThrow(
      'abort',
    )
  })
})

describe('keepTexts', () => {
  it('reads back the same from memory and from disk, and removes what was on disk', () => {
    const random = seededRandom(9)
    const long = [3, 0, 2_500_000, 1, 40].map((length) =>
      Uint16Array.from({ length }, () => 1 + random.below(65_535)),
    )
    const read = (memoryBytes: number) => {
      const keeper = keepTexts(10, memoryBytes, () => {})
      for (const tokens of long) keeper.add(tokens)
      const kept = keeper.finish()
      const texts: string[] = []
      for (const { tokens, pieces } of readTexts(kept)) {
        texts.push(`${contentHash(bytesOf(tokens))} ${contentHash(bytesOf(pieces))}`)
      }
      keeper.close()
      return { texts, file: kept.file }
    }
    const inMemory = read(1e9)
    expect(inMemory.file).toBeNull()
    expect(inMemory.texts.length).toBeGreaterThan(2)
    for (const memoryBytes of [0, 3e6]) {
      const onDisk = read(memoryBytes)
      expect(onDisk.texts).toEqual(inMemory.texts)
      expect(existsSync(dirname(onDisk.file!))).toBe(false)
    }
  })
})

describe('documentsWorth', () => {
  it('never leaves out a column of that gain', () => {
    const rows = fc.array(fc.nat(12), { minLength: 2, maxLength: 4 })
    fc.assert(
      fc.property(rows, fc.infiniteStream(fc.nat(12)), (rowsPerClass, stream) => {
        const documents = rowsPerClass.map((most) => Math.min(most, stream.next().value))
        const [gain] = informationGain(Uint32Array.from(documents), Uint32Array.from(rowsPerClass))
        const enough = documentsWorth(rowsPerClass.reduce((sum, n) => sum + n, 0))(gain)
        const present = documents.reduce((sum, n) => sum + n, 0)
        if (present > 0) expect(present).toBeGreaterThanOrEqual(enough)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('on real opcodes', () => {
  const python = pythonWith('sklearn')
  const file = sharedData('big2015-opcodes.jsonl.gz')
  it.skipIf(!python || !file)('counts and ranks as scikit-learn does', async () => {
    const lines = gunzipSync(readFileSync(file!)).toString('latin1').trim().split('\n')
    const rows = lines
      .filter((_, i) => i % 400 === 0)
      .map((line) => JSON.parse(line) as { opcodes: string; family: string })
      .map(({ opcodes, family }) => ({ words: opcodes.split(' ').slice(0, 2000), family }))
    const names = [...new Set(rows.flatMap(({ words }) => words))].sort()
    const families = [...new Set(rows.map(({ family }) => family))].sort()
    const ids = new Map(names.map((name, i) => [name, i + 1]))
    const some = rows.map(({ words, family }) => ({
      tokens: Uint16Array.from(words, (word) => ids.get(word)!),
      cell: families.indexOf(family),
    }))
    const rowsPerClass = Uint32Array.from(
      families,
      (name) => rows.filter(({ family }) => family === name).length,
    )
    const classes = families.length
    const { totals, best } = await countNgrams(some, {
      largest: names.length,
      longest: 10,
      best: {
        count: 40,
        minDocuments: 1,
        inSet: new Uint8Array(classes).fill(1),
        rowsPerClass,
        classOf: Uint32Array.from({ length: classes }, (_, i) => i),
        classes,
        withDocuments: true,
      },
    })
    const grams = best[0].map((list) =>
      list.map(({ gram }) => Array.from(gram, (unit) => names[unit.charCodeAt(0) - 1]).join(' ')),
    )
    const script = `
import json, sys
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.feature_selection import mutual_info_classif
given = json.load(sys.stdin)
out = []
for n in range(1, 11):
    counter = CountVectorizer(token_pattern=r'\\S+', ngram_range=(n, n), binary=True)
    x = counter.fit_transform(given['texts'])
    documents = x.sum(axis=0).A1
    columns = [counter.vocabulary_[gram] for gram in given['grams'][n - 1]]
    gains = mutual_info_classif(x[:, columns], given['y'], discrete_features=True)
    out.append({'distinct': x.shape[1], 'shared': int((documents > 1).sum()), 'documents': int(documents.sum()),
        'of': documents[columns].tolist(), 'gains': gains.tolist()})
print(json.dumps(out))`
    const want = runPython(python!, script, {
      texts: rows.map(({ words }) => words.join(' ')),
      y: rows.map(({ family }) => family),
      grams,
    }) as { distinct: number; shared: number; documents: number; of: number[]; gains: number[] }[]
    for (const [i, { distinct, shared, documents, of, gains }] of want.entries()) {
      expect(totals[i]).toMatchObject({ distinct, shared, documents })
      best[0][i].forEach((ranked, j) => {
        expect(ranked.documents.reduce((sum, n) => sum + n, 0)).toBe(of[j])
        expect(Math.abs(ranked.gain - gains[j])).toBeLessThan(1e-12)
      })
    }
  })
})
