import { describe, expect, it } from 'vitest'
import { percent, secondsText, signed, within } from './figure-text.ts'

describe('the text of a figure', () => {
  it.each([
    [0.00004561, '0.0456 ms'],
    [0.0456, '45.6 ms'],
    [0.99949, '999 ms'],
    [0.9996, '1 s'],
    [12.34, '12.3 s'],
    [99.94, '99.9 s'],
    [99.96, '1.67 min'],
    [252, '4.2 min'],
    [5990, '99.8 min'],
    [6000, '1.67 h'],
    [0, '0 ms'],
  ])('says of %d seconds %s', (seconds, text) => {
    expect(secondsText(seconds)).toBe(text)
  })

  it('gives a share three decimals, and half its interval', () => {
    expect(within(0.9474, [0.93, 0.96])).toBe('.947 ± .015')
    expect(within(1, null)).toBe('1.000')
    expect(within(null, [0, 1])).toBe('–')
    expect([percent(0.98144), percent(1), percent(0)]).toEqual(['98.1 %', '100 %', '0 %'])
    expect([signed(0.01), signed(-0.01), signed(-0.0001)]).toEqual(['+.010', '−.010', '.000'])
  })
})
