export { type AbstainSettings, type Abstention, NEVER_SURE, OUTSPOKEN } from './abstention.ts'
export { type Calibration, type CalibrationKind, calibrate } from './calibration.ts'
export type { Card } from './card.ts'
export { type InnerFold, innerFolds } from './choose-value.ts'
export type * from './classifier.ts'
export * from './classifier-kind.ts'
export * from './classifiers.ts'
export type { ExplainOptions } from './explain.ts'
export {
  type CountedExamples,
  type FitOptions,
  type Fitted,
  fitCounted,
  trainingSteps,
} from './fit-counted.ts'
export { type JobOptions, shareMatrix } from './fit-jobs.ts'
export { type Examples, fitRecipe } from './fit-recipe.ts'
export { loadModel, ModelFileError, saveModel } from './model-file.ts'
export { type EngineFault, faultyEngines } from './network/self-test.ts'
export { exportOnnx, type OnnxModel } from './onnx/export-onnx.ts'
export type { Port } from './onnx/onnx-file.ts'
export type * from './recipe.ts'
export { findRecipe, recipes } from './recipe-list.ts'
export { parseRecipe, recipeSettings } from './recipe-reading.ts'
export * from './recipe-toml.ts'
export { type Scores, type Trained, withCard } from './trained.ts'
