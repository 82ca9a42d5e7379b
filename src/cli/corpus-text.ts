import type { DescribedCorpus, ImportResult, SplitCounts } from '../pipeline/index.ts'
import { failureLine } from './failure-line.ts'
import { wholeText } from './number-text.ts'
import { printable } from './printable.ts'
import { styled, table } from './table.ts'

/** Families, sources and the like that are listed for people; the rest is counted. */
const LISTED = 12
/** Skipped things that are listed for people. */
const SKIPPED_LISTED = 10

/** A corpus's figures for people. */
export function corpusText(info: DescribedCorpus, colour: boolean): string {
  const { rows, samples, partial, firstSeen } = info
  const dates =
    firstSeen.earliest === null
      ? 'no dates'
      : `first seen ${firstSeen.earliest} to ${firstSeen.latest}, ${wholeText(firstSeen.unknown)} without a date`
  const parts = [
    `${styled(printable(info.directory), 'bold', colour)}: ${wholeText(rows)} rows of ${wholeText(samples)} samples, ${wholeText(partial)} partial, ${dates}\n`,
    `digest ${info.digest}\n`,
    partsTable(info, colour),
    clashes(info),
    ...lists(info, colour),
  ]
  return parts.filter((part) => part !== '').join('\n')
}

function partsTable({ parts }: DescribedCorpus, colour: boolean): string {
  if (parts.length === 0) return ''
  const right = (title: string) => ({ title, align: 'right' as const })
  const columns = [
    ...[{ title: 'view' }, { title: 'kind' }],
    ...['rows', 'malicious', 'benign', 'unlabelled', 'distinct', 'duplicates'].map(right),
    ...['shortest', 'median', '90 %', 'longest'].map(right),
  ]
  const cells = parts.map((part) => [
    part.view,
    part.kind,
    ...[part.rows, part.malicious, part.benign, part.unlabelled, part.groups, part.duplicates].map(wholeText),
    ...[part.lengths.minimum, part.lengths.median, part.lengths.p90, part.lengths.maximum].map(wholeText),
  ])
  return table(columns, cells, colour)
}

/** Equal contents that are labelled apart, a line for each view and kind that has some. */
function clashes({ parts }: DescribedCorpus): string {
  return parts
    .flatMap(({ view, kind, labelClashes, familyClashes }) => [
      [labelClashes, 'both malicious and benign', `${view}, ${kind}`] as const,
      [familyClashes, 'of several families', `${view}, ${kind}`] as const,
    ])
    .filter(([{ groups }]) => groups > 0)
    .map(
      ([{ groups, rows }, what, where]) =>
        `${wholeText(groups)} equal contents are ${what} (${wholeText(rows)} rows; ${where})\n`,
    )
    .join('')
}

function lists(info: DescribedCorpus, colour: boolean): string[] {
  const { families, categories, dialects, sources } = info
  return (
    [
      ['family', families],
      ['category', categories],
      ['dialect', dialects],
      ['source', sources],
    ] as const
  )
    .filter(([, named]) => named.some(({ name }) => name !== null))
    .map(([title, named]) => {
      const cells = named
        .slice(0, LISTED)
        .map(({ name, rows }) => [name === null ? '(none)' : printable(name, 60), wholeText(rows)])
      if (named.length > LISTED) {
        const rest = named.slice(LISTED).reduce((sum, { rows }) => sum + rows, 0)
        cells.push([`${wholeText(named.length - LISTED)} more`, wholeText(rest)])
      }
      return table([{ title }, { title: 'rows', align: 'right' }], cells, colour)
    })
}

/** What an import did, for people. */
export function importText(result: ImportResult, directory: string): string {
  const { added, alreadyThere, differing, files, filesReadBefore, unlabelled, skipped, passedOver, notices } =
    result
  const lines = [
    `${wholeText(added)} rows added to ${printable(directory)} from ${wholeText(files)} files`,
    ...when(alreadyThere, `${wholeText(alreadyThere)} were there already (same sample, view and source)`),
    ...when(differing, `${wholeText(differing)} of those have another trace than the one that stays`),
    ...when(filesReadBefore, `${wholeText(filesReadBefore)} files have not changed since they were imported`),
    ...when(unlabelled, `${wholeText(unlabelled)} of the added rows have no label`),
    ...when(
      passedOver,
      `${wholeText(passedOver)} things in folders and archives are nothing that taxon reads`,
    ),
    ...notices.map((notice) => printable(notice)),
    ...when(skipped.total, `${wholeText(skipped.total)} things could not be read:`),
    ...skipped.first.slice(0, SKIPPED_LISTED).map(({ message, path }) => `  ${failureLine(path, message)}`),
    ...when(skipped.total - SKIPPED_LISTED, `  and ${wholeText(skipped.total - SKIPPED_LISTED)} more`),
    ...(result.interrupted ? ['stopped; what was read is kept, the same command goes on'] : []),
  ]
  return `${lines.join('\n')}\n`
}

/** What a split did, for people. */
export function splitText({ train, test, balancedAway, undated, from, shared }: SplitCounts): string {
  const lines = [
    `${wholeText(train.added)} rows to train on, ${wholeText(test.added)} to test on`,
    ...(from === null ? [] : [`the test rows were first seen on ${from} or later`]),
    ...when(undated, `${wholeText(undated)} rows have no date and were left out`),
    ...when(balancedAway, `${wholeText(balancedAway)} rows of the larger class were left out`),
    ...when(shared, `${wholeText(shared)} test rows have the same content as a training row`),
  ]
  return `${lines.join('\n')}\n`
}

function when(n: number, line: string): string[] {
  return n > 0 ? [line] : []
}
