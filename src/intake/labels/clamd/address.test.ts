import { describe, expect, it } from 'vitest'
import { UsageError } from '../../../core/index.ts'
import { addressText, parseClamdAddress } from './address.ts'

describe('an address of clamd', () => {
  it.each([
    ['/run/clamd.ctl', { path: '/run/clamd.ctl' }, '/run/clamd.ctl'],
    ['./clamd.sock', { path: './clamd.sock' }, './clamd.sock'],
    ['unix:clamd.sock', { path: 'clamd.sock' }, 'clamd.sock'],
    ['unix:///run/clamd.ctl', { path: '/run/clamd.ctl' }, '/run/clamd.ctl'],
    ['localhost', { host: 'localhost', port: 3310 }, 'localhost:3310'],
    ['127.0.0.1:99', { host: '127.0.0.1', port: 99 }, '127.0.0.1:99'],
    ['tcp://clamd.lan:3311', { host: 'clamd.lan', port: 3311 }, 'clamd.lan:3311'],
    ['tcp:[::1]:3310', { host: '::1', port: 3310 }, '[::1]:3310'],
  ])('%s is %j', (text, address, shown) => {
    expect(parseClamdAddress(text)).toEqual(address)
    expect(addressText(parseClamdAddress(text))).toBe(shown)
  })

  it.each(['', 'unix:', 'a b', 'host:0', 'host:65536', 'host:abc', '/run/a\0b', 'http://host:1/x', '[::1'])(
    '%j is none',
    (text) => {
      expect(() => parseClamdAddress(text)).toThrow(UsageError)
    },
  )
})
