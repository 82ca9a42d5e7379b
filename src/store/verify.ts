import { artifactBytes, sampleBytes } from './content.ts'
import type { StoreContext } from './context.ts'
import { CorruptSampleError } from './errors.ts'
import type { VerifyOptions } from './store.ts'

const PAGE = 500

/** A sample and what is wrong with its bytes, or with an artifact of it. */
export interface Problem {
  readonly sha256: string
  readonly problem: string
}

/** `Store.verify`: samples in the order of coming, then artifacts. */
export async function* verifyStore(
  store: StoreContext,
  { onProgress, signal }: VerifyOptions,
): AsyncGenerator<Problem> {
  const { db } = store.database
  const [samples, artifacts] = await Promise.all([count(store, 'samples'), count(store, 'artifacts')])
  const total = samples + artifacts
  let done = 0
  const step = () => {
    onProgress?.(++done, Math.max(total, done))
    signal?.throwIfAborted()
  }
  for (let seq = 0; ; ) {
    const page = await db
      .selectFrom('samples')
      .select(['seq', 'sha256', 'size'])
      .where('seq', '>', seq)
      .orderBy('seq')
      .limit(PAGE)
      .execute()
    if (page.length === 0) break
    for (const { sha256, size } of page) {
      const problem = await problemOf(sampleBytes(store, sha256), size, signal)
      // Removed meanwhile, it is no problem.
      if (problem !== null && (await isStill(store, sha256))) yield { sha256, problem }
      step()
    }
    seq = page.at(-1)!.seq
  }
  for (let last = ''; ; ) {
    const page = await db
      .selectFrom('artifacts')
      .select(['digest', 'size', 'kind', 'sha256'])
      .where('digest', '>', last)
      .orderBy('digest')
      .limit(PAGE)
      .execute()
    if (page.length === 0) break
    const digests = new Set<string>()
    for (const { sha256, digest, size, kind } of page) {
      if (!digests.has(digest)) {
        const problem = await problemOf(artifactBytes(store, digest), size, signal)
        if (problem !== null && (await isStill(store, sha256)))
          yield { sha256, problem: `${kind} ${digest}: ${problem}` }
      }
      digests.add(digest)
      step()
    }
    last = page.at(-1)!.digest
  }
}

async function count({ database }: StoreContext, table: 'samples' | 'artifacts'): Promise<number> {
  const { n } = await database.db
    .selectFrom(table)
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .executeTakeFirstOrThrow()
  return n
}

async function isStill({ database }: StoreContext, sha256: string): Promise<boolean> {
  const found = database.db.selectFrom('samples').select('sha256').where('sha256', '=', sha256)
  return (await found.executeTakeFirst()) !== undefined
}

async function problemOf(
  chunks: AsyncIterable<Uint8Array>,
  size: number,
  signal: AbortSignal | undefined,
): Promise<string | null> {
  let read = 0
  try {
    for await (const chunk of chunks) {
      signal?.throwIfAborted()
      read += chunk.length
    }
  } catch (error) {
    if (error instanceof CorruptSampleError) return error.problem
    throw error
  }
  return read === size ? null : `its size is ${read}, and should be ${size}`
}
