import { CHARSET_NAMES, OTHER_NAMES, PLAIN_NAMES, UPPER_CASE_STEMS, WINSOCK_NAMES } from './api-name-table.ts'
import type { View } from './trace.ts'

/** `kernel32.CreateFileA`, `KERNEL32.dll!CreateFileA`, `api-ms-win-core-file-l1-1-0.dll!CreateFileA`. */
const MODULE_PREFIX = /^[\w-]+(?:\.(?:dll|exe|drv|sys|ocx|cpl)[.!]|[.!])(?=[A-Za-z_?@]\w*$)/i
/** A charset suffix follows a lower-case letter, a digit or an underscore: `RegOpenKeyExA`, `Process32NextW`, `DnsQuery_W`. */
const CHARSET_SUFFIX = /^(\w*[a-z0-9])_?[AW]$/

/** Spellings that are looked up: in lower case, with what they are brought to. */
const byLowerCase = new Map<string, string>()
for (const name of PLAIN_NAMES) byLowerCase.set(name.toLowerCase(), name)
for (const stem of CHARSET_NAMES) {
  for (const suffix of ['', 'a', 'w', '_a', '_w']) byLowerCase.set(stem.toLowerCase() + suffix, stem)
}
// What stands in either list by itself wins over another's suffix.
for (const name of [...CHARSET_NAMES, ...PLAIN_NAMES]) byLowerCase.set(name.toLowerCase(), name)
for (const [name, canonical] of [...WINSOCK_NAMES, ...OTHER_NAMES])
  byLowerCase.set(name.toLowerCase(), canonical)
for (const canonical of WINSOCK_NAMES.values()) {
  for (const suffix of ['', 'a', 'w']) byLowerCase.set(canonical.toLowerCase() + suffix, canonical)
}

/**
 * The one spelling that taxon uses for a Windows API call, whichever sandbox reported it: without the module, `Nt` for
 * `Zw`, without the charset suffix `A` or `W`, in the case in which Windows spells it. Only spellings of the same call
 * meet in one name; calls that merely do alike (`WriteProcessMemory`, `NtWriteVirtualMemory`) stay apart. Any other
 * name, such as the number of a Linux system call, is returned as it is. Applying it twice changes nothing more.
 */
export function canonicalCall(name: string): string {
  // A report is hostile: no name of Windows is this long, and expressions need not be tried on it.
  if (name.length > MAX_NAME_LENGTH) return name
  const bare = name.replace(MODULE_PREFIX, '')
  const native = /^Zw(?=[A-Z])|^zw(?=[a-z])/.test(bare)
    ? `${bare[0] === 'Z' ? 'Nt' : 'nt'}${bare.slice(2)}`
    : bare
  const known = byLowerCase.get(native.toLowerCase())
  if (known !== undefined) return known
  const stem = withoutSuffix(native)
  return byLowerCase.get(stem.toLowerCase()) ?? stem
}

function withoutSuffix(name: string): string {
  const stem = CHARSET_SUFFIX.exec(name)?.[1]
  if (stem !== undefined) return stem
  return /[AW]$/.test(name) && UPPER_CASE_STEMS.has(name.slice(0, -1)) ? name.slice(0, -1) : name
}

const MAX_NAME_LENGTH = 256

/** The canonical forms of token names in a view. Opcodes are brought to lower case. */
export function canonicalNames(view: View, names: readonly string[]): string[] {
  return names.map(view === 'calls' ? canonicalCall : (name) => name.toLowerCase())
}
