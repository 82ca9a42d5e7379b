import { boundedDetection, type EngineLabel } from './label-source.ts'

/**
 * What ClamAV means by a name under `Heuristics.Limits.Exceeded`, which it gives with AlertExceedsMax: nothing was found,
 * but neither was all of the sample looked at. Null for any other name.
 */
export function limitsLabel(
  detection: string,
): Pick<EngineLabel, 'malicious' | 'detection' | 'state' | 'problem'> | null {
  const limit = /^Heuristics\.Limits\.Exceeded(?:\.(\w+))?/.exec(detection)
  if (!limit) return null
  const which = limit[1] ?? 'one of its limits'
  const problem = `ClamAV did not look at all of it: over ${which}`
  return { malicious: null, detection: boundedDetection(detection), state: 'partial', problem }
}
