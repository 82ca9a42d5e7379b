import { existsSync } from 'node:fs'
import { resolve } from 'node:path'

const folder = resolve(import.meta.dirname, '../../shared/data')

/**
 * Path of a file of the real data sets, which the repository may not hold, or null where they are absent (a user's
 * machine): tests then skip with a printed reason. CI has them, so there their absence is an error.
 */
export function sharedData(path: string): string | null {
  const file = resolve(folder, path)
  if (existsSync(file)) return file
  if (process.env.CI) throw new Error(`shared data: ${path} is missing, and CI must have it`)
  console.info(`skipped: the shared data set ${path} is not on this machine`)
  return null
}
