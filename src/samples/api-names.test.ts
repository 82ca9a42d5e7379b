import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sharedData } from '../../test/shared-data.ts'
import { CHARSET_NAMES, OTHER_NAMES, PLAIN_NAMES } from './api-name-table.ts'
import { canonicalCall } from './api-names.ts'

describe('canonicalCall', () => {
  it.each([
    ['regopenkeyexw', 'RegOpenKeyExW'],
    ['kernel32.lstrcpyA', 'lstrcpyA'],
    ['KERNEL32.GetCommandLineA', 'GetCommandLineA'],
    ['KERNEL32.dll!CreateFileW', 'CreateFileW'],
    ['api-ms-win-core-file-l1-1-0.dll!CreateFileA', 'CreateFileA'],
    ['msvcrt.__p__fmode', '__p__fmode'],
    ['ZwMapViewOfSection', 'NtMapViewOfSection'],
    ['zwmapviewofsection', 'NtMapViewOfSection'],
    ['ntdll.ZwClose', 'NtClose'],
    ['dnsquery_a', 'DnsQuery_A'],
    ['GetAddrInfoA', 'getaddrinfo'],
    ['certopensystemstorea', 'CertOpenSystemStoreA'],
    ['createremotethreadex', 'CreateRemoteThreadEx'],
    ['ntwritevirtualmemory', 'NtWriteVirtualMemory'],
    ['WMI_ExecQuery', 'IWbemServices_ExecQuery'],
    // A name that no table knows.
    ['msi.MsiOpenDatabaseW', 'MsiOpenDatabaseW'],
  ])('brings %s to %s', (name, canonical) => {
    expect(canonicalCall(name)).toBe(canonical)
  })

  it.each([
    'socket',
    'connect',
    'WSAStartup',
    'CreateDIB',
    'NtCreateUserProcess',
    'CreateProcessInternal',
    '__exception__',
    '__anomaly__',
    'memcpy',
    '5',
    '195',
    '',
    '4.5',
    'System.IO.File',
    '?what@@YAXXZ',
    '__proto__',
    'constructor',
    'hasOwnProperty',
    'ZW',
    'A',
    'W',
    'Zwölf',
    'checktokenmembership',
  ])('leaves %j as it is', (name) => {
    expect(canonicalCall(name)).toBe(name)
  })

  it.each([
    ['WriteProcessMemory', 'NtWriteVirtualMemory'],
    ['ReadProcessMemory', 'NtReadVirtualMemory'],
    ['CreateProcessInternalW', 'NtCreateUserProcess'],
    ['RegEnumKeyW', 'RegEnumKeyExW'],
    ['CopyFileA', 'CopyFileExW'],
    ['socket', 'WSASocketA'],
    ['RegOpenKeyExA', 'RegOpenKeyExW'],
    ['getaddrinfo', 'GetAddrInfoW'],
    ['connect', 'ConnectEx'],
    ['LdrLoadDll', 'LoadLibraryExW'],
    ['NtOpenKey', 'NtOpenKeyEx'],
  ])('keeps %s and %s apart', (one, other) => {
    expect(canonicalCall(one)).not.toBe(canonicalCall(other))
  })

  it('changes nothing more the second time', () => {
    const part = fc.constantFrom(
      'Zw',
      'zw',
      'Nt',
      'A',
      'W',
      '_',
      'a',
      'w',
      '.',
      '!',
      'kernel32',
      '.dll',
      'Reg',
      'SoCket',
      'x1',
    )
    const name = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 30 }),
      fc.array(part, { maxLength: 6 }).map((parts) => parts.join('')),
      fc.constantFrom(...PLAIN_NAMES, ...CHARSET_NAMES).map((known) => `${known.toUpperCase()}W`),
    )
    fc.assert(
      fc.property(name, (given) => {
        const once = canonicalCall(given)
        expect(canonicalCall(once)).toBe(once)
      }),
      { numRuns: 20_000 },
    )
  })

  it('returns an overlong name unchanged and at once', () => {
    const name = `${'a'.repeat(1_000_000)}A`
    expect(canonicalCall(name)).toBe(name)
  })
})

describe('the table', () => {
  it('holds each name once, in its canonical form', () => {
    const all = [...CHARSET_NAMES, ...PLAIN_NAMES]
    expect(new Set(all.map((name) => name.toLowerCase())).size).toBe(all.length)
    for (const name of [...all, ...OTHER_NAMES.values()]) expect(canonicalCall(name)).toBe(name)
  })

  it('has no name that is another with a suffix', () => {
    const all = new Set([...CHARSET_NAMES, ...PLAIN_NAMES].map((name) => name.toLowerCase()))
    for (const stem of CHARSET_NAMES) {
      for (const suffix of 'aw') expect(all.has(stem.toLowerCase() + suffix), stem).toBe(false)
    }
  })
})

describe('the names of real data', () => {
  it.each(['malbehavd-v1', 'mal-api-2019-808'])('of %s meet only in upper and lower case', (set) => {
    const file = sharedData(`${set}.jsonl.gz`)
    if (!file) return
    const met = new Map<string, Set<string>>()
    for (const line of gunzipSync(readFileSync(file)).toString().trim().split('\n')) {
      for (const name of (JSON.parse(line) as { calls: string[] }).calls) {
        const canonical = canonicalCall(name)
        met.set(canonical, (met.get(canonical) ?? new Set()).add(name))
      }
    }
    expect(met.size).toBeGreaterThan(150)
    for (const [canonical, names] of met) {
      for (const name of names) {
        expect(name.toLowerCase().replace(/^zw/, 'nt')).toBe(canonical.toLowerCase())
      }
    }
  })
})
