import type { Kind, Trace } from '../samples/index.ts'
import type { FeatureSettings } from './settings.ts'

/** The kind at which one encoder can look at all of these traces: the least knowing of theirs and of the settings'. */
export function commonKind(settings: FeatureSettings, traces: readonly Trace[]): Kind {
  throw new Error(`not yet: ${settings} ${traces}`)
}

/**
 * Hash of exactly what an encoder with these settings can see of a trace; equal inputs share it.
 * @param kind what the corpus as a whole is reduced to (`commonKind`); by default the trace's own kind
 */
export function groupOf(settings: FeatureSettings, trace: Trace, kind?: Kind): string {
  throw new Error(`not yet: ${settings} ${trace} ${kind}`)
}
