import { csvLine } from '../core/index.ts'
import type { Clash, EngineLabel, Labelled } from '../pipeline/index.ts'
import { printable } from './printable.ts'
import { styled } from './table.ts'

type Success = Exclude<Labelled, { error: unknown }>

const VERDICTS = { 1: 'malicious', 0: 'benign' } as const
const COLOURS = { malicious: 'red', benign: 'green', unknown: 'yellow' } as const
const INDENT = ' '.repeat(11)
/** Tags of a sample that people are shown; --json has all. */
const MAX_TAGS = 8

/** The labels of a file for people: the consensus, below it what each source says, and what speaks against it. */
export function labelledText({ sample, labels, consensus }: Success, colour: boolean): string {
  const verdict = verdictText(consensus.malicious)
  const { family, category, votes, basis, tags, clash } = consensus
  const names = [
    ...(family === null
      ? []
      : [`${printable(family)} (${basis === 'people' ? 'stated' : `${votes} engines`})`]),
    ...(category === null ? [] : [printable(category)]),
  ]
  const hash = sample.sha256 === null ? '' : `  ${styled(sample.sha256.slice(0, 16), 'dim', colour)}`
  const name = names.length === 0 ? 'no family' : names.join(', ')
  const lines = [
    `${styled(verdict.padEnd(9), COLOURS[verdict], colour)}  ${printable(sample.path)}${hash}  ${name}`,
  ]
  for (const [source, own] of bySource(labels)) lines.push(line(source, sourceText(own), colour))
  if (labels.length === 0) lines.push(line('labels', 'none', colour))
  if (tags.length > 0) {
    const shown = tags.slice(0, MAX_TAGS).map((tag) => `${printable(tag.path)} ${tag.votes}`)
    lines.push(line('tags', [...shown, ...(tags.length > MAX_TAGS ? ['…'] : [])].join(', '), colour))
  }
  const against = clashText(clash)
  if (against !== '') lines.push(line('clash', against, colour))
  return `${lines.join('\n')}\n`
}

function line(title: string, text: string, colour: boolean): string {
  return `${INDENT}${styled(title.padEnd(10), 'dim', colour)}  ${text}`
}

function verdictText(malicious: 0 | 1 | null): 'malicious' | 'benign' | 'unknown' {
  return malicious === null ? 'unknown' : VERDICTS[malicious]
}

function bySource(labels: readonly EngineLabel[]): Map<string, EngineLabel[]> {
  const sources = new Map<string, EngineLabel[]>()
  for (const label of labels) sources.set(label.source, [...(sources.get(label.source) ?? []), label])
  return sources
}

function sourceText(labels: readonly EngineLabel[]): string {
  if (labels.length === 1) return labelText(labels[0]!)
  if (labels.every(({ state }) => state === 'stated')) return labels.map(labelText).join('; ')
  const count = (state: EngineLabel['state']) => labels.filter((label) => label.state === state).length
  const answered = count('found') + count('clean')
  const others = labels.length - answered
  return `${count('found')} of ${answered} engines found something${others === 0 ? '' : `, ${others} did not look`}`
}

function labelText({ state, detection, problem, malicious, family, category, engine }: EngineLabel): string {
  if (state === 'stated') {
    const said = [...(malicious === null ? [] : [verdictText(malicious)]), family, category].filter(
      (each) => each !== null,
    )
    return printable(`${said.join(', ') || 'nothing'} (${engine})`)
  }
  if (state === 'clean') return 'nothing found'
  if (state === 'found') return printable(detection ?? 'something without a name')
  return printable(`${state}: ${problem ?? ''}`, 500)
}

function clashText({ families, malicious, benign }: Clash): string {
  const others = families.map(({ family, votes }) => `${printable(family)} ${votes}`)
  return [
    ...(others.length > 0 ? [`other families: ${others.slice(0, MAX_TAGS).join(', ')}`] : []),
    ...(malicious.length > 0 ? [`malicious says ${malicious.join(', ')}, benign ${benign.join(', ')}`] : []),
  ].join('; ')
}

const COLUMNS: readonly (readonly [title: string, cell: (labelled: Success) => string | number | null])[] = [
  ['path', ({ sample }) => printable(sample.path, 4096)],
  ['sha256', ({ sample }) => sample.sha256],
  ['verdict', ({ consensus }) => verdictText(consensus.malicious)],
  ['family', ({ consensus }) => consensus.family && printable(consensus.family)],
  ['category', ({ consensus }) => consensus.category && printable(consensus.category)],
  ['votes', ({ consensus }) => consensus.votes],
  ['detected', ({ consensus }) => consensus.detected],
  ['scanned', ({ consensus }) => consensus.scanned],
  ['cluster', ({ consensus }) => printable(consensus.cluster)],
  [
    'labels',
    ({ labels }) => [...bySource(labels)].map(([name, own]) => `${name}: ${sourceText(own)}`).join('; '),
  ],
  ['clash', ({ consensus }) => clashText(consensus.clash)],
]

/** The line of titles over `labelledCsv`. */
export function labelledCsvTitles(): string {
  return csvLine([...COLUMNS.map(([title]) => title), 'error'])
}

/** The labels of a file as a line of CSV; of a failure the path and the message. */
export function labelledCsv(labelled: Labelled): string {
  if (!('error' in labelled)) return csvLine([...COLUMNS.map(([, cell]) => cell(labelled)), null])
  const none = COLUMNS.slice(1).map(() => null)
  return csvLine([printable(labelled.sample.path, 4096), ...none, printable(labelled.error.message, 1000)])
}
