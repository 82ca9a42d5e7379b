/** Milliseconds since some moment. Who runs the work brings one; no other figure may depend on it. */
export type Clock = () => number

/** How long the two halves of a job took, on the clock of who ran it. */
export interface JobSeconds {
  /** Choosing columns and a value of the grid, calibrating, learning; the counting of tokens, which jobs share, not. */
  readonly train: number
  /** Scoring the rows of the job. */
  readonly score: number
}

/** How long a recipe's trainings took and how fast it scores: the only figures that differ from run to run. */
export interface WorkSeconds {
  /** Trainings that the figures are about: one a fold and seed; those of a random split are left out. */
  readonly trainings: number
  /** Sum over the trainings, side by side or one after another. */
  readonly train: number
  /** Mean of a training. */
  readonly perTraining: number
  /** To score a thousand rows. */
  readonly per1000Rows: number
}

/** The times of some jobs together; null where one was not timed. @param rows scored by each job */
export function workSeconds(
  jobs: readonly { readonly seconds: JobSeconds | null; readonly rows: number }[],
): WorkSeconds | null {
  let [train, score, rows] = [0, 0, 0]
  for (const job of jobs) {
    if (!job.seconds) return null
    train += job.seconds.train
    score += job.seconds.score
    rows += job.rows
  }
  if (rows === 0) return null
  return {
    trainings: jobs.length,
    train,
    perTraining: train / jobs.length,
    per1000Rows: (score / rows) * 1000,
  }
}
