import type { Allowance, Allowed, Known, Sample, SilencedKnown, Step } from '../pipeline/index.ts'
import type { LabelState } from '../samples/index.ts'
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
export function knownText(known: SilencedKnown, steps: readonly Step[], colour: boolean): string {
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
    ...steps.flatMap(failedStep),
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
      const named = what.map((part) => printable(part!, 80)).join('  ')
      const said = [OPINIONS[label.state](label.malicious), named].filter((part) => part !== '').join(': ')
      const who = label.source === 'consensus' ? 'consensus' : label.engine
      const problem = label.problem === null ? '' : `(${printable(label.problem, 200)})`
      const parts = [printable(who, 40), said, problem, printable(label.version ?? '', 40)]
      return ['label', parts.filter((part) => part !== '').join('  ')]
    }),
  ({ verdicts }) =>
    verdicts.flatMap(({ view, verdict, probability, family, state, modelSha256, json }) => {
      const sure = probability === null ? '–' : probability.toFixed(3)
      const model = modelSha256 === '' ? '' : `by model ${modelSha256.slice(0, 8)}`
      const parts = [view, verdict, sure, printable(family ?? ''), state, model]
      const { reasons = [] } = JSON.parse(json) as { reasons?: string[] }
      const lines = [
        parts.filter((part) => part).join('  '),
        ...reasons.slice(0, 3).map((each) => `  ${printable(each)}`),
      ]
      return lines.map((line): [string, string] => ['verdict', line])
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

/** A step of `taxon run` that failed, and why. */
function failedStep({ step, state, detail }: Step): [title: string, text: string][] {
  if (state !== 'failed') return []
  const { reason = 'unknown reason' } = (JSON.parse(detail ?? 'null') ?? {}) as { reason?: string }
  return [['failed', `${printable(step)}  ${printable(String(reason), 300)}`]]
}

const word = (malicious: 0 | 1 | null) => (malicious === null ? '' : malicious === 1 ? 'malicious' : 'benign')

/** What an answer is in a word, by its state. */
const OPINIONS: Readonly<Record<LabelState, (malicious: 0 | 1 | null) => string>> = {
  found: () => 'found',
  clean: () => 'found nothing',
  partial: () => 'not looked at in full',
  'too-big': () => 'too big to be looked at',
  unsupported: () => 'not a kind that it looks at',
  failed: () => 'could not look',
  stated: (malicious) => `says ${word(malicious) || 'nothing of malice'}`,
  undecided: () => 'undecided',
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
