import { describe, expect, it } from 'vitest'
import { progressBar, progressLine } from './progress.ts'

describe('progressLine', () => {
  it.each([
    [0, 100, 0, 'read ░░░░░░░░░░░░░░░░░░░░░░░░ 0 % 0 of 100'],
    [50, 100, 30, 'read ████████████░░░░░░░░░░░░ 50 % 50 of 100, 30 s left'],
    [100, 100, 60, 'read ████████████████████████ 100 % 100 of 100'],
    [1234, null, 75, 'read 1,234 in 1 min 15 s'],
  ])('after %i of %s in %i s', (done, total, seconds, want) => {
    expect(progressLine('read', done, total, seconds)).toBe(want)
  })
})

describe('progressBar', () => {
  const stream = (isTTY: boolean) => {
    const written: string[] = []
    const fake = { isTTY, columns: 40, write: (text: string) => written.push(text) }
    return { written, fake: fake as unknown as NodeJS.WriteStream }
  }

  it('is silent away from a terminal', () => {
    const { written, fake } = stream(false)
    const bar = progressBar(fake, 'read', 10)
    bar.update(5)
    bar.done()
    expect(written).toEqual([])
  })

  it('draws within the width and takes itself away', () => {
    const { written, fake } = stream(true)
    const bar = progressBar(fake, 'reading a long list of files', 10)
    bar.update(5)
    bar.update(6) // too soon after the last, not drawn
    bar.done()
    expect(written).toHaveLength(2)
    expect(written[0]!.length).toBeLessThanOrEqual(40 + '\r\x1b[K'.length)
    expect(written[1]).toBe('\r\x1b[K')
  })
})
