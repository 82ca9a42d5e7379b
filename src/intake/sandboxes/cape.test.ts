import { afterEach, describe, expect, it } from 'vitest'
import { answering } from '../../../test/answering-server.ts'
import { sha256 as sha256Of } from '../../core/index.ts'
import { cape } from './cape.ts'

let stop = async () => {}
afterEach(() => stop())

async function serve(answer: (url: URL) => unknown): Promise<string> {
  const server = await answering(answer)
  stop = server.stop
  return server.url
}

const sha256 = sha256Of('')
const sample = { sha256, name: 'a', size: 0, open: async function* () {} }

describe('cape', () => {
  it.each([
    [
      'an error with its reasons',
      { error: true, error_value: 'Error adding task', errors: [{ a: 'Size: 0' }] },
      'Error adding task, {"a":"Size: 0"}',
    ],
    ['an error without any', { error: true }, 'true'],
    [
      'an error of its own kind',
      { error: 'Was impossible to retrieve url' },
      'Was impossible to retrieve url',
    ],
  ])('refuses with status 200: %s', async (_, answer, said) => {
    const url = await serve(() => answer)
    await expect(cape(url).state()).rejects.toMatchObject({
      code: 'sandbox-refused',
      message: expect.stringContaining(JSON.stringify(said)),
    })
  })

  it('takes the first task of a container, and of those with its mark', async () => {
    const tasks = [9, 12, 7, 8].map((id) => ({ id, custom: id < 9 ? 'other' : 'mark' }))
    const url = await serve(({ pathname }) =>
      pathname.includes('search')
        ? { error: [], data: tasks }
        : { error: [], data: { task_ids: [9, 12] }, errors: ['x'] },
    )
    expect(await cape(url).submit(sample, 'mark', {})).toEqual({ task: '9' })
    expect(await cape(url).find(sha256, 'mark')).toBe('9')
  })

  it('cannot say where searching is switched off', async () => {
    const url = await serve(() => ({ error: true, error_value: 'Task Search API is Disabled' }))
    expect(await cape(url).find(sha256, 'mark')).toBeNull()
  })
})
