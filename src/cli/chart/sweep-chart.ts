import { bestRange, rangeName, type SweepCell } from '../../evaluation/index.ts'
import type { CorpusSweep } from '../../pipeline/index.ts'
import { figure } from '../figure-text.ts'
import { wholeText } from '../number-text.ts'
import { printable } from '../printable.ts'
import { byRecipe } from '../sweep-table.ts'
import { type Drawing, type Mark, type Point, stroke, words } from './drawing.ts'

const WIDTH = 960
const HEIGHT = 600
/** Where the plot lies. */
const PLOT = { left: 72, right: 780, top: 96, bottom: 480 } as const

const INK = '#1a1a1a'
const GREY = '#5f6368'
const PALE = '#e4e6e9'
/** Told apart by people with any colour vision, and dark enough for text on white (after Okabe & Ito, 2008). */
const COLOURS = [
  '#0072b2',
  '#c44e00',
  '#00795a',
  '#a3407b',
  '#7a6400',
  '#2b2b2b',
  '#3f8fbf',
  '#8c3b00',
] as const

const LABEL_STEP = 34
/** Sideways step between recipes, so that their intervals do not lie on each other. */
const DODGE = 7

/** The figure of a sweep: weighted F1 over n, a line a recipe with its 95 % intervals, all n together at the right end. */
export function sweepChart(sweep: CorpusSweep): Drawing {
  const recipes = byRecipe(sweep)
  const scale = verticalScale(sweep.cells)
  const places = horizontalPlaces(sweep)
  const title = heading(sweep)
  return {
    width: WIDTH,
    height: HEIGHT,
    title,
    marks: [
      words(title, [PLOT.left - 40, 40], 20, INK, { bold: true }),
      words(subtitle(sweep), [PLOT.left - 40, 64], 14, GREY),
      ...axes(sweep, scale, places),
      ...recipes.flatMap((cells, i) => recipeMarks(cells, i, recipes.length, scale, places)),
      ...labels(recipes, scale, places),
      ...caption(sweep).map((line, i) => words(line, [PLOT.left - 40, 548 + 18 * i], 12, GREY)),
    ],
  }
}

function heading({ view, target }: CorpusSweep): string {
  const asked = target === 'malicious' ? 'Malicious or benign' : `Which ${target}`
  return `${asked}, by n-grams of ${view}`
}

function subtitle({ settings, rows, groups }: CorpusSweep): string {
  const { folds, select } = settings
  return `Weighted F1 and its 95 % interval; ${wholeText(rows)} samples (${wholeText(groups)} distinct), ${folds} folds, best ${wholeText(select)} n-grams of each training part`
}

function caption({ corpus, settings, cells, ranges, nested }: CorpusSweep): string[] {
  const names = cells.filter((_, i) => i % ranges.length === 0).map(({ recipe }) => printable(recipe, 40))
  const { ngrams, select, limit, folds, seed, distinct } = settings
  const options = [
    `--ngrams ${ngrams.join('-')} --select ${select}`,
    ...(limit > 0 ? [`--limit ${limit}`] : []),
    ...(folds === 5 ? [] : [`--folds ${folds}`]),
    ...(seed === 0 ? [] : [`--seed ${seed}`]),
    ...(distinct ? ['--distinct'] : []),
  ].join(' ')
  const inside = nested.map(({ recipe, weightedF1 }) => `${printable(recipe, 40)} ${figure(weightedF1)}`)
  return [
    `taxon evaluate ${names.join(' ')} CORPUS ${options}`,
    `corpus ${corpus.slice(0, 32)}`,
    ...(inside.length > 0 && ranges.length > 1
      ? [`weighted F1 with n chosen inside each training part: ${inside.join(', ')}`]
      : []),
  ]
}

/** The values at the bottom and top of the plot, and between two lines of its grid. */
interface Scale {
  readonly low: number
  readonly high: number
  readonly step: number
}

/** From a round value below all intervals up to 1, or to a round one above them; 4 to 10 steps. */
function verticalScale(cells: readonly SweepCell[]): Scale {
  const ends = cells.flatMap(({ weightedF1, intervals }) => [weightedF1, ...(intervals.weightedF1 ?? [])])
  const [lowest, highest] = [Math.min(...ends), Math.max(...ends)]
  const step = [0.005, 0.01, 0.02, 0.05, 0.1].find((each) => (highest - lowest) / each <= 8) ?? 0.2
  const low = Math.max(0, Math.floor(lowest / step) * step)
  const high = Math.min(1, Math.ceil(highest / step) * step)
  return { low, high: Math.max(high, low + step), step }
}

function yOf({ low, high }: Scale, value: number): number {
  return PLOT.bottom - ((value - low) / (high - low)) * (PLOT.bottom - PLOT.top)
}

