import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LimitExceededError, MalformedInputError } from './errors.ts'
import { seededRandom } from './random.ts'
import { MAX_ZSTD_WINDOW_BYTES, unzstd } from './zstd.ts'

// `zstd -19 --check` of 11,816 bytes of text: four Huffman streams, tables of its own, many sequences.
const FRAME = Buffer.from(
  [
    'KLUv/WQoLVVQAAqQyBAbYE8pB9T0staGV9GMc32Gn7RbVkS6r2EY1GAFLQH2APcAXVQPT0sJ41+uCSLGrahlpDyFIXL3JhWC4RLG',
    'DKJTMh88c+RwDmV5oTNPJM4ui4e/kaMdiYwZEZQ7NmbxB48hE2unlODRZEbPWzIyreRCkkRQ5In3N0Mua0X2NNxi+lPKeMJTP7Pc',
    'jErCZlj6pXiGKKZEB4nx5RUZ/I4IHZF5wtVQwUvoZ2lyGiKEz2idRvyXTi6HEYNQs5pGMG6FaCLCYM3+MYPwqDxsLtwakZFnJioO',
    'P4M3/Rysxjg06qhdLNRDu2aSnAYj/Wog8y4GjgxC52OeggoeKPCAgga0xwzG0mCzGoSYggcQOHigAgYmUICBRwccCGABBSIoYIIF',
    'CmgwIRhEqAMKInAAgAcGMAhlAhYIcIEDAiBwIMEBDDhAoIH4DhxoYIAFFHCAwAMDApugRwwHI06197zDM/RkCPu6XSIsfqDC0fmu',
    'x2F27VbprykWQTwTjkpnuAmDFdqH63H+jMLLm9F3o5mfzBtCxERB4VbiY7SRcV1RhqIEcYOolSBBU5mw8bNCLf7CecSBG3X8ECEY',
    'EjT7WOt+VE8W09golCjh718K5df3vDPD5B2LewxjJobN0bDhvQgPQgmxrBPCjwiRadML0kcd8fjILpLppgmcNYyZYG8oM1VOT4Jm',
    'Oq1uYxHhmukhEsGihvI/kR71OhHseDiis+FeVvv0kpRDb/LonT9SiVC5L1m96EZycTeqO+SqnA62iItztjohFCafOaIKTsORR2N/',
    'J4QqPUSZ1hMM4g0z9o6EZnKKy1p6+uSEzWiN0aJQcRNGhSfz60ZoUFhkSQk57fgUZ7ohmwlhyFTzQ35RuKIWYWiQyyihj9F5zo6n',
    'ohAJwY1iJlJQrLwrlLRnNo0GftZjM9lMlenTN+hyxsofGmyQiB5jQyletpDN2XEnV/DD6PRkwhxXpo790trqzFsbEg01aUPhviBD',
    'td046ZhRwqLNZyHMZzEJfuCmERtewuSKbighoRCXVr5EgRMixdkYH5aKkB6phSw/RlhH372JkzNNNvEkU1nCDNPJYj085FFLTIJD',
    'dNS+aUZiPnEJBZHymuQUO1YMZkp2NBExasqqX0j0iTLHMYxOWNjIMKE2xCjWvQnDzb4GmRipTByFxZlUPnExQ4WixGQx2SGhswm7',
    'jtmtB706G58tSTn6VHqJpNkTTSXwF6VgL/VEVzJsySZWOx4pFN8JXRjjM2bQL9pMI8g9id2TcyE3Zw+czdw+70VGLB3/Lj7DJBVh',
    'J5aXrQW+5xwW5HDi8iMkDeER0bzBF8tcOISYnNj/sS8OKh3DIFsa17X108bIRMYIy/LgpG8sZiENc75rnhAskhGzCzfIeRV1Vm7x',
    'OD9Dkd4Pkk3SVCNB39c4o1FHTio9wzwENjQNBVnNCpsqujosUEKDf6gyaJD26rPHGKIYAoaFc5WZFwMSQBBAgMAQDEyKm/0OUKEu',
    'fSWg5YT5Sgia+BcOBhwV+rpUcYmzkCZHm8kAiBmFSC/B8tkSULfQ7vuJ8mVXRumnFG7v8TtOMnW7/EmhCa5e5355PySRF/QoDsNx',
    'os5gBUcufxZ6CvFvAkFAm4oR19i4QvXs3NfLtgMQ3KQ31htjgf7wVL8QDx2C/4OojE3ssULljcgmOiN2enT6gPf+UUUtxc6WGw5H',
    'ZgCKINhvay8IyrDfFVgBGFd4szlvyWi/MudBWNUkChZxgYy2jWxslmCUVnm0+88Gaeq4rLjL1iGitbsoimGiH7swCUMeXmyp3JFd',
    '/DUJx6q4vpREQzrY6jgjKWN/cYprMpOma9cRHw7QBZUbszdDd9baBbQpPeM/HSfScjNJXfIYQ1gcuC4h3sotNkywQlgP3+HTo5eb',
    '5eja79eIHLlVrpc2+W/c6bfgxRTFUBarjkNnbumaKr0xljSg3wxmEyZudzXlSoAKRzoMKt+6JRTEed0Xv8mu8F8YVNgUHBS4HF+O',
    'luTvLoRExODapHYZZYbyZGUJjItJsoLcOx/gIVBc6oqU+zKPMhU4gQHv4ohVdtko9oXD/qdw3SLmNCzOhBp2+mQM0x48ljBozWWa',
    '5ApFsoIiQzbgH3QoZGTkKqWRhqH/YpV5xzoWxBl66KPqxO7FugVWI6bXaW4ZPrUkTF6FZiwIrgGAmkVBBGQ5hJkmiy6Dyb0/w8B3',
    '0Tzu94YhTZh2QhDQbTmzKgBWFPdDaoaBe379V+ld6GSYYmQQ8bYk/eFjZertTKaTDViaoINWOb6oEBZQFxZ0TEKGWa7JBgIyh+6a',
    'NSYB4isRdflok0VK1zRUZRyvW/s1GtogvlAt2cH/LrYgG0fsRk5DUckXuyfev9oK9pjHogvPZdDQhCz9kooTtw9tppaxZN/j+m0H',
    'aG5IZMVi/hNxDDwxhJ3zQSmatyAU2fdIlKA151aYO2xmJ2qGJIqc+5FUP12d83gQgDTKvq4Te5RoyESlSqPOJk0NdyojnFv/sOhI',
    'Ie8N0h/qSrABLIaeC5K+dQKahnEZr5fBHp0c+W9LZcOiAH4wCrflykn+q7K65//cfqi+3TuaTnYQWmWF2m+vyTmTd+pH24b5Yi7Z',
    'S2JOOE6F4XnIX2f0OhH0Vv6rtkI5qlHfErJPgAXcMkoQfTLQKzz+WyICPYjjZ1u21s9dJWF81HT29wxJ7v3OeCjC4iJmVHFf3+RC',
    'mAbY+D5XQmXr1CTAj4TOyZUgRdg8zPINzb04RjIZg67Q7zzfPuL790e3MSUhx/pCg7/xoZ706wIdyh+gbExe5K3777U/ZBwy9BZ1',
    'j1Q6sPeng4UxWQjrOitaTpPSC3bzaXhiOncI7pDtIGgYQrghmZF3MXUuZi9ENWPF8K+8sCTbX49H+QnUrD2BMUQCpndHHuAP1vni',
    'qxqziLOA7VRZBXncpZ5E88OJ2h/5oAEGqIFb+bGABwJwNGixA7Tb//fgLGpC4vVKyj88Qjv4qedthlg8714wGpzqQF+fkYxMscXn',
    'UdA3GIwspd8IYQThQKow9WorckfqyJF8XLMkLoUujgA5Sdmwf+2I5tRbXGDQoJBPlceTomA+HzZzcm8nxBKsn8f/vuCwC/3EyZg7',
    'dEba33eBVzJGvYLC2k8htBUPEWV9rhklK1D2vksOgdzNH1c1f3NS3aCjCmmlxsmUBxMOkwO7PFs1BEbgT3uf3Ozf04UipnpeBGm5',
    'VNZZxpLHcxfcnuYj0FcJdCCpB5W+Py7LssM0YnN+WIPLNp6aPp2uvLb7wCp15bZKTGZJX+3u1shPHXbwGCy8HPYSwto9piy2i5pC',
    'O1CbW7gF7oJCRoo6DEz+H7iH0XogSAqBsAJ4UCdWOVtvE8HzlxmKuVvuKCVdKGoJTKhhTzeMMQSfRVom1PDzdskwHjo2blDkSBze',
    '4ZU6n+HJPCmr66/hpTTiPTQAIBoAbOH23bVqcXArrMhh0g==',
  ].join(''),
  'base64',
)
const CONTENT_SHA256 = '841cc2e0c64895183a6149b39a291eba2bde2c4c3be5ea9a1ca74ad915ba4125'

