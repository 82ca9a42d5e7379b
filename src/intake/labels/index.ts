export type { EngineLabel, LabelledSample, LabelSource, LabelState } from './label-source.ts'
export { labelsCsv } from './labels-csv.ts'
export type { VirusTotalReport } from './virustotal/read-report.ts'
export { readVirusTotal, virusTotalFiles, virusTotalFolder } from './virustotal/virus-total.ts'
