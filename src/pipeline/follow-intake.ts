import { type Arrival, followFolder, followSuricata, followZeek, type WatchOptions } from '../intake/index.ts'

/** Where files come from. */
export type IntakeSource =
  | { readonly type: 'suricata'; readonly eve: string; readonly filestore: string; readonly sweep?: boolean }
  | { readonly type: 'zeek'; readonly log: string; readonly extracted: string }
  | {
      readonly type: 'folder'
      readonly folder: string
      readonly recursive?: boolean
      readonly settleMs?: number
    }

/** The arrivals of a source as it tells of them. @param isKnown given, Suricata's file-store is gone through for others */
export function followIntake(
  source: IntakeSource,
  options: WatchOptions,
  isKnown?: (sha256: string) => Promise<boolean>,
): AsyncIterable<Arrival> {
  if (source.type === 'zeek') return followZeek({ ...options, ...source })
  if (source.type === 'folder') return followFolder({ ...options, ...source })
  const { eve, filestore } = source
  return followSuricata({ ...options, eve, filestore, ...(isKnown && { isKnown }) })
}
