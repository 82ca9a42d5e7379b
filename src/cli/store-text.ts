import type { Allowance, Allowed, Known, Sample, SilencedKnown } from '../pipeline/index.ts'
import { wholeText } from './number-text.ts'
import { printable } from './printable.ts'
import { styled, table } from './table.ts'

/** A sample in a list, with what most ask for first. */
export interface Brief {
  readonly sample: Sample
  readonly names: readonly string[]
  readonly tags: readonly string[]
  readonly sightings: number
  readonly verdict: string | null
  readonly family: string | null
  /** Why the verdict is not the models'; null where it is. */
  readonly allowed: Allowed | null
}

/** What a list tells of a sample: of verdicts the worst. */
export function briefOf(known: SilencedKnown): Brief {
  const { sample, names, tags, sightings, verdicts, labels, allowed = null } = known
  const order = ['malicious', 'unknown', 'benign'] as const
  const verdict = order.find((each) => verdicts.some((one) => one.verdict === each)) ?? null
  const consensus = labels.find(({ source, family }) => source === 'consensus' && family !== null)
  const family = verdicts.find((one) => one.family !== null)?.family ?? consensus?.family ?? null
  return { sample, names, tags, sightings: sightings.length, verdict, family, allowed }
}

/** The day and time of some milliseconds since 1970, in UTC. */
export function timeText(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19).replace('T', ' ')}Z`
}

/** Samples as a table for people. */
export function listText(briefs: readonly Brief[], colour: boolean): string {
  if (briefs.length === 0) return 'no samples\n'
  const columns = [
    { title: 'sha256' },
    { title: 'type' },
    { title: 'bytes', align: 'right' as const },
    { title: 'verdict' },
    { title: 'family' },
    { title: 'tags' },
    { title: 'name' },
  ]
  const rows = briefs.map(({ sample, names, tags, verdict, family, allowed }) => [
    sample.sha256.slice(0, SHORT_HASH),
    sample.state === 'partial' ? `${sample.type}, cut` : sample.type,
    wholeText(sample.size),
    allowed ? `${verdict}, allowed` : (verdict ?? ''),
    printable(family ?? '', 30),
    printable(tags.join(' '), 40),
    printable(names[0] ?? '', 60),
  ])
  return table(columns, rows, colour)
}

const SHORT_HASH = 16

/** The columns of a list as CSV; texts from outside are made safe by csvLine. */
export const BRIEF_COLUMNS: readonly (readonly [
  title: string,
  cell: (brief: Brief) => string | number | null,
])[] = [
  ['sha256', ({ sample }) => sample.sha256],
  ['sha1', ({ sample }) => sample.sha1],
  ['md5', ({ sample }) => sample.md5],
  ['size', ({ sample }) => sample.size],
  ['type', ({ sample }) => sample.type],
  ['state', ({ sample }) => sample.state],
  ['reasons', ({ sample }) => sample.reasons.join('; ')],
  ['added', ({ sample }) => timeText(sample.addedAt)],
  ['verdict', ({ verdict }) => verdict],
  ['family', ({ family }) => family],
  ['allowed', ({ allowed }) => (allowed ? `${allowed.kind} ${allowed.value}: ${allowed.reason}` : null)],
  ['tags', ({ tags }) => tags.join(' ')],
  ['sightings', ({ sightings }) => sightings],
  ['name', ({ names }) => names[0] ?? null],
]

/** All that is known of a sample, for people. */
export function knownText(known: SilencedKnown, colour: boolean): string {
  const { sample, allowed } = known
  const lines: [title: string, text: string][] = [
    ['sha256', sample.sha256],
    ['sha1', sample.sha1],
    ['md5', sample.md5],
    ['size', wholeText(sample.size)],
    ['type', sample.type],
    ['state', [sample.state, ...sample.reasons.map((reason) => printable(reason))].join(': ')],
    ['added', timeText(sample.addedAt)],
    ...(allowed ? [allowedLine(allowed)] : []),
    ...known.names.map((name): [string, string] => ['name', printable(name)]),
    ...known.tags.map((tag): [string, string] => ['tag', printable(tag)]),
    ...SECTIONS.flatMap((section) => section(known)),
  ]
  const shown = lines.slice(0, MAX_LINES)
  const more = lines.length - shown.length
  const text = shown.map(([title, line], i) => {
    const isRepeated = i > 0 && shown[i - 1]![0] === title
    return `${styled((isRepeated ? '' : title).padEnd(TITLE_WIDTH), 'bold', colour)}${line}\n`
  })
  return `${text.join('')}${more > 0 ? `and ${wholeText(more)} more; --json tells all\n` : ''}`
}

function allowedLine({ kind, value, reason, by, expires, verdict }: Allowed): [title: string, text: string] {
  const whose = by === null ? '' : ` by ${printable(by)}`
  const until = expires === null ? '' : ` until ${expires}`
  return [
    'allowed',
    `${kind} ${printable(value)}${whose}${until}: ${printable(reason)} (${verdict} by the models)`,
  ]
}

const TITLE_WIDTH = 10
/** Lines of one sample on a terminal. */
const MAX_LINES = 300

type Section = (known: Known) => [title: string, text: string][]

const SECTIONS: readonly Section[] = [
  ({ sightings }) =>
    sightings.map((seen) => {
      const ends = [
        [seen.sourceAddress, seen.sourcePort],
        [seen.destinationAddress, seen.destinationPort],
      ]
      const way = ends.map((end) => end.filter((part) => part !== null).join(':')).filter((end) => end !== '')
      const parts = [seen.protocol, way.join(' → '), (seen.host ?? '') + (seen.uri ?? ''), seen.name]
      const told = parts.filter((part) => part !== null && part !== '').map((part) => printable(part!, 100))
      return ['seen', [timeText(seen.at), printable(seen.source), ...told].join('  ')]
    }),
  ({ parents }) =>
    parents.map(({ parent, kind, name }) => [
      'from',
      `${parent}  ${kind}  ${printable(name ?? '')}`.trimEnd(),
    ]),
  ({ children }) =>
    children.map(({ child, kind, name }) => [
      'holds',
      `${child}  ${kind}  ${printable(name ?? '')}`.trimEnd(),
    ]),
  ({ labels }) =>
    labels.map((label) => {
      const what = [label.detection, label.family, label.category].filter((part) => part !== null)
      const said =
        what.length > 0 ? what.map((part) => printable(part!, 80)).join('  ') : opinion(label.malicious)
      return [
        'label',
        `${printable(label.engine, 40)}  ${said}  ${printable(label.version ?? '', 40)}`.trimEnd(),
      ]
    }),
  ({ verdicts }) =>
    verdicts.map(({ view, verdict, probability, family, state }) => {
      const sure = probability === null ? '–' : probability.toFixed(3)
      return [
        'verdict',
        [view, verdict, sure, printable(family ?? ''), state].filter((part) => part).join('  '),
      ]
    }),
  ({ artifacts }) =>
    artifacts.map(({ kind, producer, size }) => [
      'kept',
      `${kind}  ${wholeText(size)} bytes  ${printable(producer)}`,
    ]),
  ({ notes }) =>
    notes.map(({ id, text, by, at }) => [
      'note',
      `${id}  ${timeText(at)}  ${printable(by ?? '')}  ${printable(text, 500)}`,
    ]),
]

function opinion(malicious: 0 | 1 | null): string {
  if (malicious === null) return 'says nothing'
  return malicious === 1 ? 'malicious' : 'found nothing'
}

/** Allowances as a table for people. */
export function allowancesText(allowances: readonly Allowance[], colour: boolean): string {
  if (allowances.length === 0) return 'no allowances\n'
  const columns = ['by', 'value', 'reason', 'who', 'since', 'until'].map((title) => ({ title }))
  const rows = allowances.map(({ kind, value, reason, by, at, expiresAt }) => [
    kind,
    printable(value, 64),
    printable(reason, 80),
    printable(by ?? '', 30),
    timeText(at),
    expiresAt === null ? '' : timeText(expiresAt),
  ])
  return table(columns, rows, colour)
}
