import { spawnSync } from 'node:child_process'

/** Whether 7-Zip is here; tests that need it skip with a printed reason where it is not, and fail under CI. */
export function hasSevenZip(): boolean {
  const has = spawnSync('7z', ['i']).status === 0
  if (!has && process.env.CI) throw new Error('7-Zip is missing, and CI must have it')
  if (!has) console.info('skipped: 7-Zip is not on this machine (Debian: apt-get install p7zip-full)')
  return has
}
