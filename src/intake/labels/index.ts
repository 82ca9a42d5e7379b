export {
  AVCLASS_FILES,
  type AvclassData,
  AvclassDataError,
  readAvclass,
  type Tag,
} from './avclass/avclass-data.ts'
export type { RankedTag } from './avclass/rank-tags.ts'
export { addressText, type ClamdAddress, parseClamdAddress } from './clamd/address.ts'
export { type ClamdOptions, clamd, DEFAULT_MAX_FILE_BYTES } from './clamd/clamd.ts'
export { type ClamdConf, findClamdConf } from './clamd/clamd-conf.ts'
export { ClamdAnswerError, ClamdSilentError, ClamdUnavailableError } from './clamd/errors.ts'
export { type ClamscanOptions, ClamscanUnavailableError, clamscan } from './clamscan.ts'
export { type Clash, type Consensus, consensusLabel, consensusOf } from './consensus.ts'
export type { EngineLabel, LabelledSample, LabelSource, LabelState } from './label-source.ts'
export { labelsCsv } from './labels-csv.ts'
export type { VirusTotalReport } from './virustotal/read-report.ts'
export { readVirusTotal, virusTotalFiles, virusTotalFolder } from './virustotal/virus-total.ts'
