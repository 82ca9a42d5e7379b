import { afterEach, describe, expect, it } from 'vitest'
import { answering } from '../../../test/answering-server.ts'
import { sha256 as sha256Of } from '../../core/index.ts'
import { cuckoo } from './cuckoo.ts'

let stop = async () => {}
afterEach(() => stop())

async function serve(answer: (url: URL) => unknown): Promise<string> {
  const server = await answering(answer)
  stop = server.stop
  return server.url
}

const sha256 = sha256Of('')
const sample = { sha256, name: 'a', size: 0, open: async function* () {} }

describe('cuckoo', () => {
  it('looks through the pages of a server that lists the tasks of all owners', async () => {
    const pages: string[] = []
    const tasks = Array.from({ length: 250 }, (_, i) => ({
      id: i + 1,
      owner: '',
      custom: i === 230 ? 'mark' : 'other',
    }))
    const url = await serve(({ pathname }) => {
      if (pathname.startsWith('/files/view/')) return { sample: { id: 1 } }
      pages.push(pathname)
      const [limit, offset] = pathname.split('/').slice(3).map(Number)
      return { tasks: tasks.slice(offset, offset! + limit!) }
    })
    expect(await cuckoo(url).find(sha256, 'mark')).toBe('231')
    expect(pages).toEqual(['/tasks/list/100/0', '/tasks/list/100/100', '/tasks/list/100/200'])
    expect(await cuckoo(url).find(sha256, 'no such mark')).toBeNull()
  })

  it('asks for no tasks of a file that it has never seen', async () => {
    const paths: string[] = []
    const url = await serve(({ pathname }) => void paths.push(pathname))
    expect(await cuckoo(`${url}/behind/`).find(sha256, 'mark')).toBeNull()
    expect(paths).toEqual([`/behind/files/view/sha256/${sha256}`])
  })

  it('ends its search in a list without end', async () => {
    let pages = 0
    const endless = Array.from({ length: 100 }, (_, i) => ({ id: i, custom: 'other' }))
    const url = await serve(({ pathname }) => {
      if (pathname.startsWith('/files/')) return {}
      pages++
      return { tasks: endless }
    })
    expect(await cuckoo(url).find(sha256, 'mark')).toBeNull()
    expect(pages).toBe(200)
  })

  it('says that no task was made', async () => {
    const url = await serve(() => ({ task_id: null }))
    await expect(cuckoo(url).submit(sample, 'mark', {})).rejects.toMatchObject({
      code: 'sandbox-refused',
    })
  })
})
