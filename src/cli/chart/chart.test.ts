import { inflateSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { type Drawing, stroke, words } from './drawing.ts'
import { pngOf } from './png.ts'
import { strokesOf } from './stroke-font.ts'
import { svgOf } from './svg.ts'

const drawing: Drawing = {
  width: 40,
  height: 20,
  title: 'a < b & "c"\u0000',
  marks: [
    stroke(
      [
        [2, 10],
        [30, 10],
      ],
      '#ff0000',
      4,
    ),
    stroke([[35, 5]], '#0000ff', 6, 0.5),
    words('<n>', [2, 19], 6, '#000000', { anchor: 'end', bold: true }),
  ],
}

/** The pixels of a PNG as `pngOf` writes it: one data chunk, no filter. */
function decode(png: Uint8Array) {
  const bytes = Buffer.from(png)
  expect(bytes.subarray(0, 8).toString('latin1')).toBe('\x89PNG\r\n\x1a\n')
  const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)]
  expect([...bytes.subarray(24, 29)]).toEqual([8, 2, 0, 0, 0])
  const rows = inflateSync(bytes.subarray(41, 41 + bytes.readUInt32BE(33)))
  const pixel = (x: number, y: number) => [...rows.subarray(y * (width * 3 + 1) + 1 + 3 * x).subarray(0, 3)]
  return { width, height, pixel, size: rows.length }
}

describe('pngOf', () => {
  it('paints lines and dots where they are, and nothing elsewhere', () => {
    const { width, height, pixel, size } = decode(pngOf({ ...drawing, marks: drawing.marks.slice(0, 2) }, 1))
    expect([width, height, size]).toEqual([40, 20, 20 * 121])
    expect(pixel(15, 9)).toEqual([255, 0, 0])
    expect(pixel(15, 10)).toEqual([255, 0, 0])
    expect(pixel(15, 14)).toEqual([255, 255, 255])
    expect(pixel(15, 6)).toEqual([255, 255, 255])
    expect(pixel(34, 4)).toEqual([128, 128, 255])
    expect(pixel(39, 0)).toEqual([255, 255, 255])
  })

  it('paints crossing strokes of one mark once', () => {
    const bent = stroke(
      [
        [2, 10],
        [20, 10],
        [2, 10],
      ],
      '#000000',
      4,
      0.5,
    )
    const { pixel } = decode(pngOf({ ...drawing, marks: [bent] }, 1))
    expect(pixel(10, 10)).toEqual([128, 128, 128])
  })

  it('has check sums that a reader accepts', () => {
    const end = Buffer.from(pngOf(drawing)).subarray(-12)
    expect(end.toString('hex')).toBe('0000000049454e44ae426082') // the last chunk of any PNG
  })
})

describe('strokesOf', () => {
  it('has a letter for every printable ASCII character, none like that for a missing one', () => {
    const missing = JSON.stringify(strokesOf('漢', 10))
    for (let code = 0x21; code < 0x7f; code++) {
      const sign = String.fromCharCode(code)
      const { strokes, width } = strokesOf(sign, 10)
      expect(JSON.stringify({ strokes, width }), sign).not.toBe(missing)
      for (const [x, y] of strokes.flat()) {
        expect(Number.isFinite(x) && x >= 0 && x <= width + 1e-9, sign).toBe(true)
        expect(y >= -7.3 && y <= 2.5, sign).toBe(true)
      }
    }
  })

  it('writes from left to right', () => {
    const [one, two] = [strokesOf('n', 10), strokesOf('nn', 10)]
    expect(two.width).toBeGreaterThan(2 * one.width)
    expect(two.strokes.slice(0, one.strokes.length)).toEqual(one.strokes)
  })
})

describe('svgOf', () => {
  it('is what the drawing says, with text made safe', () => {
    expect(svgOf(drawing)).toBe(
      [
        '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20" viewBox="0 0 40 20" role="img" font-family="Helvetica, Arial, sans-serif">',
        '<title>a &lt; b &amp; "c"?</title>',
        '<rect width="40" height="20" fill="#ffffff"/>',
        '<polyline points="2,10 30,10" fill="none" stroke="#ff0000" stroke-width="4" stroke-linecap="round" stroke-linejoin="round"/>',
        '<circle cx="35" cy="5" r="3" fill="#0000ff" opacity="0.5"/>',
        '<text x="2" y="19" font-size="6" fill="#000000" text-anchor="end" font-weight="bold">&lt;n&gt;</text>',
        '</svg>',
        '',
      ].join('\n'),
    )
  })
})
