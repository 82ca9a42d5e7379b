import { writeWhole } from '../core/index.ts'
import { type Corpus, exportLines, exportParquet, openCorpus } from '../corpus/index.ts'
import {
  columnRecords,
  type FeatureTable,
  fitEncoder,
  rowRecords,
  svmlightLines,
  tableRecords,
  writeFeatureParquet,
} from '../features/index.ts'
import type { Recipe } from '../models/index.ts'
import type { View } from '../samples/index.ts'
import { learningTask, taskTraces } from './learning-task.ts'

/** What a corpus is exported as: its traces, or the features that a recipe makes of them. */
export type ExportOptions =
  | { readonly format: 'ndjson' | 'parquet'; readonly recipe?: undefined }
  | {
      readonly format: 'parquet' | 'csv' | 'svmlight'
      readonly recipe: Recipe
      /** The view to take, where the recipe leaves it open and the corpus has both. */
      readonly view?: View | null
    }

/** The lines of a corpus in the format of traces files, for whoever wants no file. */
export async function* corpusLines(directory: string): AsyncGenerator<string> {
  const corpus = await openCorpus(directory)
  try {
    for await (const line of exportLines(corpus)) yield `${line}\n`
  } finally {
    corpus.close()
  }
}

/**
 * Writes a corpus, or its features, to a file and those that belong beside it. Each appears whole or not at all. Columns
 * of features are chosen on all labelled rows: whoever evaluates on them chooses features on test rows.
 * @returns the paths
 * @throws UsageError, UnwritableError, and what openCorpus throws
 */
export async function exportCorpus(
  directory: string,
  path: string,
  options: ExportOptions,
  signal?: AbortSignal,
): Promise<string[]> {
  if (options.format === 'ndjson') {
    await writeWhole(path, corpusLines(directory), signal)
    return [path]
  }
  const corpus = await openCorpus(directory)
  try {
    if (options.recipe === undefined) return [path, await exportParquet(corpus, path)]
    const table = await featureTable(corpus, options.recipe, options.view ?? null, signal)
    if (options.format === 'parquet') return await writeFeatureParquet(table, path)
    if (options.format === 'csv') {
      await writeWhole(path, ended(tableRecords(table), '\r\n'), signal)
      return [path]
    }
    const stem = path.replace(/\.(svm|svmlight|txt)$/i, '')
    const [columns, rows] = [`${stem}.columns.csv`, `${stem}.rows.csv`]
    await writeWhole(path, ended(svmlightLines(table), '\n'), signal)
    await writeWhole(columns, ended(columnRecords(table), '\r\n'), signal)
    await writeWhole(rows, ended(rowRecords(table), '\r\n'), signal)
    return [path, columns, rows]
  } finally {
    corpus.close()
  }
}

async function featureTable(
  corpus: Corpus,
  recipe: Recipe,
  wanted: View | null,
  signal?: AbortSignal,
): Promise<FeatureTable> {
  const rows = { view: wanted, target: null, distinct: false, minGroups: 1 }
  const learning = await learningTask(recipe, corpus, rows, signal)
  const { view, task } = learning
  const chosen = await taskTraces(corpus, learning, signal)
  const encoder = fitEncoder(learning.recipe.features, chosen, task.y, task.classes.length)
  const ids: string[] = []
  for await (const head of corpus.heads()) if (head.view === view) ids.push(head.id)
  return {
    x: encoder.encode(chosen),
    names: encoder.names,
    ids: Array.from(task.rows, (row) => ids[row]),
    y: task.y,
    classes: task.classes,
  }
}

function* ended(lines: Iterable<string>, end: string): Generator<string> {
  for (const line of lines) yield line + end
}
