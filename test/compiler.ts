import { spawnSync } from 'node:child_process'

/** Whether a C++ compiler is here; tests that need one skip with a printed reason where there is none. */
export function hasCompiler(): boolean {
  const has = ['c++', 'g++', 'clang++'].some((name) => spawnSync(name, ['--version']).status === 0)
  if (!has) console.info('skipped: no C++ compiler is on this machine (Debian: apt-get install g++)')
  return has
}
