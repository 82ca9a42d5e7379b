import type { RunEvent, StepCount } from '../pipeline/index.ts'
import type { Io } from './io.ts'
import { printable } from './printable.ts'
import { styled } from './table.ts'

const COLOURS = { malicious: 'red', benign: 'green', unknown: 'yellow' } as const

/** An event as a line for people, and where it belongs; null for what the status shows anyway. */
export function eventText(
  event: RunEvent,
  colour: boolean,
): { to: 'stdout' | 'stderr'; text: string } | null {
  if (event.event === 'verdict') return { to: 'stdout', text: verdictText(event, colour) }
  const problem = problemOf(event)
  return problem === null ? null : { to: 'stderr', text: `taxon: ${printable(problem, 500)}\n` }
}

function verdictText(event: Extract<RunEvent, { event: 'verdict' }>, colour: boolean): string {
  const { sha256, view, verdict, probability, family, category, allowed } = event
  const word = styled(verdict.padEnd(9), COLOURS[verdict as keyof typeof COLOURS] ?? 'yellow', colour)
  const names = [view, family, category].filter((name) => name !== null).map((name) => printable(name))
  const silenced = allowed
    ? `, ${allowed.verdict} by the models, allowed as ${allowed.kind} ${printable(allowed.value)}: ${printable(allowed.reason)}`
    : ''
  return `${word}  ${probability === null ? '    –' : probability.toFixed(3)}  ${sha256}  ${names.join(', ')}${silenced}\n`
}

/** What went wrong, or is not as it should be; null where nothing did. */
function problemOf(event: RunEvent): string | null {
  if (event.event === 'problem') return `${event.source}: ${event.subject}: ${event.problem}`
  if (event.event === 'delivery' && !event.delivered)
    return `${event.target}: ${event.problem}; it is tried again`
  if (event.event === 'step' && event.state === 'failed') {
    const reason = (event.detail as { reason?: unknown } | null)?.reason
    return `${event.step} of ${event.sha256}: ${reason ?? 'failed'}`
  }
  if (event.event === 'stored' && event.isNew && event.state === 'partial')
    return `${event.sha256}: partial, ${event.reasons.join('; ')}`
  return null
}

/** The live line of a run: how many samples are judged, and what waits or failed in which step. */
export function runStatus(io: Io) {
  const bar = io.progress('judged', null)
  return {
    show(counts: readonly StepCount[]): void {
      const of = (step: string, ...states: StepCount['state'][]) =>
        counts
          .filter((each) => each.step === step && states.includes(each.state))
          .reduce((sum, { count }) => sum + count, 0)
      const names = [...new Set(counts.map(({ step }) => step))]
      const parts = names.flatMap((name) => {
        const [waiting, failed] = [of(name, 'pending', 'running'), of(name, 'failed')]
        const words = [...(waiting ? [`${waiting} waiting`] : []), ...(failed ? [`${failed} failed`] : [])]
        return words.length > 0 ? [`${name} ${words.join(', ')}`] : []
      })
      const done = of('classify', 'done', 'failed', 'skipped')
      bar.update(
        done,
        done + of('classify', 'pending', 'running'),
        parts.length > 0 ? `(${parts.join('; ')})` : '',
      )
    },
    /** Takes the line away, to write others. */
    hide: () => bar.done(),
  }
}
