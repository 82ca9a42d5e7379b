import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { UnwritableError, UsageError } from '../core/index.ts'
import { type Corpus, exportLines, exportParquet, openCorpus } from '../corpus/index.ts'
import { labelledViews, makeTask, readGroups, readTraces, recipeKind } from '../evaluation/index.ts'
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
  if (options.format === 'ndjson') return [await writeText(path, corpusLines(directory), signal)]
  const corpus = await openCorpus(directory)
  try {
    if (options.recipe === undefined) return [path, await exportParquet(corpus, path)]
    const table = await featureTable(corpus, options.recipe, options.view ?? null, signal)
    if (options.format === 'parquet') return await writeFeatureParquet(table, path)
    const stem = path.replace(/\.(csv|svm|svmlight|txt)$/i, '')
    const named = (lines: Iterable<string>, name: string) =>
      writeText(`${stem}.${name}.csv`, ended(lines, '\r\n'), signal)
    if (options.format === 'csv') return [await writeText(path, ended(tableRecords(table), '\r\n'), signal)]
    return [
      await writeText(path, ended(svmlightLines(table), '\n'), signal),
      await named(columnRecords(table, 1), 'columns'),
      await named(rowRecords(table), 'rows'),
    ]
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
  const views = await labelledViews(corpus, signal)
  const asked = wanted ?? (recipe.view === 'any' ? null : recipe.view)
  const fitting = views.filter(({ view }) => asked === null || view === asked)
  if (fitting.length !== 1) {
    const there = views.map(({ view }) => view).join(' and ') || 'no rows'
    throw new UsageError(`${corpus.directory}: has ${there}, say which view to take`)
  }
  const view = fitting[0]
  const kind = recipeKind(recipe, view)
  const [groups] = await readGroups(corpus, view.view, [{ features: recipe.features, kind }], signal)
  const task = makeTask(view, groups, { target: recipe.target, distinct: false, minGroups: 1 })
  const traces = await readTraces(corpus, view.view, signal)
  const chosen = Array.from(task.rows, (row) => traces[row])
  const encoder = fitEncoder(recipe.features, chosen, task.y, task.classes.length)
  const ids: string[] = []
  for await (const head of corpus.heads()) if (head.view === view.view) ids.push(head.id)
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

/** Writes text under a temporary name, and gives the file its name at the end. @returns the path */
async function writeText(
  path: string,
  text: Iterable<string> | AsyncIterable<string>,
  signal?: AbortSignal,
): Promise<string> {
  const unfinished = `${path}.tmp`
  try {
    await pipeline(Readable.from(text), createWriteStream(unfinished), signal ? { signal } : {})
    await rename(unfinished, path)
    return path
  } catch (error) {
    await rm(unfinished, { force: true })
    // Errors of the file system; those of reading the corpus pass as they are.
    const isSystemError = /^E[A-Z0-9]+$/.test((error as NodeJS.ErrnoException).code ?? '')
    throw isSystemError ? new UnwritableError(path, error) : error
  }
}
