import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sharedData } from '../../test/shared-data.ts'
import { AVCLASS_FILES, readAvclass } from '../intake/index.ts'
import { fetchAvclass } from './fetch-avclass.ts'

let folder: string
let server: Server
let from: string
/** What the server has, by name. */
let content: (name: string) => Buffer | null
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'taxon-fetch-avclass-'))
  server = createServer((request, response) => {
    const bytes = content(basename(request.url!))
    response.writeHead(bytes === null ? 404 : 200).end(bytes)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  from = `http://127.0.0.1:${(server.address() as AddressInfo).port}/data`
})
afterEach(async () => {
  await new Promise((resolve) => server.close(resolve))
  rmSync(folder, { recursive: true })
})

describe("AVClass's files", () => {
  const real = sharedData('avclass/default.taxonomy')

  it.runIf(real)('are fetched whole, and are those that taxon was tried with', async () => {
    content = (name) => readFileSync(join(real!, '..', name))
    const place = join(folder, 'new', 'avclass')
    const files = await fetchAvclass(place, { from })
    expect(files.map(({ name, bytes }) => [name, bytes])).toEqual([
      ['default.taxonomy', 41895],
      ['default.tagging', 56877],
      ['default.expansion', 308],
    ])
    expect((await readAvclass(place)).taxonomy.size).toBe(3229)
    expect(readdirSync(join(place, '..'))).toEqual(['avclass'])
  })

  it.each<[string, (name: string) => Buffer | null, string]>([
    ['of another content', () => Buffer.from('FAM:other\n'), 'wrong-hash'],
    ['that are not there', () => null, 'download'],
  ])('%s are refused, and nothing is left', async (_, answer, code) => {
    content = answer
    await expect(fetchAvclass(join(folder, 'avclass'), { from })).rejects.toMatchObject({ code })
    expect(readdirSync(folder)).toEqual([])
  })

  it.runIf(real)('are all there or none', async () => {
    content = (name) => (name === AVCLASS_FILES[2] ? null : readFileSync(join(real!, '..', name)))
    await expect(fetchAvclass(join(folder, 'avclass'), { from })).rejects.toMatchObject({ code: 'download' })
    expect(readdirSync(folder)).toEqual([])
  })
})
