import type { Outcome, Place } from '../samples/index.ts'
import { wholeText } from './number-text.ts'
import { printable } from './printable.ts'
import { signerText } from './signer-text.ts'
import { styled } from './table.ts'

const COLOURS = { malicious: 'red', benign: 'green', unknown: 'yellow' } as const
const INDENT = ' '.repeat(18)

/** A verdict for people, with its reasons and evidence below it, or why there is none. */
export function outcomeText(outcome: Outcome, colour: boolean): string {
  if ('error' in outcome) {
    const path = printable(outcome.sample.path)
    return `${styled('error'.padEnd(16), 'yellow', colour)}  ${path}\n${INDENT}${printable(outcome.error.message, 500)}\n`
  }
  const { sample, verdict, probability, family, category, state, trace, reasons, evidence } = outcome
  const sure = probability === null ? '    –' : probability.toFixed(3)
  const head = `${styled(verdict.padEnd(9), COLOURS[verdict], colour)}  ${sure}`
  const names = [family, category].filter((name) => name !== null).map((name) => printable(name))
  const size = `${wholeText(trace.tokens)} ${trace.tokens === 1 ? outcome.view.slice(0, -1) : outcome.view}`
  const about = [...names, size, ...(state === 'partial' ? ['partial'] : [])].join(', ')
  const lines = [`${head}  ${printable(sample.path)}  ${styled(about, 'dim', colour)}`]
  if (outcome.executable?.signer) lines.push(`${INDENT}${signerText(outcome.executable.signer)}`)
  for (const reason of reasons) lines.push(`${INDENT}${printable(reason, 500)}`)
  for (const { feature, contribution, absent, for: named, places } of evidence) {
    const sign = contribution < 0 ? '−' : '+'
    const where = places.map(placeText).join(', ')
    const amount = `${sign}${Math.abs(contribution).toFixed(2)}`
    const name = `${printable(feature)}${absent ? ' (absent)' : ''}${named === undefined ? '' : `, for ${printable(named)}`}`
    lines.push(`${INDENT}${amount}  ${name}${where && styled(`  at ${where}`, 'dim', colour)}`)
  }
  return `${lines.join('\n')}\n`
}

function placeText(place: Place): string {
  if ('address' in place) return place.address
  if (place.pid !== null) return `pid ${place.pid} call ${place.call}`
  return place.process === null ? `call ${place.call}` : `process ${place.process} call ${place.call}`
}
