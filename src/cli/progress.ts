import { wholeText } from './number-text.ts'

/** A progress bar under way. */
export interface Progress {
  /** @param underWay what is being done, shown behind the label */
  update(done: number, total?: number | null, underWay?: string): void
  /** Takes the bar away. */
  done(): void
}

const REDRAW_MS = 100
const BAR_CELLS = 24

/** A one-line progress bar with the time left; does nothing unless `stream` is a terminal. */
export function progressBar(stream: NodeJS.WriteStream, label: string, total: number | null): Progress {
  if (!stream.isTTY) return { update() {}, done() {} }
  const begun = performance.now()
  let drawn = Number.NEGATIVE_INFINITY
  return {
    update(done, newTotal = total, underWay = '') {
      const now = performance.now()
      if (now - drawn < REDRAW_MS) return
      drawn = now
      const shown = underWay === '' ? label : `${label} ${underWay}`
      const line = progressLine(shown, done, newTotal, (now - begun) / 1000)
      stream.write(`\r\x1b[K${line.slice(0, Math.max(10, (stream.columns || 80) - 1))}`)
    },
    done() {
      stream.write('\r\x1b[K')
    },
  }
}

/** The text of a bar: share done, count and time left where the total is known. @param seconds since the start */
export function progressLine(label: string, done: number, total: number | null, seconds: number): string {
  if (total === null || total <= 0) return `${label} ${wholeText(Math.floor(done))} in ${duration(seconds)}`
  const share = Math.min(1, done / total)
  const cells = Math.round(share * BAR_CELLS)
  const bar = '█'.repeat(cells) + '░'.repeat(BAR_CELLS - cells)
  const left = share > 0.01 && share < 1 ? `, ${duration((seconds / share) * (1 - share))} left` : ''
  return `${label} ${bar} ${Math.floor(share * 100)} % ${wholeText(Math.floor(done))} of ${wholeText(total)}${left}`
}

function duration(seconds: number): string {
  if (seconds < 60) return `${Math.ceil(seconds)} s`
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`
}
