import { csvRecords, MalformedInputError } from '../../core/index.ts'
import { filesIn, type PublicSet, rawFile, type TracesLine } from './public-set.ts'

const REPOSITORY = 'bcandroid/A-Hybrid-Behavioral-Analysis-Dataset-for-Ransomware-and-Benignware-Detection'
const COMMIT = 'a105b5da03c341bf74bfeebefd20f4649da3a6df'

/**
 * RansomTrack: how often each opcode stands in the functions that radare2 found, and each API call was made under Frida. An
 * archive of tables, made by scikit-learn's CountVectorizer: the first column is the file's name, the last its label
 * (`yes`: 1 ransomware, 0 benign), those between are counts, whose names the vectorizer sorts. A table of both kinds has two
 * sorted runs of names; that which has `mov` is the opcodes.
 */
export const ransomtrack: PublicSet = {
  name: 'ransomtrack',
  summary: 'opcode and API call counts of benign 32-bit Windows programs and ransomware, about 2,400 samples',
  repository: `https://github.com/${REPOSITORY}`,
  licence: 'none stated; whoever uses it is asked to cite its authors (B. Çalışkan et al., SIN 2024)',
  files: [{ name: 'dataset.zip', url: rawFile(REPOSITORY, COMMIT, 'dataset.zip'), sha256: null }],
  kind: null,
  async *lines([archive]) {
    for await (const file of filesIn(archive)) {
      if (/(^|\/)__MACOSX\//.test(file.name) || !file.name.toLowerCase().endsWith('.csv')) continue
      yield* tableLines(await file.text(), file.name)
    }
  },
}

/** Neighbouring columns of one kind. */
interface Block {
  readonly view: 'opcode_counts' | 'api_counts'
  readonly from: number
  readonly names: readonly string[]
}

function* tableLines(text: string, name: string): Generator<TracesLine> {
  let blocks: readonly Block[] | null = null
  let width = 0
  for (const { line, fields } of csvRecords(text)) {
    if (!blocks) {
      blocks = blocksOf(fields)
      width = fields.length
      continue
    }
    const label = fields.at(-1)
    if (fields.length !== width || (label !== '0' && label !== '1')) {
      throw new MalformedInputError('ransomtrack', `${name}: line ${line} is no row of the table`, 0)
    }
    const id = /[0-9a-f]{64}/i.exec(fields[0])?.[0].toLowerCase() ?? fields[0]
    for (const { view, from, names } of blocks) {
      const counts = names.map((each, i) => [each, Number(fields[from + i])] as const)
      yield {
        ...{ id, label: Number(label), family: label === '1' ? 'ransomware' : null },
        dialect: view === 'opcode_counts' ? 'pe-x86' : 'frida',
        [view]: Object.fromEntries(counts.filter(([, count]) => count > 0)),
      }
    }
  }
}

/** Runs of ascending names between the first column and the last. */
function blocksOf(header: readonly string[]): Block[] {
  const blocks: Block[] = []
  const end = header.length - 1
  for (let from = 1, at = 2; at <= end; at++) {
    if (at < end && header[at - 1] < header[at]) continue
    const names = header.slice(from, at)
    blocks.push({ view: names.includes('mov') ? 'opcode_counts' : 'api_counts', from, names })
    from = at
  }
  return blocks
}
