import type { Recipe } from '../models/index.ts'
import { trainingSteps } from '../models/index.ts'

/** Tells of trainings that take long while they are under way, on whatever thread. */
export interface TrainingProgress {
  /** Given to trainings, which count their epochs in it. */
  readonly counter: Int32Array
  /** Told of trainings that have ended. */
  onProgress(done: number, total: number): void
  close(): void
}

const TOLD_EVERY_MS = 500

/**
 * Trainings that are done, with shares of those under way where recipes count their steps; it never goes back.
 * @param before what was told already
 */
export function trainingProgress(
  recipes: readonly Recipe[],
  tell: ((done: number, total: number) => void) | undefined,
  before: { readonly done: number; readonly total: number } = { done: 0, total: 0 },
): TrainingProgress {
  const counter = new Int32Array(new SharedArrayBuffer(4))
  const steps = Math.max(...recipes.map(trainingSteps))
  let told = before.done
  let last = { ...before, counted: 0 }
  const show = () => {
    if (last.total === 0) return
    const share = steps === 0 ? 0 : (Atomics.load(counter, 0) - last.counted) / steps
    told = Math.max(told, Math.min(last.done + share, last.total - (last.done < last.total ? 0.01 : 0)))
    tell?.(told, last.total)
  }
  const timer = tell && steps > 0 ? setInterval(show, TOLD_EVERY_MS) : null
  timer?.unref()
  return {
    counter,
    onProgress(done, total) {
      last = { done, total, counted: Atomics.load(counter, 0) }
      show()
    },
    close() {
      if (timer) clearInterval(timer)
    },
  }
}
