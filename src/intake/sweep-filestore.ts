import { lstat, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Arrival, WatchOptions } from './arrival.ts'
import { readEvent } from './eve.ts'
import { plainSighting, type Sighting } from './sighting.ts'

/** Sightings of one file that are read from the file-store. */
const MAX_SIGHTINGS = 1000
/** Bytes of the file that tells of a sighting. */
const MAX_RECORD_BYTES = 1024 * 1024

/** What a sweep goes by. */
export interface SweepOptions extends Pick<WatchOptions, 'signal' | 'onProblem'> {
  isKnown(sha256: string): Promise<boolean>
  /** The cursor that its arrivals carry. */
  readonly position: string
}

/**
 * The files of a file-store (version 2) that nobody knows: each sighting of them where Suricata wrote them beside the files
 * (`write-fileinfo: yes`), else one that says little more than that the file is there. Links and strange names are passed
 * over.
 */
export async function* sweepFilestore(filestore: string, options: SweepOptions): AsyncGenerator<Arrival> {
  for (let first = 0; first < 256; first++) {
    if (options.signal?.aborted) return
    const folder = join(filestore, first.toString(16).padStart(2, '0'))
    const names = (
      await readdir(folder).catch((error: NodeJS.ErrnoException) => {
        // Suricata makes them all when it starts; where none is, there is no file-store.
        if (first === 0) {
          const problem = `the file-store cannot be gone through, ${error.code}`
          options.onProblem?.({ source: 'suricata', subject: filestore, problem })
        }
        return []
      })
    ).sort()
    for (const sha256 of names.filter((name) => /^[0-9a-f]{64}$/.test(name))) {
      if (options.signal?.aborted) return
      const path = join(folder, sha256)
      const about = await lstat(path).catch(() => null)
      if (!about?.isFile() || (await options.isKnown(sha256))) continue
      const records = names.filter((name) => name.startsWith(`${sha256}.`) && name.endsWith('.json'))
      let told = 0
      for (const record of records.slice(0, MAX_SIGHTINGS)) {
        const event = await readRecord(join(folder, record), about.mtimeMs)
        if (event?.sha256 !== sha256) continue
        const { sighting, partial } = event
        yield {
          source: 'suricata',
          path,
          sha256,
          name: sighting.name,
          sighting,
          partial,
          position: options.position,
        }
        told++
      }
      if (told > 0) continue
      const sighting = unseen(sha256, about.mtimeMs)
      yield {
        source: 'suricata',
        path,
        sha256,
        name: null,
        sighting,
        partial: [],
        position: options.position,
      }
    }
  }
}

async function readRecord(path: string, writtenAt: number) {
  const about = await lstat(path).catch(() => null)
  if (!about?.isFile() || about.size > MAX_RECORD_BYTES) return null
  const line = await readFile(path, 'utf8').catch(() => '')
  const event = readEvent(line, writtenAt)
  return event === 'malformed' ? null : event
}

function unseen(sha256: string, at: number): Sighting {
  return plainSighting({
    key: `suricata:found:${sha256}`,
    source: 'suricata',
    at: Math.round(at),
    name: null,
  })
}
