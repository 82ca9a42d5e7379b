import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { row } from '../../../test/corpus-rows.ts'
import { fakeIo } from '../../../test/fake-io.ts'
import { importRows, type Row } from '../../corpus/index.ts'
import { ngrams } from './ngrams.ts'

let folder: string
let corpus: string

async function* listed(rows: readonly Row[]) {
  yield* rows
}

const opcodes = (id: string, text: string, malicious: 0 | 1 | null, family: string | null) =>
  row({ id, view: 'opcodes', names: text.split(' '), malicious, family })

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'taxon-ngrams-test-'))
  corpus = join(folder, 'corpus')
  await importRows(
    corpus,
    listed([
      // jz and je are one opcode.
      opcodes('a', 'push mov jz ret', 1, 'red'),
      opcodes('b', 'push mov je ret', 1, 'red'),
      opcodes('c', 'push mov call', 1, 'blue'),
      opcodes('d', 'nop nop nop', 0, null),
      opcodes('e', 'nop nop call', null, null),
      row({ id: 'f', names: ['NtOpenFile', 'NtClose'], malicious: 1 }),
      row({ id: 'g', names: ['NtClose', 'NtOpenFile'], malicious: 0 }),
      row({ id: 'h', kind: 'set', names: ['NtClose'], malicious: 0 }),
    ]),
  )
})
afterAll(() => rm(folder, { recursive: true }))

async function run(...argv: readonly string[]) {
  const io = fakeIo()
  expect(await ngrams.run([corpus, '--threads', '1', ...argv], io)).toBe(0)
  return io.out
}

describe('taxon ngrams', () => {
  it('counts distinct n-grams by class for each view and target that labels tell', async () => {
    const tables = JSON.parse(await run('--json', '--max-n', '4', '--best', '2'))
    expect(tables.map(({ view, target }: Record<string, string>) => `${view} ${target}`)).toEqual([
      'opcodes malicious',
      'opcodes family',
      'calls malicious',
    ])
    const [byLabel, byFamily, calls] = tables
    expect(byLabel).toMatchObject({
      documents: 5,
      tokens: 17,
      unordered: 0,
      unlabelled: 1,
      classes: [
        { name: 'benign', documents: 1 },
        { name: 'malicious', documents: 3 },
      ],
      ngrams: [
        { n: 1, unique: 6, inTwoOrMore: 6, byClass: [1, 5] },
        { n: 2, unique: 6, inTwoOrMore: 4, byClass: [1, 4] },
        { n: 3, unique: 5, inTwoOrMore: 2, byClass: [1, 3] },
        { n: 4, unique: 1, inTwoOrMore: 1, byClass: [0, 1] },
      ],
    })
    expect(byFamily).toMatchObject({ unlabelled: 2, classes: [{ name: 'blue' }, { name: 'red' }] })
    expect(calls).toMatchObject({ documents: 2, unordered: 1 })
  })

  it('names those that tell most of the class, first the shorter, then in order', async () => {
    const [byLabel] = JSON.parse(await run('--json', '--target', 'malicious', '--best', '3'))
    const all = -(3 / 4) * Math.log(3 / 4) - (1 / 4) * Math.log(1 / 4)
    expect(byLabel.bestOverall.map(({ ngram }: { ngram: string }) => ngram)).toEqual(['mov', 'nop', 'push'])
    for (const { gain } of byLabel.bestOverall) expect(gain).toBeCloseTo(all, 12)
    expect(byLabel.best[1].ngrams[0]).toMatchObject({ ngram: 'nop nop', n: 2, documents: [1, 0] })
  })

  it('prints a table for people and CSV for programs', async () => {
    const text = await run('--view', 'opcodes', '--target', 'family')
    expect(text).toContain('Distinct n-grams of opcodes by family: 5 documents, 17 tokens, 2 without a label')
    expect(text).toMatch(/n-gram\n.* call\n.* je\n/)
    const csv = await run('--csv', '--view', 'opcodes', '--target', 'family', '--max-n', '2')
    expect(csv.split('\r\n').slice(0, 4)).toEqual([
      'view,target,class,n,unique,inTwoOrMore',
      'opcodes,family,,1,6,6',
      'opcodes,family,blue,1,3,',
      'opcodes,family,red,1,4,',
    ])
  })

  it.each([
    [['--max-n', '11'], '--max-n'],
    [['--memory', 'much'], '--memory: a size such as 500MB'],
    [['--memory', '1MB'], 'memory: at least'],
    [['--view', 'files'], '--view'],
    [['--target', 'category'], 'do not tell two classes apart'],
    [['--json', '--csv'], 'not both'],
    [['another'], 'one folder'],
  ])('refuses %j', async (argv, message) => {
    await expect(ngrams.run([corpus, ...argv], fakeIo())).rejects.toThrow(message)
  })
})
