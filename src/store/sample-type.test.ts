import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sampleType, TYPE_HEAD_BYTES } from './sample-type.ts'

const latin1 = (text: string) => Buffer.from(text, 'latin1')

function portable(at: number, signature: string, length = 512) {
  const head = Buffer.alloc(length)
  head.write('MZ')
  head.writeUInt32LE(at, 60)
  if (at + signature.length <= length) head.write(signature, at, 'latin1')
  return head
}

describe('sampleType', () => {
  it.each([
    ['pe', portable(128, 'PE\0\0')],
    ['dos', portable(128, 'NE')],
    ['pe', portable(4000, '')],
    ['pe', portable(0xffff_ffff, '')],
    ['pe', latin1('MZ')],
    ['elf', latin1('\x7fELF\x02')],
    ['zip', latin1('PK\x03\x04')],
    ['gzip', latin1('\x1f\x8b\x08')],
    ['tar', Buffer.concat([Buffer.alloc(257), latin1('ustar')])],
    ['ole', latin1('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1')],
    ['rtf', latin1('{\\rtf1')],
    ['report', latin1('  {"info": {}}')],
    ['report', latin1('\xef\xbb\xbf[1]')],
    ['script', latin1('#!/bin/sh')],
    ['empty', latin1('')],
    ['other', latin1('hello')],
  ])('takes for %s what begins so: %j', (type, head) => {
    expect(sampleType(head)).toBe(type)
  })

  it('gives a word for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: TYPE_HEAD_BYTES }), fc.boolean(), (bytes, isMz) => {
        const head = isMz ? Buffer.concat([latin1('MZ'), bytes]) : bytes
        expect(sampleType(head)).toMatch(/^[a-z0-9]+$/)
      }),
    )
  })
})
