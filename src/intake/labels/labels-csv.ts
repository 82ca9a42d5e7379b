import { contentHash, openChunks, UsageError } from '../../core/index.ts'
import { parseLabels } from '../../corpus/index.ts'
import type { LabelSource } from './label-source.ts'

/** Most bytes of a labels file, unpacked: it is held whole. */
const MAX_CSV_BYTES = 256 * 1024 * 1024

/**
 * The labels of a CSV file as `taxon corpus import --labels` reads it, by hash or file name.
 * @throws UnreadableError, UsageError that names the line, MalformedInputError, LimitExceededError
 */
export async function labelsCsv(path: string, now: () => number = Date.now): Promise<LabelSource> {
  const pieces: Uint8Array[] = []
  for await (const piece of openChunks(path, { maxBytes: MAX_CSV_BYTES })) pieces.push(piece)
  const bytes = Buffer.concat(pieces)
  const version = contentHash(bytes)
  const labels = parseLabels(bytes.toString('utf8'), path)
  if (labels.size === 0) throw new UsageError(`${path}: holds no labels`)
  const at = now()
  return {
    name: 'csv',
    version: async () => version,
    async label({ sha256, sha1, md5, name }) {
      const found = labels.find([sha256, sha1 ?? null, md5 ?? null, name ?? null])
      if (found === null) return []
      const stated = { source: 'csv', engine: path, detection: null, version, at } as const
      return [{ ...found, ...stated, state: 'stated', problem: null }]
    },
  }
}
