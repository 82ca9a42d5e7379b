import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { collect, row, stream, withFolder } from '../../test/corpus-rows.ts'
import {
  DamagedFileError,
  KnownError,
  seededRandom,
  UnknownFormatError,
  UnreadableError,
  UnwritableError,
  UsageError,
} from '../core/index.ts'
import { openCorpus } from './corpus.ts'
import { openDatabase, parquetFiles, quoted } from './database.ts'
import { importRows } from './import-rows.ts'

const TRACES = 'traces-000001.parquet'
const VOCABULARY = 'vocabulary-000001.parquet'

/** Runs `work` with a corpus of one sequence, one set and one counts row. */
async function withCorpus(work: (folder: string) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    const rows = [
      row(),
      row({ id: 'set', kind: 'set' }),
      row({ id: 'counts', kind: 'counts', counts: [2, 3] }),
    ]
    await importRows(folder, stream(rows))
    await work(folder)
  })
}

/** Replaces a Parquet file by what an SQL query makes of it; `$` stands for the file in its FROM clause. */
async function rewrite(path: string, sql: string): Promise<void> {
  const database = await openDatabase()
  const connection = await database.connect()
  await connection.run(`CREATE TABLE t AS ${sql.replaceAll('$', parquetFiles([path]))}`)
  await connection.run(`COPY t TO ${quoted(path)} (FORMAT parquet)`)
  connection.closeSync()
  database.close()
}

/** Reads all that can be read of a corpus. */
async function readAll(folder: string): Promise<void> {
  const corpus = await openCorpus(folder)
  try {
    await collect(corpus.rows())
    await corpus.info()
    await corpus.digest()
  } finally {
    corpus.close()
  }
}