/** The place of each range; that of all n together stands apart. */
function horizontalPlaces({ ranges }: CorpusSweep): number[] {
  const gap = ranges.length > 1 ? 0.4 : 0
  const step = (PLOT.right - PLOT.left) / (ranges.length + gap)
  return ranges.map((_, i) => PLOT.left + step * (i + 0.5 + (i === ranges.length - 1 ? gap : 0)))
}

function axes({ ranges }: CorpusSweep, scale: Scale, places: readonly number[]): Mark[] {
  const steps = Math.round((scale.high - scale.low) / scale.step)
  const grid = Array.from({ length: steps + 1 }, (_, i) => scale.low + i * scale.step).flatMap((value) => {
    const y = yOf(scale, value)
    const digits = scale.step < 0.01 ? 3 : 2
    const text = value.toFixed(digits).replace(/^0/, '')
    return [
      stroke(
        [
          [PLOT.left, y],
          [PLOT.right, y],
        ],
        PALE,
      ),
      words(text, [PLOT.left - 10, y + 4], 12, GREY, { anchor: 'end' }),
    ]
  })
  const names = ranges.map(([from, to], i) =>
    words(from === to ? `${from}` : `${from}-${to}`, [places[i], PLOT.bottom + 22], 13, INK, {
      anchor: 'middle',
    }),
  )
  const alone = ranges.filter(([from, to]) => from === to).length
  const middle = (places[0] + places[alone - 1]) / 2
  const under = [words('n', [middle, PLOT.bottom + 42], 13, GREY, { anchor: 'middle' })]
  if (alone < ranges.length) {
    const x = (places[alone - 1] + places[alone]) / 2
    under.push(words('together', [places[alone], PLOT.bottom + 42], 13, GREY, { anchor: 'middle' }))
    return [
      ...grid,
      stroke(
        [
          [x, PLOT.top],
          [x, PLOT.bottom],
        ],
        PALE,
      ),
      ...names,
      ...under,
    ]
  }
  return [...grid, ...names, ...under]
}

function recipeMarks(
  cells: readonly SweepCell[],
  number: number,
  count: number,
  scale: Scale,
  places: readonly number[],
): Mark[] {
  const colour = colourOf(number)
  const x = (i: number) => places[i] + shiftOf(number, count)
  const points = cells.map(({ weightedF1 }, i): Point => [x(i), yOf(scale, weightedF1)])
  const alone = points.filter((_, i) => cells[i].ngrams[0] === cells[i].ngrams[1])
  const bars = cells.flatMap(({ intervals }, i) => {
    if (!intervals.weightedF1) return []
    const [low, high] = intervals.weightedF1
    return [
      stroke(
        [
          [x(i), yOf(scale, low)],
          [x(i), yOf(scale, high)],
        ],
        colour,
        3,
        0.35,
      ),
    ]
  })
  const line = alone.length > 1 ? [stroke(alone, colour, 2)] : []
  return [...bars, ...line, ...points.map((at) => stroke([at], colour, 7))]
}

function colourOf(number: number): string {
  return COLOURS[number % COLOURS.length]
}

function shiftOf(number: number, count: number): number {
  return (number - (count - 1) / 2) * Math.min(DODGE, 36 / count)
}

/** The names of recipes beside their last points, pushed apart, each with what was its best. */
function labels(recipes: readonly (readonly SweepCell[])[], scale: Scale, places: readonly number[]): Mark[] {
  const wanted = recipes.map((cells, number) => {
    const { weightedF1, ngrams } = cells[bestRange(cells)]
    return {
      number,
      from: yOf(scale, cells[cells.length - 1].weightedF1),
      name: printable(cells[0].recipe, 20),
      best: `best ${figure(weightedF1)}, ${rangeName(ngrams)}`,
    }
  })
  wanted.sort((a, b) => a.from - b.from || a.number - b.number)
  const heights = apart(wanted.map(({ from }) => from))
  return wanted.flatMap(({ number, from, name, best }, i) => {
    const start = places[places.length - 1] + shiftOf(number, recipes.length) + 6
    const colour = colourOf(number)
    const [x, y] = [PLOT.right + 14, heights[i]]
    return [
      stroke(
        [
          [start, from],
          [PLOT.right + 8, y],
        ],
        colour,
        1,
        0.5,
      ),
      words(name, [x, y + 5], 14, colour, { bold: true }),
      words(best, [x, y + 20], 11, GREY),
    ]
  })
}

/** Ascending heights moved as little as it takes to be a step apart and within the plot. */
function apart(heights: readonly number[]): number[] {
  const moved: number[] = []
  for (const height of heights)
    moved.push(Math.max(height, (moved.at(-1) ?? Number.NEGATIVE_INFINITY) + LABEL_STEP))
  for (let i = moved.length - 1, limit = PLOT.bottom; i >= 0; i--, limit -= LABEL_STEP) {
    moved[i] = Math.min(moved[i], limit)
  }
  return moved
}
