import { deflateSync } from 'node:zlib'
import type { Drawing, Mark, Point } from './drawing.ts'
import { strokesOf } from './stroke-font.ts'

/** A drawing as a PNG file (ISO/IEC 15948), 8 bits of red, green and blue. @param scale pixels of each unit */
export function pngOf({ width, height, marks }: Drawing, scale = 2): Uint8Array {
  const canvas = { width: Math.round(width * scale), height: Math.round(height * scale) }
  const pixels = new Float32Array(canvas.width * canvas.height * 3).fill(255)
  const cover = new Float32Array(canvas.width * canvas.height)
  for (const mark of marks) {
    const { lines, thickness, colour, opacity } = penOf(mark)
    const scaled = lines.map((line) => line.map(([x, y]): Point => [x * scale, y * scale]))
    paint({ ...canvas, pixels, cover }, scaled, (thickness * scale) / 2, colour, opacity)
  }
  const rows = Buffer.alloc(canvas.height * (canvas.width * 3 + 1))
  for (let y = 0; y < canvas.height; y++) {
    // Each row begins with the number of its filter: 0, none.
    const from = y * canvas.width * 3
    for (let i = 0; i < canvas.width * 3; i++) rows[from + y + 1 + i] = Math.round(pixels[from + i]!)
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(canvas.width, 0)
  header.writeUInt32BE(canvas.height, 4)
  header.set([8, 2], 8)
  const parts = [chunk('IHDR', header), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))]
  return Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), ...parts])
}

/** The lines of a mark: words are written by pen. */
function penOf(mark: Mark) {
  if (mark.kind === 'stroke') {
    return { lines: [mark.points], thickness: mark.width, colour: mark.colour, opacity: mark.opacity }
  }
  const { strokes, width } = strokesOf(mark.text, mark.size)
  const shift = { start: 0, middle: width / 2, end: width }[mark.anchor]
  const lines = strokes.map((points) =>
    points.map(([x, y]): Point => [mark.at[0] + x - shift, mark.at[1] + y]),
  )
  return { lines, thickness: mark.size * (mark.bold ? 0.15 : 0.095), colour: mark.colour, opacity: 1 }
}

interface Canvas {
  readonly width: number
  readonly height: number
  /** Red, green and blue of each pixel, 0 … 255. */
  readonly pixels: Float32Array
  /** How much of each pixel a mark covers; all 0 between two marks. */
  readonly cover: Float32Array
}

/** Lays a colour where lines run: where several cross, once. */
function paint(
  { width, height, pixels, cover }: Canvas,
  lines: readonly (readonly Point[])[],
  radius: number,
  colour: string,
  opacity: number,
): void {
  const touched: number[] = []
  for (const line of lines) {
    const segments =
      line.length === 1 ? [[line[0]!, line[0]!]] : line.slice(1).map((end, i) => [line[i]!, end])
    for (const [[x1, y1], [x2, y2]] of segments as [Point, Point][]) {
      const reach = radius + 1
      const top = Math.max(0, Math.floor(Math.min(y1, y2) - reach))
      const bottom = Math.min(height - 1, Math.ceil(Math.max(y1, y2) + reach))
      const left = Math.max(0, Math.floor(Math.min(x1, x2) - reach))
      const right = Math.min(width - 1, Math.ceil(Math.max(x1, x2) + reach))
      for (let y = top; y <= bottom; y++) {
        for (let x = left; x <= right; x++) {
          const far = distance(x + 0.5, y + 0.5, x1, y1, x2, y2)
          const covered = Math.min(1, Math.max(0, radius + 0.5 - far))
          const at = y * width + x
          if (covered <= cover[at]!) continue
          if (cover[at] === 0) touched.push(at)
          cover[at] = covered
        }
      }
    }
  }
  for (const at of touched) {
    for (let channel = 0; channel < 3; channel++) {
      const wanted = Number.parseInt(colour.slice(1 + 2 * channel, 3 + 2 * channel), 16)
      const i = 3 * at + channel
      pixels[i] = pixels[i]! + (wanted - pixels[i]!) * cover[at]! * opacity
    }
    cover[at] = 0
  }
}

/** How far a point is from a segment. */
function distance(x: number, y: number, x1: number, y1: number, x2: number, y2: number): number {
  const [dx, dy] = [x2 - x1, y2 - y1]
  const squared = dx * dx + dy * dy
  const along = squared === 0 ? 0 : ((x - x1) * dx + (y - y1) * dy) / squared
  const share = Math.min(1, Math.max(0, along))
  return Math.hypot(x - x1 - share * dx, y - y1 - share * dy)
}

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const framed = Buffer.alloc(body.length + 8)
  framed.writeUInt32BE(data.length, 0)
  framed.set(body, 4)
  framed.writeUInt32BE(checksum(body), body.length + 4)
  return framed
}

/** CRC-32 as PNG has it (ISO/IEC 15948, annex D). */
function checksum(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  }
  return (crc ^ 0xffffffff) >>> 0
}
