import type { Finding } from './examine.ts'
import { type EngineReport, probeEngines } from './probe-engines.ts'

const PART = 'network'
const REPLACE = 'TAXON_NATIVE=off keeps it from being used; taxon doctor --build-native builds another'

/** What computes networks here. That there is no native build of it is no fault: WebAssembly gives the same bytes. */
export async function examineNetwork(): Promise<Finding> {
  let report: EngineReport
  try {
    report = await probeEngines()
  } catch (error) {
    // An engine that nobody has is asked for, or the addon ended the process.
    const remedy = process.env.TAXON_ENGINE ? 'unset TAXON_ENGINE' : REPLACE
    return { part: PART, works: false, detail: (error as Error).message, remedy }
  }
  const { faults, place } = report
  const works = faults.length === 0
  const trouble = faults.map(({ engine, problem }) => `${engine} ${problem}`)
  const detail = [...trouble, inUse(report), ...circumstances(report)].join('; ')
  return { part: PART, works, detail, remedy: works || place === null ? wayToFaster(report) : REPLACE }
}

function inUse({ engine, builds, place, faults }: EngineReport): string {
  const name = engine === 'wasm' ? 'WebAssembly' : engine
  if (place === null) return `${name} in use${faults.length === 0 ? ', and works' : ''}`
  const whose = { built: 'built here', package: 'prebuilt', named: 'named by TAXON_NATIVE' }[place.origin]
  return `${name} in use; ${whose}, with ${builds.join(', ')}: ${place.path}`
}

function circumstances({ refused }: EngineReport): string[] {
  const { TAXON_NATIVE, TAXON_ENGINE } = process.env
  return [
    ...(TAXON_ENGINE ? [`TAXON_ENGINE=${TAXON_ENGINE}`] : []),
    ...(TAXON_NATIVE === 'off' ? ['TAXON_NATIVE=off'] : []),
    ...refused.map(
      ({ path, problem }) => `not used: ${problem.startsWith(path) ? '' : `${path}: `}${problem}`,
    ),
  ]
}

function wayToFaster({ place, refused }: EngineReport): string | null {
  if (place !== null || process.env.TAXON_NATIVE === 'off') return null
  if (refused.some(({ origin }) => origin === 'named')) {
    return 'to train networks faster: unset TAXON_NATIVE, and taxon doctor --build-native'
  }
  return 'to train networks faster: taxon doctor --build-native'
}
