import type { Drawing, Mark } from './drawing.ts'

/** A drawing as an SVG document (SVG 1.1), its words as text that can be searched and read aloud. */
export function svgOf({ width, height, title, marks }: Drawing): string {
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" font-family="Helvetica, Arial, sans-serif">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...marks.map(element),
    '</svg>',
  ]
  return `${lines.join('\n')}\n`
}

function element(mark: Mark): string {
  if (mark.kind === 'words') {
    const { text, at, size, colour, anchor, bold } = mark
    const style = `${anchor === 'start' ? '' : ` text-anchor="${anchor}"`}${bold ? ' font-weight="bold"' : ''}`
    return `<text x="${short(at[0])}" y="${short(at[1])}" font-size="${size}" fill="${colour}"${style}>${escaped(text)}</text>`
  }
  const { points, colour, width, opacity } = mark
  const faint = opacity < 1 ? ` opacity="${opacity}"` : ''
  if (points.length === 1) {
    const [[x, y]] = points
    return `<circle cx="${short(x)}" cy="${short(y)}" r="${width / 2}" fill="${colour}"${faint}/>`
  }
  const path = points.map(([x, y]) => `${short(x)},${short(y)}`).join(' ')
  return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="${width}" stroke-linecap="round" stroke-linejoin="round"${faint}/>`
}

function short(value: number): string {
  return String(Number(value.toFixed(2)))
}

/** Text as it may stand in XML; characters that XML forbids become question marks. */
function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '?')
}
