import { log } from '../core/index.ts'
import type { SparseMatrix } from '../features/index.ts'
import type { Model, Tensor } from './classifier.ts'
import { bestOther } from './linear-model.ts'
import { softmaxAt } from './temperature.ts'

/** A model in a blend. */
export interface BlendedModel {
  readonly name: string
  readonly model: Model
  readonly weight: number
  /** Makes probabilities of its decisions: their softmax times this, or 0 where they are probabilities as they are. */
  readonly slope: number
  /** What it is given in place of the rows. */
  rows(x: SparseMatrix): SparseMatrix
}

/** Probabilities count as no less than this, so that their logarithms are finite. */
export const LEAST = 1e-9

/**
 * Models that decide together: the probability of a class is the weighted mean of theirs, a linear opinion pool (Stone,
 * "The Opinion Pool", 1961), and the decision value its logarithm.
 */
export function blendModel(name: string, classes: number, members: readonly BlendedModel[]): Model {
  const decide = (x: SparseMatrix) =>
    decisionsOf(
      members.map(({ model, rows, slope, weight }) => ({ decisions: model.decide(rows(x)), slope, weight })),
      classes,
    )
  return {
    name,
    classes,
    decide,
    contributions: (x, row, target) => sharesOf(members, decide(x), classes, x, row, target),
    steps: (x, row, target) => sharesOf(members, decide(x), classes, x, row, target).steps,
    ...lossesOf(members),
    tensors: tensorsOf(members),
  }
}

/** Decision values [rows, classes] of members whose own are given. */
export function decisionsOf(
  members: readonly { readonly decisions: Float64Array; readonly slope: number; readonly weight: number }[],
  classes: number,
): Float64Array {
  const sums = new Float64Array(members[0].decisions.length)
  for (const { decisions, slope, weight } of members) {
    const probabilities = slope === 0 ? decisions : softmaxAt(1 / slope, decisions, classes)
    for (let i = 0; i < sums.length; i++) sums[i] += weight * probabilities[i]
  }
  return sums.map((sum) => log(Math.max(sum, LEAST)))
}

/**
 * A blend is no sum, so a lead is dealt out to its members by their weight in the probability of the target and the rival,
 * and each member's part to its own features as it deals out its own lead. What that leaves over is the base.
 */
function sharesOf(
  members: readonly BlendedModel[],
  decided: Float64Array,
  classes: number,
  x: SparseMatrix,
  row: number,
  target: number,
) {
  const own = decided.subarray(row * classes, (row + 1) * classes)
  const rival = bestOther(own, target)
  const lead = own[target] - (rival < 0 ? 0 : own[rival])
  const columns = new Map<number, number>()
  let steps = new Float64Array(0)
  const sides = members.map(({ model, rows, slope, weight }) => {
    const seen = rows(x)
    const decisions = model.decide(seen).subarray(row * classes, (row + 1) * classes)
    const probabilities =
      slope === 0 ? decisions : softmaxAt(1 / slope, Float64Array.from(decisions), classes)
    return { model, seen, mass: weight * (probabilities[target] + (rival < 0 ? 0 : probabilities[rival])) }
  })
  const all = sides.reduce((sum, { mass }) => sum + mass, 0)
  for (const { model, seen, mass } of sides) {
    const part = model.contributions(seen, row, target)
    const ownSteps = model.steps?.(seen, row, target) ?? new Float64Array(0)
    const size = [...part.shares, ...ownSteps].reduce((sum, share) => sum + Math.abs(share), 0)
    if (size === 0 || all === 0) continue
    const scale = ((mass / all) * Math.abs(lead)) / size
    part.columns.forEach((seenColumn, i) => {
      const column = seenColumn % x.columns
      columns.set(column, (columns.get(column) ?? 0) + scale * part.shares[i])
    })
    if (ownSteps.length > steps.length) {
      const longer = new Float64Array(ownSteps.length)
      longer.set(steps)
      steps = longer
    }
    ownSteps.forEach((share, i) => {
      steps[i] += scale * share
    })
  }
  const sorted = [...columns].sort(([a], [b]) => a - b)
  const shares = Float64Array.from(sorted, ([, share]) => share)
  const base = [...shares, ...steps].reduce((rest, share) => rest - share, lead)
  return { columns: Uint32Array.from(sorted, ([column]) => column), shares, steps, base, rival }
}

/** The losses of the members that have epochs, of which all have as many. */
function lossesOf(members: readonly BlendedModel[]): Pick<Model, 'losses'> {
  const known = members.flatMap(({ model }) => model.losses ?? [])
  if (known.length === 0) return {}
  return { losses: known[0].map((_, i) => known.reduce((sum, each) => sum + each[i], 0) / known.length) }
}

function tensorsOf(members: readonly BlendedModel[]): Record<string, Tensor> {
  const tensors: Record<string, Tensor> = {
    weights: { shape: [members.length], data: Float64Array.from(members, ({ weight }) => weight) },
  }
  for (const { name, model } of members) {
    for (const [each, tensor] of Object.entries(model.tensors)) tensors[`${name}.${each}`] = tensor
  }
  return tensors
}
