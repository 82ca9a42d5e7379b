import { createHash } from 'node:crypto'
import { closeSync, existsSync, fstatSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs'
import { createRequire } from 'node:module'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Operations } from './operations.ts'

/** The Node-API addon of native/addon.cpp. */
export interface NativeAddon {
  /** Builds that this processor can run, better ones later; those that fuse multiplications with additions end in `_fast`. */
  readonly builds: readonly string[]
  /** What names the sources that it was built from. */
  readonly sources: string
  /** The operations of a build on a typed array's memory, which must outlive them. */
  bind(build: string, memory: Uint8Array): Operations
}

/** Somewhere that an addon may be. */
export interface AddonPlace {
  /** Named by TAXON_NATIVE, built on this machine, or in the optional package. */
  readonly origin: 'named' | 'built' | 'package'
  /** Of the file; of the package its name. */
  readonly path: string
}

/** An addon that is there and cannot be used. */
export interface RefusedAddon extends AddonPlace {
  readonly problem: string
}

/** What looking for the addon came to. */
export interface AddonSearch {
  /** The addon to use; null where there is none, and WebAssembly does the work. */
  readonly addon: NativeAddon | null
  /** Where it is. */
  readonly place: AddonPlace | null
  /** Those that were passed over. */
  readonly refused: readonly RefusedAddon[]
}

/** All that decides what the addon does, in native/. */
const SOURCES = ['addon.cpp', 'addon.h', 'build-addon.js', 'network.cpp']

const native = fileURLToPath(new URL('../../../native/', import.meta.url))
const require = createRequire(import.meta.url)
const platform = `${process.platform}-${process.arch}`

/** What names the sources of the addon; empty where they are not here, and then no addon is theirs. */
export function sourcesDigest(): string {
  const hash = createHash('sha256')
  try {
    for (const name of SOURCES) hash.update(readFileSync(join(native, name)))
  } catch {
    return ''
  }
  return hash.digest('hex').slice(0, 16)
}

/**
 * Where the addon lies that was built on this machine from these very sources: in the user's cache, under a name that
 * hashes them.
 */
export function builtAddonPath(): string {
  const { XDG_CACHE_HOME } = process.env
  // A relative path is to be ignored (XDG Base Directory Specification): samples lie in the folders that people work in.
  const cache = XDG_CACHE_HOME && isAbsolute(XDG_CACHE_HOME) ? XDG_CACHE_HOME : join(homedir(), '.cache')
  return join(cache, 'taxon', `native-${sourcesDigest()}-${platform}.node`)
}

/** The optional package that would bring the addon ready built for this platform. */
export const prebuiltPackage = `taxon-native-${platform}`

/**
 * Looks for the addon where TAXON_NATIVE says (a path, or `off`), else where `taxon doctor --build-native` puts it and in
 * the optional package. One of other sources is not taken, since it might give other bytes.
 */
export function searchAddon(): AddonSearch {
  const refused: RefusedAddon[] = []
  for (const place of places()) {
    const loaded = load(place)
    if (loaded === null) continue
    if (typeof loaded !== 'string') return { addon: loaded, place, refused }
    refused.push({ ...place, problem: loaded })
  }
  return { addon: null, place: null, refused }
}

function places(): readonly AddonPlace[] {
  const { TAXON_NATIVE } = process.env
  if (TAXON_NATIVE === 'off') return []
  if (TAXON_NATIVE) return [{ origin: 'named', path: resolve(TAXON_NATIVE) }]
  return [
    { origin: 'built', path: builtAddonPath() },
    { origin: 'package', path: prebuiltPackage },
  ]
}

/** The addon of a place, why it cannot be used, or null where there is none. */
function load({ origin, path }: AddonPlace): NativeAddon | string | null {
  if (origin !== 'package' && !existsSync(path)) return origin === 'named' ? 'no such file' : null
  try {
    const file = require.resolve(path)
    if (isCutOff(file)) return 'the file is cut off'
    const addon = require(file) as NativeAddon
    return addon.sources === (sourcesDigest() || null) ? addon : OTHER_SOURCES
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return code === 'MODULE_NOT_FOUND' && origin === 'package' ? null : message.split('\n')[0]
  }
}

/** Whether an ELF file ends before its table of sections, which stands last. Loading it would end this process by SIGBUS. */
function isCutOff(path: string): boolean {
  const head = Buffer.alloc(64)
  const file = openSync(path, 'r')
  try {
    const isElf64 =
      readSync(file, head, 0, 64, 0) === 64 && head.toString('latin1', 0, 6) === '\x7fELF\x02\x01'
    if (!isElf64) return false
    const [at, entryBytes, entries] = [head.readBigUInt64LE(40), head.readUInt16LE(58), head.readUInt16LE(60)]
    return Number(at) + entryBytes * entries > fstatSync(file).size
  } finally {
    closeSync(file)
  }
}

const OTHER_SOURCES = 'built from the sources of another version of taxon'

/** One that was built on this machine from other sources, by a version of taxon that was here before. */
export function staleAddon(): RefusedAddon | null {
  const folder = dirname(builtAddonPath())
  const name = namesIn(folder).find(
    (each) => each.startsWith('native-') && each.endsWith(`-${platform}.node`),
  )
  return name === undefined ? null : { origin: 'built', path: join(folder, name), problem: OTHER_SOURCES }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
