import { mapOrdered } from '../core/index.ts'
import type { Trainings } from '../features/index.ts'
import type { Recipe } from '../models/index.ts'
import { type Answered, type Comparison, compareRecipes } from './comparison.ts'
import { selectiveFigures } from './coverage.ts'
import { type FoldJob, predictedClasses, type TimedScores } from './fold-job.ts'
import type { PlannedJob } from './fold-plan.ts'
import { countNumbers } from './numbering.ts'
import { type EvaluationRows, type EvaluationSettings, makePlans, type Plan } from './plan.ts'
import {
  deviations,
  type EvaluationResult,
  type HeldOut,
  meanFigures,
  type Prior,
  rowFigures,
  seedFigures,
} from './result.ts'
import { type Run, type ScoredRows, selectScored } from './scored-rows.ts'
import { type WorkSeconds, workSeconds } from './seconds.ts'
import { clashingGroups, type Task } from './task.ts'

/** Who does the work. */
export interface EvaluationRunner {
  /** @param trainings what this job and others of its recipe learn from: they may be counted for together */
  run(job: FoldJob, trainings: Trainings): Promise<TimedScores>
  /** Jobs that may be under way at once. */
  readonly threads: number
  onProgress?(done: number, total: number): void
  readonly signal?: AbortSignal
}

/** All that `taxon evaluate --json` prints. */
export interface Evaluation {
  readonly results: readonly EvaluationResult[]
  /** Each further recipe against the first. */
  readonly comparisons: readonly Comparison[]
}

/**
 * Evaluates recipes: by cross-validation in which rows that look the same to a recipe never stand on both sides, or on
 * a held-out corpus. Every fitted step is inside the fold. Results do not depend on the number of threads, but for how long the work took.
 * @throws UsageError for rows or labels that a recipe cannot be evaluated on
 */
export async function evaluateRecipes(
  recipes: readonly Recipe[],
  rows: EvaluationRows,
  settings: EvaluationSettings,
  runner: EvaluationRunner,
): Promise<Evaluation> {
  const plans = await makePlans(recipes, rows, settings, runner.signal)
  const jobs = plans.flatMap((plan) => plan.jobs)
  const spare = Math.max(1, Math.floor(runner.threads / Math.max(1, jobs.length)))
  const scores: TimedScores[] = []
  const run = async ({ job, trainings }: PlannedJob) => {
    runner.signal?.throwIfAborted()
    return await runner.run({ ...job, threads: spare }, trainings)
  }
  runner.onProgress?.(0, jobs.length)
  for await (const each of mapOrdered(jobs, run, runner.threads * 2)) {
    scores.push(each)
    runner.onProgress?.(scores.length, jobs.length)
  }
  const answered: Answered[] = []
  const results: EvaluationResult[] = []
  let at = 0
  for (const plan of plans) {
    const own = scores.slice(at, at + plan.jobs.length)
    at += plan.jobs.length
    runner.signal?.throwIfAborted()
    const scored = gather(plan, own, 'grouped')
    results.push({
      ...toResult(plan, scored, gatherRandom(plan, own), settings),
      seconds: timesOf(plan, own),
    })
    answered.push({
      recipe: plan.recipe.name,
      view: plan.view,
      rows: (plan.test?.task ?? plan.task).rows,
      scored,
    })
  }
  return { results, comparisons: compareRecipes(answered) }
}

/** The answers of all folds put together, one run for each seed. */
function gather(plan: Plan, scores: readonly TimedScores[], split: PlannedJob['split']): ScoredRows {
  const { classes, y, groups } = plan.test?.task ?? plan.task
  const runs = new Map<number, Run>()
  plan.jobs.forEach(({ split: ofJob, positions, job }, i) => {
    if (ofJob !== split) return
    let run = runs.get(job.seed)
    if (!run) {
      run = {
        seed: job.seed,
        predicted: new Uint32Array(y.length),
        probabilities: new Float64Array(y.length * classes.length),
      }
      runs.set(job.seed, run)
    }
    const predicted = predictedClasses(scores[i].decisions, classes.length)
    for (let k = 0; k < positions.length; k++) {
      run.predicted[positions[k]] = predicted[k]
      const own = scores[i].probabilities.subarray(k * classes.length, (k + 1) * classes.length)
      run.probabilities.set(own, positions[k] * classes.length)
    }
  })
  return { classes, y, clusters: groups, runs: [...runs.values()] }
}

function gatherRandom(plan: Plan, scores: readonly TimedScores[]): ScoredRows | null {
  return plan.jobs.some(({ split }) => split === 'random') ? gather(plan, scores, 'random') : null
}

function timesOf(plan: Plan, scores: readonly TimedScores[]): WorkSeconds | null {
  const timed = plan.jobs.map(({ split, positions }, i) => {
    return { split, seconds: scores[i].seconds, rows: positions.length }
  })
  return workSeconds(timed.filter(({ split }) => split === 'grouped'))
}

function toResult(
  plan: Plan,
  scored: ScoredRows,
  random: ScoredRows | null,
  settings: EvaluationSettings,
): Omit<EvaluationResult, 'seconds'> {
  const { recipe, view, task, test } = plan
  const tested = test?.task ?? task
  const { found, prior } = rowFigures(scored, priorOf(task, settings.prior))
  const perSeed = seedFigures(scored)
  return {
    recipe: recipe.name,
    view,
    kinds: plan.kinds,
    kind: recipe.features.kind,
    target: task.target,
    distinct: settings.distinct,
    ...found,
    duplicates: found.rows - found.groups,
    clashingGroups: clashingGroups(tested),
    leftOut: tested.leftOut,
    folds: test ? null : settings.folds,
    seeds: settings.seeds,
    perSeed,
    sd: deviations(perSeed),
    selective: selectiveFigures(scored),
    byProbability: meanFigures(seedFigures(mostProbable(scored))),
    randomSplit: randomFigures(scored, random, settings.randomSplit && !test),
    prior,
    test: test ? heldOutFigures(task, test.seen, scored) : null,
  }
}

/** The same rows, each answered with its most probable class instead of that with the largest decision value. */
function mostProbable(scored: ScoredRows): ScoredRows {
  const { classes, runs } = scored
  const answer = (run: Run) => ({ ...run, predicted: predictedClasses(run.probabilities, classes.length) })
  return { ...scored, runs: runs.map(answer) }
}

/** Where no two rows look the same, the grouped folds are a random split already. */
function randomFigures(grouped: ScoredRows, random: ScoredRows | null, wanted: boolean) {
  if (!wanted) return null
  return { ...meanFigures(seedFigures(random ?? grouped)), sameAsGrouped: random === null }
}

function priorOf({ target, y }: Task, share: number | null): Prior | null {
  if (share === null || target !== 'malicious') return null
  return { share, trained: y.reduce((sum, c) => sum + c, 0) / y.length }
}

function heldOutFigures(task: Task, seen: Uint8Array, scored: ScoredRows): HeldOut {
  const unseen = Uint32Array.from(seen.keys()).filter((row) => seen[row] === 0)
  return {
    training: { rows: task.rows.length, groups: countNumbers(task.groups), leftOut: task.leftOut },
    seen: seen.length - unseen.length,
    unseen: unseen.length > 0 ? rowFigures(selectScored(scored, unseen)).found : null,
  }
}
