import { CHARSET_NAMES, OTHER_NAMES, PLAIN_NAMES } from './api-name-table.ts'

/** `kernel32.CreateFileA`, `KERNEL32.dll!CreateFileA`, `api-ms-win-core-file-l1-1-0.dll!CreateFileA`. */
const MODULE_PREFIX = /^[\w-]+(?:\.(?:dll|exe|drv|sys|ocx|cpl)[.!]|[.!])(?=[A-Za-z_?@]\w*$)/i

/** Spellings that are looked up: in lower case, with what they are brought to. */
const byLowerCase = new Map<string, string>()
for (const stem of CHARSET_NAMES) {
  for (const suffix of ['', 'A', 'W', '_A', '_W'])
    byLowerCase.set((stem + suffix).toLowerCase(), stem + suffix)
}
for (const name of PLAIN_NAMES) byLowerCase.set(name.toLowerCase(), name)
for (const [name, canonical] of OTHER_NAMES) byLowerCase.set(name.toLowerCase(), canonical)

/**
 * The one spelling that taxon uses for a Windows API call, whichever sandbox reported it: without the module, `Nt` for
 * `Zw`, in the case in which Windows spells it. Only spellings of the same call meet in one name; calls that merely do
 * alike (`WriteProcessMemory`, `NtWriteVirtualMemory`) stay apart. So do the charset variants `A` and `W`: every sandbox
 * hooks both, so they are no difference between dialects, and which one a program calls tells something of it. Any other
 * name, such as the number of a Linux system call, is returned as it is. Applying it twice changes nothing more.
 */
export function canonicalCall(name: string): string {
  // A report is hostile: no name of Windows is this long, and expressions need not be tried on it.
  if (name.length > MAX_NAME_LENGTH) return name
  const bare = name.replace(MODULE_PREFIX, '')
  const native = /^Zw(?=[A-Z])|^zw(?=[a-z])/.test(bare)
    ? `${bare[0] === 'Z' ? 'Nt' : 'nt'}${bare.slice(2)}`
    : bare
  return byLowerCase.get(native.toLowerCase()) ?? native
}

const MAX_NAME_LENGTH = 256
