import type { InspectedArrival } from '../pipeline/index.ts'
import { printable } from './printable.ts'

/** Characters of a name in a line. */
const MAX_NAME = 120

/** An arrival in one line for people: when, how, from where to where, how long, which, called what, and why it is cut. */
export function arrivalText({ arrival, sha256, size, partial }: InspectedArrival): string {
  const { sighting } = arrival
  const { sourceAddress, sourcePort, destinationAddress, destinationPort, protocol } = sighting
  const way =
    sourceAddress === null && destinationAddress === null
      ? []
      : [`${end(sourceAddress, sourcePort)} > ${end(destinationAddress, destinationPort)}`]
  const cells = [
    timeText(sighting.at),
    protocol ?? arrival.source,
    ...way,
    `${size} bytes`,
    sha256,
    printable(arrival.name ?? '(no name)', MAX_NAME),
    ...(partial.length === 0 ? [] : [`partial: ${printable(partial.join('; '), 500)}`]),
  ]
  return `${cells.map((cell, i) => (i === 1 ? printable(cell, 40) : cell)).join('  ')}\n`
}

function end(address: string | null, port: number | null): string {
  if (address === null) return '?'
  if (port === null) return address
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

/** Times that no calendar has are possible in a log. */
function timeText(at: number): string {
  const time = new Date(at)
  return Number.isNaN(time.getTime())
    ? '?'
    : time
        .toISOString()
        .replace('T', ' ')
        .replace(/\.\d+Z$/, 'Z')
}
