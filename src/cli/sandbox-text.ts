import type { ServerState, Settlement, SubmitOutcome } from '../pipeline/index.ts'
import { wholeText } from './number-text.ts'
import { printable } from './printable.ts'
import { styled } from './table.ts'

const STYLES = { read: 'green', failed: 'red', unsettled: 'yellow' } as const

/** What became of a submitted sample, for people: one line, and one for each reason of a report that is not whole. */
export function submitOutcomeText(
  { path, settlement }: Extract<SubmitOutcome, { settlement: Settlement }>,
  colour: boolean,
): string {
  const { state, task } = settlement
  const head = `${printable(path)}: ${task === null ? '' : `task ${task}, `}${styled(state, STYLES[state], colour)}`
  if (settlement.state !== 'read') return `${head}: ${printable(settlement.reason, 1000)}\n`
  const { calls, processes, completeness, reasons } = settlement.read
  const found = `${wholeText(calls)} calls of ${wholeText(processes)} processes, ${completeness}`
  return `${[`${head}, ${found}`, ...reasons.map((reason) => `  ${printable(reason, 500)}`)].join('\n')}\n`
}

/** The same as a line of JSON. */
export function submitOutcomeJson(outcome: SubmitOutcome): string {
  if ('error' in outcome) {
    const { code, message } = outcome.error
    return `${JSON.stringify({ path: outcome.path, error: { code, message } })}\n`
  }
  const { path, settlement, report } = outcome
  return `${JSON.stringify({ path, ...settlement, report })}\n`
}

/** What a sandbox says of itself, for people. */
export function serverStateText({ sandbox, state }: { sandbox: string; state: ServerState }): string {
  const { version, hostname, machines, tasks } = state
  const count = (value: number | null) => (value === null ? '?' : wholeText(value))
  const tasksText = Object.entries(tasks).map(([name, value]) => `${count(value)} ${name}`)
  const lines = [
    `${printable(sandbox)}: version ${printable(version ?? 'unknown')} on ${printable(hostname ?? 'unknown host')}`,
    `machines  ${count(machines.available)} of ${count(machines.total)} free`,
    `tasks     ${tasksText.join(', ')}`,
  ]
  return `${lines.join('\n')}\n`
}
