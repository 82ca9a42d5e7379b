import { describe, expect, it } from 'vitest'
import { tarOf, zipOf } from '../../test/archives.ts'
import { otherFormat } from './other-formats.ts'

describe('otherFormat', () => {
  it.each([
    ['%PDF-1.7', 'a PDF document'],
    ['\x89PNG\r\n', 'a PNG image'],
    ['#!/bin/sh\n', 'a script'],
    [
      '!<arch>\ndebian-binary',
      'an archive (ar: static library or Debian package), which is to be unpacked first',
    ],
    [
      zipOf([{ name: 'a', content: 'a' }]).toString('latin1'),
      'an archive (zip) inside an archive or cut off',
    ],
    [tarOf([{ name: 'a', content: 'a' }]).toString('latin1'), 'a tar archive inside an archive'],
    ['plain words', 'neither PE nor ELF, a listing, nor JSON'],
    ['\x01\x00\x02', 'binary data that is neither PE nor ELF'],
    ['\xff\xfea\x00', 'UTF-16 or binary data, UTF-8 is expected of text'],
  ])('%j is %s', (head, is) => {
    expect(otherFormat(Buffer.from(head, 'latin1'))).toBe(is)
  })
})
