export { cape } from './cape.ts'
export { type Clock, systemClock } from './clock.ts'
export { cuckoo } from './cuckoo.ts'
export { type Gate, type GateOptions, sandboxGate } from './gate.ts'
export type { Journal } from './journal.ts'
export { DEFAULT_MAX_REPORT_BYTES, type RestOptions } from './rest-sandbox.ts'
export {
  ANALYSIS_OPTIONS,
  type AnalysisOption,
  type AnalysisOptions,
  type Sandbox,
  type SandboxSample,
  type ServerState,
  type TaskStatus,
} from './sandbox.ts'
export {
  AnswerCutError,
  BusySandboxError,
  RefusedBySandboxError,
  SampleChangedError,
  SandboxError,
  UnexpectedAnswerError,
  UnreachableSandboxError,
  WrongReportError,
} from './sandbox-errors.ts'
export { type SandboxKind, sandboxKinds } from './sandbox-kinds.ts'
export { type Settlement, type SettleSettings, settle } from './settle.ts'
export { settleAll } from './settle-all.ts'
