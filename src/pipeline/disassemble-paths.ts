import { UsageError } from '../core/index.ts'
import type { Failure, Report } from '../samples/index.ts'
import { findSources } from '../sources/index.ts'
import { failure } from './classify-source.ts'
import { isInput, type ReadInputSettings, readInput } from './read-input.ts'

/** How `disassemblePaths` goes about it; every setting has a default. */
export interface DisassemblePathsOptions {
  /** Go down into folders. */
  readonly recursive?: boolean
  /** How executables are taken apart, and the caps of reading. */
  readonly reading?: ReadInputSettings
  /** Of encrypted zip members; `infected`, by custom, when absent. */
  readonly password?: string
  /** Told of what was passed over in a folder or an archive: links, devices, files that are plainly no inputs. */
  onSkip?(path: string, reason: string): void
  readonly signal?: AbortSignal
}

/** The opcodes of one sample, and the path it was read from. */
export interface Disassembled {
  readonly path: string
  readonly report: Report
}

/**
 * The opcodes of every executable and listing that the paths hold, in the order of the paths, one at a time in memory.
 * What fails, and what has no opcodes because it is a sandbox's report, yields a `Failure` and the run goes on.
 * @throws UsageError for a folder without `recursive`
 */
export async function* disassemblePaths(
  paths: readonly string[],
  { recursive = false, reading, password, onSkip, signal }: DisassemblePathsOptions = {},
): AsyncGenerator<Disassembled | Failure> {
  const sources = findSources(paths, {
    recursive,
    accepts: isInput,
    ...(signal && { patience: { signal } }),
    ...(onSkip && { onSkip }),
    ...(password !== undefined && { password }),
  })
  for await (const source of sources) {
    const { path } = source
    signal?.throwIfAborted()
    try {
      for await (const report of readInput(source, { ...reading, ...(signal && { signal }) })) {
        if (report.trace.view === 'opcodes') yield { path, report }
        else yield failure(path, new UsageError(`${path}: tells of calls (${report.format}), not of opcodes`))
      }
    } catch (error) {
      signal?.throwIfAborted()
      yield failure(path, error)
    }
  }
}
