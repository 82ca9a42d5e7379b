import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseClamdAddress } from './address.ts'
import { findClamdConf, parseClamdConf } from './clamd-conf.ts'

const parse = (text: string) => parseClamdConf('clamd.conf', text)

describe('a clamd.conf', () => {
  it('says where clamd listens and what its limits are', () => {
    const text = `
# comment
#LocalSocket /wrong
LocalSocket /run/clamav/clamd.ctl
TCPSocket 3311
MaxFileSize 25M
MaxScanSize 1g
StreamMaxLength 4000000
AlertExceedsMax yes
`
    expect(parse(text)).toEqual({
      ...{ path: 'clamd.conf', address: '/run/clamav/clamd.ctl', maxFileBytes: 25 * 1024 ** 2 },
      ...{ maxScanBytes: 1024 ** 3, maxStreamBytes: 4_000_000, tellsLimits: true },
    })
  })

  it.each([
    ['TCPSocket 3311', '127.0.0.1:3311'],
    ['TCPSocket 3311\nTCPAddr 0.0.0.0', '127.0.0.1:3311'],
    ['TCPSocket 3311\nTCPAddr ::1', '[::1]:3311'],
    ['LocalSocket "/run/a b"', '/run/a b'],
    ['TCPSocket x', null],
    ['', null],
  ])('%j is reached at %s', (text, address) => {
    expect(parse(text).address).toBe(address)
    if (address !== null) expect(() => parseClamdAddress(address)).not.toThrow()
  })

  it('that says nothing of a limit leaves it open', () => {
    expect(parse('MaxFileSize lots\nAlertExceedsMax no')).toMatchObject({
      maxFileBytes: null,
      tellsLimits: false,
    })
  })

  it('may hold anything', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => void parse(`LocalSocket ${text}\n${text}`)),
    )
  })

  it('is looked for where it lies by custom', async () => {
    expect(await findClamdConf(['/nowhere/clamd.conf'])).toBeNull()
  })
})
