import { KnownError } from '../core/index.ts'
import { availableEngines, chooseEngine } from '../kernels/network/engine.ts'
import { searchAddon, staleAddon } from '../kernels/network/native-addon.ts'
import { faultyEngines } from '../models/index.ts'
import type { EngineReport } from './probe-engines.ts'

function report(): EngineReport {
  const { addon, place, refused } = searchAddon()
  const stale = addon || refused.length > 0 || process.env.TAXON_NATIVE ? null : staleAddon()
  return {
    engine: chooseEngine(),
    builds: addon?.builds ?? [],
    place,
    refused: stale ? [stale] : refused,
    faults: faultyEngines(availableEngines()),
  }
}

try {
  process.stdout.write(JSON.stringify(report()))
} catch (error) {
  if (!(error instanceof KnownError)) throw error
  process.stderr.write(error.message)
  process.exitCode = 2
}
