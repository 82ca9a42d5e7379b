/** A picture of lines and words, from which an SVG and a PNG of equal looks are made. Units are pixels, y goes down. */
export interface Drawing {
  readonly width: number
  readonly height: number
  /** What it shows, for those who cannot see it. */
  readonly title: string
  /** Drawn one over the other, on white. */
  readonly marks: readonly Mark[]
}

/** A part of a drawing. */
export type Mark = Stroke | Words

/** A line through some points, with round ends; a single point is a dot. */
export interface Stroke {
  readonly kind: 'stroke'
  readonly points: readonly Point[]
  /** `#rrggbb` */
  readonly colour: string
  readonly width: number
  /** 0 … 1 */
  readonly opacity: number
}

/** A place: x, then y. */
export type Point = readonly [x: number, y: number]

/** One line of text. */
export interface Words {
  readonly kind: 'words'
  readonly text: string
  /** The point of the base line that `anchor` names. */
  readonly at: Point
  readonly size: number
  /** `#rrggbb` */
  readonly colour: string
  readonly anchor: 'start' | 'middle' | 'end'
  readonly bold: boolean
}

/** A stroke, as wide as a hair and opaque unless said. */
export function stroke(points: readonly Point[], colour: string, width = 1, opacity = 1): Stroke {
  return { kind: 'stroke', points, colour, width, opacity }
}

/** A line of text, plain and from `at` on unless said. */
export function words(
  text: string,
  at: Point,
  size: number,
  colour: string,
  { anchor = 'start', bold = false }: Partial<Pick<Words, 'anchor' | 'bold'>> = {},
): Words {
  return { kind: 'words', text, at, size, colour, anchor, bold }
}
