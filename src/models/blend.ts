import type { SparseMatrix } from '../features/index.ts'
import { type BlendedModel, blendModel, decisionsOf } from './blend-model.ts'
import type { Tensor } from './classifier.ts'
import type {
  ClassifierKind,
  FitResources,
  FitSettings,
  KindSetting,
  OwnSettings,
} from './classifier-kind.ts'
import { joined } from './trees.ts'

/** One classifier of a blend. */
export interface BlendMember {
  /** Stands before the names of its tensors. */
  readonly name: string
  readonly kind: ClassifierKind
  /** The settings that it is fitted with, made of the blend's. */
  settings(settings: FitSettings): FitSettings
  /** Makes probabilities of its decisions: their softmax times this, or 0 where they are probabilities as they are. */
  readonly slope: number
  /** Its weight for a value of the grid; those of all members add up to 1. */
  weight(value: number): number
  /** What it is given in place of the rows; absent where it takes them as they are. */
  readonly sight?: Sight
}

/** Another way to see the rows: `times` as many columns, of which c and c + columns are of the same feature. */
export interface Sight {
  /** By which its ONNX form is known. */
  readonly name: 'shares'
  readonly times: number
  rows(x: SparseMatrix): SparseMatrix
}

/** What a blend is made of. */
export interface Blend {
  readonly name: string
  readonly gridName: string
  readonly defaultGrid: readonly number[]
  /** From 0 to 1, as shares are, where it is not stated. */
  readonly gridRange?: ClassifierKind['gridRange']
  readonly settings: readonly KindSetting[]
  members(own: OwnSettings): readonly BlendMember[]
  /** Inner folds that the weights are chosen on and probabilities are calibrated on. */
  folds(own: OwnSettings): number
  /** Steps that one training of all members counts. */
  steps(own: OwnSettings): number
}

/** A blend as a kind of classifier. */
export interface BlendKind extends ClassifierKind {
  members: Blend['members']
}

const rowsOf = ({ sight }: BlendMember, x: SparseMatrix) => sight?.rows(x) ?? x

/**
 * Several classifiers that decide together, see `blendModel`. The grid is over their weights, which one fit of each on
 * other rows serves all. A part is a member, with all of its own parts.
 */
export function blendKind({
  name,
  gridName,
  defaultGrid,
  gridRange = { type: 'number', least: 0, most: 1 },
  settings,
  members,
  folds,
  steps,
}: Blend): BlendKind {
  return {
    ...{ name, gridName, defaultGrid, gridRange, settings, members },
    calibration: 'temperature',
    readsSequences: true,
    parts: (_classes, own) => members(own).length,
    fitPart(x, y, classes, part, given, resources) {
      return joined(lengthsFirst(fitWhole(members(given.own)[part], x, y, classes, given, resources)))
    },
    join(parts, x, classes, given) {
      const all = members(given.own)
      const models = parts.map((part, i) => joinWhole(all[i], part, x, classes, given))
      return blendModel(name, classes, blendedOf(all, models, weightsOf(all, given.value)))
    },
    load(tensors, columns, classes, vocabulary, own = {}) {
      const all = members(own)
      const { weights, ...others } = tensors
      if (!(weights?.data instanceof Float64Array) || weights.shape.join() !== `${all.length}`) return null
      let used = 0
      const models = all.map((member) => {
        const learned = memberTensors(others, member.name)
        used += Object.keys(learned).length
        const seen = columns * (member.sight?.times ?? 1)
        return member.kind.load(learned, seen, classes, vocabulary, memberOwn(member, own))
      })
      if (used !== Object.keys(others).length || models.some((model) => model === null)) return null
      return blendModel(
        name,
        classes,
        blendedOf(
          all,
          models.flatMap((model) => model ?? []),
          weights.data,
        ),
      )
    },
    path: {
      folds,
      steps: (_grid, own) => steps(own),
      decidePart(x, y, classes, part, given, tried, resources) {
        const member = members(given.own)[part]
        const learned = joined(lengthsFirst(fitWhole(member, x, y, classes, given, resources)))
        return joinWhole(member, learned, x, classes, given).decide(rowsOf(member, tried.x))
      },
      joinDecisions(parts, { values }, classes, own) {
        const all = members(own)
        const decided = values.map((value) => {
          const weights = weightsOf(all, value)
          return decisionsOf(
            parts.map((decisions, i) => ({ decisions, slope: all[i].slope, weight: weights[i] })),
            classes,
          )
        })
        return joined(decided)
      },
    },
  }
}

function weightsOf(members: readonly BlendMember[], value: number): Float64Array {
  return Float64Array.from(members, (member) => member.weight(value))
}

function blendedOf(
  members: readonly BlendMember[],
  models: readonly BlendedModel['model'][],
  weights: Float64Array,
): BlendedModel[] {
  return members.map((member, i) => ({
    name: member.name,
    slope: member.slope,
    model: models[i],
    weight: weights[i],
    rows: (x) => rowsOf(member, x),
  }))
}

function fitWhole(
  member: BlendMember,
  x: SparseMatrix,
  y: Uint32Array,
  classes: number,
  given: FitSettings,
  resources?: FitResources,
): Float64Array[] {
  const { kind } = member
  const settings = member.settings(given)
  const rows = rowsOf(member, x)
  return Array.from({ length: kind.parts(classes, settings.own) }, (_, part) =>
    kind.fitPart(rows, y, classes, part, settings, resources),
  )
}

/** Parts in one array, how many they are and how long each is before them. */
function lengthsFirst(parts: readonly Float64Array[]): Float64Array[] {
  return [Float64Array.of(parts.length, ...parts.map(({ length }) => length)), ...parts]
}

function joinWhole(
  member: BlendMember,
  learned: Float64Array,
  x: SparseMatrix,
  classes: number,
  given: FitSettings,
) {
  const count = learned[0]
  let at = 1 + count
  const parts = Array.from({ length: count }, (_, part) => {
    const from = at
    at += learned[1 + part]
    return learned.slice(from, at)
  })
  return member.kind.join(parts, rowsOf(member, x), classes, member.settings(given))
}

/** The own settings of a member's kind, made of the blend's. */
export function memberOwn(member: BlendMember, own: OwnSettings): OwnSettings {
  return member.settings({ value: 0, tolerance: 0, balanced: false, seed: 0, own }).own
}

/** The tensors of a member, by the names that its own kind gives them. */
export function memberTensors(
  tensors: Readonly<Record<string, Tensor>>,
  member: string,
): Record<string, Tensor> {
  const prefix = `${member}.`
  const own = Object.entries(tensors).filter(([name]) => name.startsWith(prefix))
  return Object.fromEntries(own.map(([name, tensor]) => [name.slice(prefix.length), tensor]))
}