async function* inChunks(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function drain(chunks: AsyncIterable<Uint8Array>) {
  const parts: Uint8Array[] = []
  try {
    for await (const chunk of chunks) parts.push(chunk)
    return { bytes: Buffer.concat(parts), error: null }
  } catch (error) {
    return { bytes: Buffer.concat(parts), error }
  }
}

const decode = (bytes: Uint8Array, size = 1000) => drain(unzstd(inChunks(bytes, size)))

/** A frame of raw and run-length blocks, as its header says. */
function frame(header: readonly number[], ...blocks: readonly (readonly number[])[]): Buffer {
  return Buffer.from([0x28, 0xb5, 0x2f, 0xfd, ...header, ...blocks.flat()])
}

const block = (type: number, size: number, content: readonly number[], last = true) => {
  const header = Number(last) | (type << 1) | (size << 3)
  return [header & 0xff, (header >> 8) & 0xff, header >> 16, ...content]
}

describe('unzstd', () => {
  it.each([
    ['KLUv/QRYZQAAMGhlbGxvIAEAqUsRh04gCg==', 'hello hello hello hello hello'],
    ['KLUv/SQAAQAAmenYUQ==', ''],
    ['KLUv/QBYGQAAYWJj', 'abc'],
    ['KLUv/QRYTQAAEAAAAQCD0wMsJbcyMA==', '\0'.repeat(5000)],
    ['KLUv/QRYVAAAEHFxAQD7/znAAgIAEHEDnwRxZLyYqg==', 'q'.repeat(300_000)],
  ])('reads %s as the zstd tool does', async (encoded, content) => {
    const { bytes, error } = await decode(Buffer.from(encoded, 'base64'))
    expect(error).toBeNull()
    expect(bytes.toString()).toBe(content)
  })

  it.each([1, 2, 3, 5, 17, 1000, 1e6])('reads a large frame in chunks of %i', async (size) => {
    const { bytes, error } = await decode(FRAME, size)
    expect(error).toBeNull()
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(CONTENT_SHA256)
  })

  it('reads frames one after another and skips skippable ones', async () => {
    const skippable = Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 9, 9, 9])
    const { bytes, error } = await decode(Buffer.concat([skippable, FRAME, skippable, FRAME]))
    expect(error).toBeNull()
    expect(bytes.length).toBe(2 * 11_816)
  })

  it('refers across blocks through a window smaller than the content', async () => {
    // 300 run-length blocks of 1 KiB in a window of 1 KiB.
    const blocks = Array.from({ length: 300 }, (_, i) => block(1, 1024, [i & 0xff], i === 299))
    const { bytes, error } = await decode(frame([0x00, 0x00], ...blocks), 77)
    expect(error).toBeNull()
    expect(bytes.length).toBe(300 * 1024)
    for (let i = 0; i < 300; i++) expect(bytes[i * 1024 + 512]).toBe(i & 0xff)
  })

  it('gives what a stream cut at any byte holds, then says that it is cut off', async () => {
    const two = Buffer.concat([Buffer.from('KLUv/QRYZQAAMGhlbGxvIAEAqUsRh04gCg==', 'base64'), FRAME])
    const whole = (await decode(two)).bytes
    for (let cut = 5; cut < two.length; cut += cut < 60 ? 1 : 37) {
      const { bytes, error } = await decode(two.subarray(0, cut))
      if (cut === 25) expect(error).toBeNull()
      else expect(error, `cut at ${cut}`).toBeInstanceOf(MalformedInputError)
      expect(whole.subarray(0, bytes.length).equals(bytes)).toBe(true)
      if (cut > 25) expect(bytes.length).toBeGreaterThanOrEqual(29)
    }
  })

  it.each([
    ['no frame', Buffer.from('hello world'), 'no frame starts here'],
    ['rubbish after a frame', Buffer.concat([FRAME, Buffer.from('hello')]), 'no frame starts here'],
    ['a dictionary', frame([0x01, 0x00, 7], block(0, 0, [])), 'it needs a dictionary'],
    ['a reserved bit', frame([0x08, 0x00], block(0, 0, [])), 'a reserved bit is set'],
    ['an unknown block', frame([0x00, 0x00], block(3, 1, [0])), 'a block of an unknown type'],
    ['a block over its window', frame([0x00, 0x00], block(1, 1025, [0])), 'a block of 1025 bytes'],
    [
      'an offset before the start',
      frame([0x00, 0x00], block(2, 9, [0x08, 0x61, 1, 0x54, 0, 9, 0, 0, 1])),
      '',
    ],
  ])('names what is wrong: %s', async (_, bytes, problem) => {
    const { error } = await decode(bytes)
    expect(error).toBeInstanceOf(MalformedInputError)
    expect((error as Error).message).toContain(problem)
  })

  it.each([
    ['a window descriptor', [0x00, 0xff]],
    ['a single segment of 2^40 bytes', [0xe0, 0, 0, 0, 0, 0, 1, 0, 0]],
  ])('refuses %s over the cap before taking memory', async (_, header) => {
    const { error } = await decode(frame(header, block(0, 0, [])))
    expect(error).toBeInstanceOf(LimitExceededError)
    expect((error as LimitExceededError).limit).toBe(MAX_ZSTD_WINDOW_BYTES)
  })

  it('takes no memory for a window that is claimed and not used', async () => {
    const claimed = frame([0x00, 17 << 3], block(0, 3, [1, 2, 3]))
    const before = process.memoryUsage().arrayBuffers
    const { bytes } = await decode(Buffer.concat(Array.from({ length: 1000 }, () => claimed)))
    expect(bytes.length).toBe(3000)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 1024 ** 2)
  })

  it('gives a result or a named error for mutated frames, each at once', async () => {
    const random = seededRandom(20)
    let longest = 0
    for (let run = 0; run < 3000; run++) {
      const bytes = Buffer.from(FRAME)
      for (let i = random.below(4); i >= 0; i--) bytes[4 + random.below(bytes.length - 4)] = random.below(256)
      const started = performance.now()
      const { bytes: got, error } = await decode(bytes, 1e6)
      longest = Math.max(longest, performance.now() - started)
      const known = error instanceof MalformedInputError || error instanceof LimitExceededError
      expect(error === null || known, `run ${run}: ${error}`).toBe(true)
      expect(got.length).toBeLessThan(4 * 1024 ** 2)
    }
    expect(longest).toBeLessThan(1000)
  })

  it('gives a result or a named error for any block', async () => {
    const content = fc.uint8Array({ minLength: 1, maxLength: 200 })
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 3 }), content, async (type, bytes) => {
        const { error, bytes: got } = await decode(frame([0x00, 0x58], block(type, bytes.length, [...bytes])))
        expect(error === null || error instanceof MalformedInputError, String(error)).toBe(true)
        expect(got.length).toBeLessThanOrEqual(128 * 1024)
      }),
      { numRuns: 5000 },
    )
  })
})
