export { type SplitCounts, type SplitOptions, splitCorpus } from '../corpus/index.ts'
export type { AvclassData, Clash, Consensus, EngineLabel, LabelSource } from '../intake/index.ts'
export {
  ANALYSIS_OPTIONS,
  type AnalysisOptions,
  type Arrival,
  type CheckedSetting,
  checkSuricata,
  type IntakeProblem,
  type ServerState,
  type Settlement,
  type SuricataCheck,
  suricataRules,
  suricataSettings,
} from '../intake/index.ts'
export type { Step, StepCount } from '../store/index.ts'
export {
  ALLOWANCE_KINDS,
  type Allowance,
  type Known,
  MAX_FACTS,
  openStore,
  type Sample,
  type SampleQuery,
  type Store,
  type StoredVerdict,
} from '../store/index.ts'
export { type Added, type AddOptions, addToStore } from './add-to-store.ts'
export { applyAllowances } from './allow.ts'
export { type BuildNativeOptions, buildNative, type NativeBuild, NativeBuildError } from './build-native.ts'
export { type ClassifyOptions, classify } from './classify.ts'
export { type DescribedCorpus, describeCorpus } from './describe-corpus.ts'
export { type Disassembled, type DisassemblePathsOptions, disassemblePaths } from './disassemble-paths.ts'
export { type CorpusEvaluation, type EvaluateOptions, evaluate } from './evaluate.ts'
export { examine, type Finding } from './examine.ts'
export { examineNetwork } from './examine-network.ts'
export { examineSuricata, settingText } from './examine-suricata.ts'
export { corpusLines, type ExportOptions, exportCorpus } from './export-corpus.ts'
export { type ExportedModel, exportModel, modelAsOnnx } from './export-model.ts'
export { AVCLASS, type FetchAvclassOptions, fetchAvclass } from './fetch-avclass.ts'
export type { IntakeSource } from './follow-intake.ts'
export { type HandedOut, handOut } from './hand-out.ts'
export { type ImportCorpusOptions, type ImportResult, importCorpus, type Skipped } from './import-corpus.ts'
export { type ImportViperOptions, importViper, type ViperImport } from './import-viper.ts'
export type { EvidenceSize } from './judge.ts'
export { type Labelled, type LabelPathsOptions, labelPaths, labelReports } from './label-paths.ts'
export { type LabelSourceOptions, openAvclass, openLabelSources } from './label-sources.ts'
export { type LoadedModel, readModel } from './models.ts'
export { type BestNgram, corpusNgrams, type NgramLine, type NgramOptions, type NgramTable } from './ngrams.ts'
export { type PublicFile, type PublicSet, publicSets } from './public-sets/index.ts'
export {
  findPublicSet,
  type PulledFile,
  type PullOptions,
  type PullResult,
  pullCorpus,
} from './pull-corpus.ts'
export { DISASSEMBLERS, type Disassembler, type ReadInputSettings } from './read-input.ts'
export { readRecipe } from './read-recipe.ts'
export { checkRun } from './run/check-run.ts'
export type { AgreedLabels, RunEvent } from './run/run-event.ts'
export { type RunSettings, readRunSettings } from './run/run-settings.ts'
export { type RunOptions, runStore } from './run/run-store.ts'
export { type Allowed, type SilencedKnown, silencedKnown } from './run/silence.ts'
export { type SubmitOptions, type SubmitOutcome, sandboxState, submitPaths } from './sandbox.ts'
export { openSandbox, type SandboxAddress, sandboxFromEnvironment } from './sandbox-address.ts'
export { DEFAULT_STORE, STORE_VARIABLE, storeLocation } from './store-location.ts'
export { type CorpusSweep, type SweepOptions, sweep } from './sweep.ts'
export { type TrainOptions, train } from './train.ts'
export { type InspectedArrival, watchIntake } from './watch-intake.ts'
export { whatWasFound } from './what-was-found.ts'
