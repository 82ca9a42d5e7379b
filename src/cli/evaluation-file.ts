import { extname } from 'node:path'
import { UsageError, writeWhole } from '../core/index.ts'
import type { CorpusEvaluation } from '../pipeline/index.ts'
import { type Block, documentMarkdown } from './document.ts'
import { evaluationCsv } from './evaluation-csv.ts'
import { evaluationDocument } from './evaluation-document.ts'

/** How an evaluation is written, by the ending of the file's name. */
const WRITERS = new Map<string, (evaluation: CorpusEvaluation) => string>([
  ['.md', evaluationMarkdown],
  ['.csv', ({ results }) => evaluationCsv(results)],
  ['.json', evaluationJson],
])

/** What writes an evaluation to a file, whole or not at all. @throws UsageError unless the name ends in .md, .csv or .json */
export function evaluationWriter(path: string): (evaluation: CorpusEvaluation) => Promise<void> {
  const write = WRITERS.get(extname(path).toLowerCase())
  if (!write) {
    throw new UsageError(
      `--output: a name that ends in ${[...WRITERS.keys()].join(', ')} is wanted, got ${JSON.stringify(path)}`,
    )
  }
  return (evaluation) => writeWhole(path, [write(evaluation)])
}

/** All that is known of an evaluation, on one line. */
export function evaluationJson(evaluation: CorpusEvaluation): string {
  return `${JSON.stringify(evaluation)}\n`
}

/** An evaluation as Markdown: every table, with long titles, and of which corpus it is. */
function evaluationMarkdown(evaluation: CorpusEvaluation): string {
  const { corpus, testCorpus } = evaluation
  const which = [`Corpus ${corpus}`, ...(testCorpus === null ? [] : [`tested on corpus ${testCorpus}`])]
  const about: Block = { is: 'lines', lines: [`${which.join(', ')}.`] }
  return documentMarkdown([...evaluationDocument(evaluation, true), about])
}
