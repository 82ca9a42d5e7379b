import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { UsageError } from './errors.ts'
import { lock } from './lock.ts'

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'taxon-lock-'))
  await work(folder).finally(() => rm(folder, { recursive: true }))
}

describe('lock', () => {
  it('is held by one at a time, and given back', async () => {
    await withFolder(async (folder) => {
      const path = join(folder, 'lock')
      const unlock = await lock(path)
      await expect(lock(path)).rejects.toThrow(UsageError)
      await expect(lock(path)).rejects.toThrow(`held by process ${process.pid}`)
      await unlock()
      await (await lock(path))()
      expect(readdirSync(folder)).toEqual([])
    })
  })

  it.each([
    ['a process that is gone', JSON.stringify({ pid: 2 ** 22 + 1, host: hostname(), started: '1' })],
    [
      'another process of the same id',
      JSON.stringify({ pid: process.pid, host: hostname(), started: 'earlier' }),
    ],
    ['nobody', ''],
    ['something else', '{"pid":"x"}'],
  ])('takes over the lock of %s', async (_, content) => {
    await withFolder(async (folder) => {
      const path = join(folder, 'lock')
      writeFileSync(path, content)
      const unlock = await lock(path)
      expect(JSON.parse(readFileSync(path, 'utf8')).pid).toBe(process.pid)
      await unlock()
      expect(readdirSync(folder)).toEqual([])
    })
  })

  it('leaves the lock of another machine alone', async () => {
    await withFolder(async (folder) => {
      const path = join(folder, 'lock')
      writeFileSync(path, JSON.stringify({ pid: 1, host: 'elsewhere', started: null }))
      await expect(lock(path)).rejects.toThrow('on elsewhere; remove the file if that process is gone')
    })
  })

  it('lets one of many win a stale lock', async () => {
    await withFolder(async (folder) => {
      const path = join(folder, 'lock')
      writeFileSync(path, '')
      const outcomes = await Promise.allSettled([lock(path), lock(path), lock(path)])
      expect(outcomes.filter(({ status }) => status === 'fulfilled').length).toBeLessThanOrEqual(1)
    })
  })
})
