import type { AgreedLabels, RunEvent, StepCount } from '../pipeline/index.ts'
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
  const { sha256, name, view, verdict, probability, family, category, labels, allowed, reasons } = event
  const word = styled(verdict.padEnd(9), COLOURS[verdict as keyof typeof COLOURS] ?? 'yellow', colour)
  const sure = probability === null ? '    –' : probability.toFixed(3)
  const parts = [printable(name ?? '', 60), view, family, category, labelled(labels)].filter((part) => part)
  const silenced = allowed
    ? `${allowed.verdict} by the models, allowed as ${allowed.kind} ${allowed.value}: ${allowed.reason}`
    : ''
  const why = verdict === 'unknown' ? (reasons[0] ?? '') : ''
  const all = [...parts, silenced, why].filter((part) => part).map((part) => printable(part!, 160))
  return `${word}  ${sure}  ${sha256}  ${all.join(', ')}\n`
}

function labelled(labels: AgreedLabels | null): string {
  if (labels?.malicious !== 1) return ''
  const { engine, detection } = labels.detections[0] ?? {}
  return `labelled malicious${detection ? ` (${engine}: ${detection})` : ''}`
}

/** What went wrong, or is not as it should be; null where nothing did. */
function problemOf(event: RunEvent): string | null {
  if (event.event === 'problem') return `${event.source}: ${event.subject}: ${event.problem}`
  if (event.event === 'delivery' && !event.delivered)
    return `${event.target}: ${event.problem}; it is tried again`
  if (event.event === 'step' && event.step === 'unpack') {
    const { failed = 0, problems = [] } = (event.detail ?? {}) as { failed?: number; problems?: string[] }
    return failed > 0 ? `unpack of ${event.sha256}: ${failed} not unpacked, ${problems[0]}` : null
  }
  if (event.event === 'step' && event.state === 'failed') {
    const reason = (event.detail as { reason?: unknown } | null)?.reason
    return `${event.step} of ${event.sha256}: ${reason ?? 'failed'}`
  }
  if (event.event === 'stored' && event.isNew && event.state === 'partial')
    return `${event.sha256}: partial, ${event.reasons.join('; ')}`
  return null
}

/** What a run that ended leaves undone, in a line; null where it leaves nothing. */
export function leftText(counts: readonly StepCount[]): string | null {
  const failed = counts.filter(({ state, count }) => state === 'failed' && count > 0)
  if (failed.length === 0) return null
  const steps = failed.map(({ step, count }) => `${step} ${count}`).join(', ')
  return `taxon: steps that failed, now or before: ${steps}; --again tries them once more\n`
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