describe('a hostile or damaged corpus', () => {
  it.each([
    [
      'tokens of what is no sequence',
      `SELECT * REPLACE('\\x00\\x00'::BLOB AS tokens) FROM $`,
      'tokens of sample "counts" does not fit the kind counts',
    ],
    [
      'a token past the vocabulary',
      `SELECT * REPLACE('\\xFF\\xFF'::BLOB AS tokens) FROM $ WHERE kind = 'sequence'`,
      'has token 65535, the vocabulary ends at 2',
    ],
    [
      'half a token',
      `SELECT * REPLACE('\\x00\\x00\\x00'::BLOB AS tokens) FROM $ WHERE kind = 'sequence'`,
      'tokens of sample "sample" has 3 bytes, not a multiple of 2',
    ],
    [
      'tokens of an odd width',
      'SELECT * REPLACE(3::UTINYINT AS token_bytes) FROM $',
      'token_bytes of sample "counts" must be 2 or 4',
    ],
    [
      'a sequence without tokens',
      `SELECT * REPLACE(NULL::BLOB AS tokens) FROM $ WHERE kind = 'sequence'`,
      'tokens of sample "sample" does not fit the kind sequence',
    ],
    [
      'a set with counts',
      `SELECT * REPLACE('set' AS kind) FROM $ WHERE kind = 'counts'`,
      'counts of sample "counts" does not fit the kind set',
    ],
    [
      'counts that are too short',
      `SELECT * REPLACE('\\x00\\x00\\x00\\x00\\x00\\x00\\xF0\\x3F'::BLOB AS counts) FROM $ WHERE kind = 'counts'`,
      'is not as long as counted_tokens',
    ],
    [
      'counts that are no numbers',
      `SELECT * REPLACE(repeat('\\xFF'::BLOB, 16)::BLOB AS counts) FROM $ WHERE kind = 'counts'`,
      'must be positive',
    ],
    [
      'counts alone',
      `SELECT * REPLACE(NULL::BLOB AS counted_tokens) FROM $ WHERE kind = 'counts'`,
      'stands without counted_tokens',
    ],
    [
      'a token counted twice',
      `SELECT * REPLACE('\\x00\\x00\\x00\\x00'::BLOB AS counted_tokens) FROM $ WHERE kind = 'counts'`,
      'repeats a token',
    ],
    [
      'a length that is too small',
      `SELECT * REPLACE(1::BIGINT AS length) FROM $ WHERE kind = 'sequence'`,
      'length of sample "sample" must be at least 2',
    ],
    [
      'a length below 0',
      `SELECT * REPLACE((-1)::BIGINT AS length) FROM $ WHERE kind = 'counts'`,
      'must be a whole number from 0',
    ],
    [
      'a length past 2^53',
      `SELECT * REPLACE(9007199254740993::BIGINT AS length) FROM $`,
      'must be a whole number from 0',
    ],
    ['no length', 'SELECT * REPLACE(NULL::BIGINT AS length) FROM $', 'must be a whole number from 0'],
    [
      'a kind of its own',
      `SELECT * REPLACE('__proto__' AS kind) FROM $`,
      'kind of sample "counts" must be one of',
    ],
    ['a view of its own', `SELECT * REPLACE('x' AS view) FROM $`, 'view of sample "counts" must be one of'],
    ['a state of its own', `SELECT * REPLACE('' AS state) FROM $`, 'state of sample "counts" must be one of'],
    ['no id', 'SELECT * REPLACE(NULL::VARCHAR AS id) FROM $', 'id of sample null is null'],
    ['no group', 'SELECT * REPLACE(NULL::VARCHAR AS "group") FROM $', 'group of sample "counts" is null'],
    [
      'a label of 2',
      'SELECT * REPLACE(2::UTINYINT AS malicious) FROM $',
      'malicious of sample "counts" must be 0, 1 or null',
    ],
    [
      'a day of its own',
      `SELECT * REPLACE('1.2.2024' AS first_seen) FROM $`,
      'first_seen of sample "counts" must be YYYY-MM-DD',
    ],
    [
      'places for other tokens',
      `SELECT * REPLACE('\\x00\\x00\\x00\\x00'::BLOB AS call_numbers) FROM $ WHERE kind = 'sequence'`,
      'call_numbers of sample "sample" has 1 values for 2 tokens',
    ],
    [
      'places of a set',
      `SELECT * REPLACE('\\x00\\x00\\x00\\x00'::BLOB AS processes) FROM $ WHERE kind = 'set'`,
      'processes of sample "set" has 1 values for 0 tokens',
    ],
    ['a column too few', 'SELECT * EXCLUDE(origin) FROM $', 'column 23 must be origin VARCHAR, got none'],
    [
      'a column of another type',
      'SELECT * REPLACE(length::DOUBLE AS length) FROM $',
      'column 13 must be length BIGINT, got length DOUBLE',
    ],
    ['a foreign table', 'SELECT 1 AS one', 'column 1 must be id VARCHAR, got one INTEGER'],
  ])('names %s', async (_, sql, problem) => {
    await withCorpus(async (folder) => {
      await rewrite(join(folder, TRACES), sql)
      await expect(readAll(folder)).rejects.toThrow(DamagedFileError)
      await expect(readAll(folder)).rejects.toThrow(problem)
    })
  })

  it.each([
    [
      'a gap',
      'SELECT * REPLACE((token * 2)::UINTEGER AS token) FROM $',
      'token 1 of calls must follow, got 2',
    ],
    ['a token twice', 'SELECT * REPLACE(0::UINTEGER AS token) FROM $', 'token 1 of calls must follow, got 0'],
    ['a name twice', `SELECT * REPLACE('x' AS name) FROM $`, 'two tokens of calls have the same name'],
    ['no name', 'SELECT * REPLACE(NULL::VARCHAR AS name) FROM $', 'token 0 of calls has no name'],
    ['another view', `SELECT * REPLACE('x' AS view) FROM $`, 'a view must be opcodes or calls, got x'],
    [
      'another type',
      'SELECT * REPLACE(token::BIGINT AS token) FROM $',
      'column 2 must be token UINTEGER, got token BIGINT',
    ],
  ])('names a vocabulary with %s', async (_, sql, problem) => {
    await withCorpus(async (folder) => {
      await rewrite(join(folder, VOCABULARY), sql)
      await expect(readAll(folder)).rejects.toThrow(DamagedFileError)
      await expect(readAll(folder)).rejects.toThrow(problem)
    })
  })

  it('names what is missing', async () => {
    await withCorpus(async (folder) => {
      await expect(openCorpus(join(folder, 'nothing'))).rejects.toThrow(UnreadableError)
      rmSync(join(folder, VOCABULARY))
      await expect(openCorpus(folder)).rejects.toThrow('is missing, and its shard cannot be read without')
      rmSync(join(folder, 'corpus.json'))
      await expect(openCorpus(folder)).rejects.toThrow(UnknownFormatError)
    })
  })

  it.each([
    ['nothing', '', DamagedFileError],
    ['other JSON', '{"format":"x"}', DamagedFileError],
    ['null', 'null', DamagedFileError],
    ['a later format', '{"format":"taxon-corpus","version":2}', UsageError],
  ])('names a mark that is %s', async (_, text, type) => {
    await withCorpus(async (folder) => {
      writeFileSync(join(folder, 'corpus.json'), text)
      await expect(openCorpus(folder)).rejects.toThrow(type)
      await expect(importRows(folder, stream([]))).rejects.toThrow(type)
    })
  })

  it.each([TRACES, VOCABULARY])('gives a result or a named error when bytes of %s change', async (name) => {
    await withCorpus(async (folder) => {
      const path = join(folder, name)
      const whole = readFileSync(path)
      const random = seededRandom(11)
      let refused = 0
      for (let run = 0; run < 60; run++) {
        const bytes = Buffer.from(whole)
        if (run % 3 === 0) writeFileSync(path, bytes.subarray(0, random.below(bytes.length)))
        else {
          for (let i = 0; i <= run % 4; i++) bytes[random.below(bytes.length)] ^= 1 << random.below(8)
          writeFileSync(path, bytes)
        }
        await readAll(folder).catch((error) => {
          expect(error, `run ${run}`).toBeInstanceOf(KnownError)
          refused++
        })
      }
      expect(refused).toBeGreaterThan(20)
    })
  })

  it('passes over files of other names and sweeps what a kill left', async () => {
    await withCorpus(async (folder) => {
      const foreign = ['notes.txt', 'traces-1.parquet', 'traces-0000001.parquet', 'x.tmp']
      for (const name of foreign) writeFileSync(join(folder, name), 'x')
      const left = ['traces-000002.parquet.tmp', 'vocabulary-000002.parquet.tmp', 'vocabulary-000003.parquet']
      for (const name of left) copyFileSync(join(folder, VOCABULARY), join(folder, name))
      appendFileSync(join(folder, 'imported.ndjson'), '"cut')
      await readAll(folder)
      expect(await importRows(folder, stream([row({ id: 'new' })]))).toMatchObject({ added: 1 })
      const names = readdirSync(folder)
      for (const name of foreign) expect(names).toContain(name)
      expect(names).not.toContain('vocabulary-000003.parquet')
      expect(names.filter((name) => name.endsWith('.parquet.tmp'))).toEqual([])
      await readAll(folder)
    })
  })

  it('refuses to import into what cannot be a folder', async () => {
    await withFolder(async (folder) => {
      writeFileSync(join(folder, 'file'), '')
      await expect(importRows(join(folder, 'file', 'corpus'), stream([]))).rejects.toThrow(KnownError)
      for (const nowhere of ['/proc/corpus', '/proc/a/b/corpus', '/proc', join(folder, 'x\0y')]) {
        if (!nowhere.startsWith('/proc') || process.platform === 'linux')
          await expect(importRows(nowhere, stream([]))).rejects.toThrow(UnwritableError)
      }
      mkdirSync(join(folder, 'full'))
      mkdirSync(join(folder, 'full', TRACES))
      await expect(importRows(join(folder, 'full'), stream([row()]))).rejects.toThrow(KnownError)
    })
  })
})
