import { readFile } from 'node:fs/promises'

/**
 * The origins that were imported to their end, one JSON string a line. The journal only saves work: a line that is cut or
 * damaged is as good as none, and its file is read again.
 */
export async function readJournal(path: string): Promise<Set<string>> {
  const text = await readFile(path, 'utf8').catch(() => '')
  const origins = new Set<string>()
  for (const line of text.split('\n')) {
    try {
      const origin: unknown = JSON.parse(line)
      if (typeof origin === 'string') origins.add(origin)
    } catch {
      // Cut by a kill in the middle of a line.
    }
  }
  return origins
}
