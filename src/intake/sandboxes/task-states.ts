import type { TaskStatus } from './sandbox.ts'

/**
 * The states of a task as both sandboxes' databases name them (cuckoo/core/database.py of Cuckoo 2.0,
 * lib/cuckoo/core/data/db_common.py of CAPEv2).
 */
const STATES: ReadonlyMap<string, TaskStatus | 'failed'> = new Map([
  ['pending', 'waiting'],
  ['distributed', 'running'],
  ['running', 'running'],
  // The machine is done; the report is being written.
  ['completed', 'running'],
  ['distributed_completed', 'running'],
  ['reported', 'reported'],
  // The sandbox was restarted, or somebody had it run again.
  ['recovered', 'moved'],
  ['banned', 'failed'],
  ['aborted', 'failed'],
  ['failed_analysis', 'failed'],
  ['failed_processing', 'failed'],
  ['failed_reporting', 'failed'],
])

/**
 * What a sandbox's word for a task's state means. A word that is not known counts as running: a newer sandbox may have
 * one more on the way, and waiting ends by itself.
 * @param errors what the sandbox says went wrong
 */
export function taskStatus(state: string, errors: string | null): TaskStatus {
  const meaning = STATES.get(state) ?? 'running'
  if (meaning !== 'failed') return meaning
  return { failed: errors === null ? state : `${state}, ${errors}` }
}
