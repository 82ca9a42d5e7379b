import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Operations } from './operations.ts'

/** The Node-API addon of native/addon.cpp. */
export interface NativeAddon {
  /** Builds that this processor can run, better ones later; those that fuse multiplications with additions end in `_fast`. */
  readonly builds: readonly string[]
  /** The operations of a build on a typed array's memory, which must outlive them. */
  bind(build: string, memory: Uint8Array): Operations
}

const SOURCES = fileURLToPath(new URL('../../../native/', import.meta.url))
const require = createRequire(import.meta.url)

/**
 * Where the addon lies that was built on this machine from these very sources: in the user's cache, under a name that
 * hashes them, so that one of another version is never taken for it.
 */
export function builtAddonPath(): string {
  const hash = createHash('sha256')
  for (const name of readdirSync(SOURCES).sort()) {
    if (/^(addon|network|build-addon)\.(cpp|h|js)$/.test(name)) hash.update(readFileSync(join(SOURCES, name)))
  }
  const digest = hash.digest('hex').slice(0, 16)
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
  return join(cache, 'taxon', `native-${digest}-${process.platform}-${process.arch}.node`)
}

/** The optional package that would bring the addon ready built for this platform. */
export const prebuiltPackage = `taxon-native-${process.platform}-${process.arch}`

/**
 * The addon, or null where there is none or it does not load: WebAssembly then does the work. It is looked for in
 * TAXON_NATIVE (a path, or `off`), in the optional package, and where `taxon doctor --build-native` puts it.
 */
export function loadAddon(): NativeAddon | null {
  const asked = process.env.TAXON_NATIVE
  if (asked === 'off') return null
  const places = asked ? [asked] : [prebuiltPackage, builtAddonPath()]
  for (const place of places) {
    try {
      if (place !== prebuiltPackage && !existsSync(place)) continue
      return require(place) as NativeAddon
    } catch {
      // Of another platform, or broken: as if it were not there. `taxon doctor` says so.
    }
  }
  return null
}
