import { workerData } from 'node:worker_threads'
import { serveTasks } from '../../core/index.ts'
import { rowLine, rowsFromReports } from '../../corpus/index.ts'
import type { Outcome, Report } from '../../samples/index.ts'
import { answerOf, type ClassifyAnswer, classifyPath } from '../classify-source.ts'
import { type EvidenceSize, judge } from '../judge.ts'
import { type LoadedModel, readModels } from '../models.ts'
import { readAll } from '../read-all.ts'
import { openAnySource } from '../stored-source.ts'

/** Given to each worker when it starts. */
export interface RunWorkerData {
  /** Model files; those that come with taxon where there are none. */
  readonly models: readonly string[]
  readonly evidence: EvidenceSize
}

/** What a worker is asked of content of a store, by its path (`storedPath`): verdicts, or of an executable its trace as well. */
export interface RunTask {
  readonly path: string
  readonly trace: boolean
}

/** The answer. `line` is the trace as a line of a traces file; null where it was not asked for or there is none. */
export type RunAnswer = ClassifyAnswer & { readonly line: string | null }

const { models: paths, evidence } = workerData as RunWorkerData
const models = readModels(paths)

serveTasks<RunTask, RunAnswer>(async ({ path, trace }) => {
  const own = await models
  if (trace) return await traced(path, own)
  return { ...(await answerOf(classifyPath(path, { models: own, evidence }))), line: null }
})

/** Takes an executable apart once, for its verdict and its trace. */
async function traced(path: string, own: readonly LoadedModel[]): Promise<RunAnswer> {
  const answer = await readAll(await openAnySource(path), {})
  if ('many' in answer) return { many: true, line: null }
  const verdicts: Outcome[] = answer.reports.map((report) =>
    judge(report, { path, size: null }, own, evidence),
  )
  if (answer.error) verdicts.push({ sample: { path }, error: answer.error })
  const [report] = answer.reports
  return { verdicts, line: report ? await traceLine(report, path) : null }
}

/** Without addresses, which no model reads. */
async function traceLine(report: Report, path: string): Promise<string | null> {
  const plain = { ...report, trace: { ...report.trace, places: null } }
  for await (const row of rowsFromReports(one(plain), { path })) return rowLine(row)
  return null
}

async function* one(report: Report): AsyncGenerator<Report> {
  yield report
}
