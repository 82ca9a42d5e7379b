import { wellFormed } from '../../core/index.ts'

/** Characters of what a sandbox says that are kept. */
const MAX_SAID = 300

/** What stands at a path of own keys in a parsed answer; undefined where nothing does. */
export function at(answer: unknown, ...path: readonly string[]): unknown {
  let value = answer
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Record<string, unknown>)[key]
  }
  return value
}

/** A text of an answer, cut to what is worth telling; null for anything else. */
export function textAt(answer: unknown, ...path: readonly string[]): string | null {
  const value = at(answer, ...path)
  return typeof value === 'string' && value !== '' ? said(value) : null
}

/** A count in an answer; null for anything else. */
export function countAt(answer: unknown, ...path: readonly string[]): number | null {
  const value = at(answer, ...path)
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null
}

/** What is at a path as a list; empty for anything else. */
export function listAt(answer: unknown, ...path: readonly string[]): readonly unknown[] {
  const value = at(answer, ...path)
  return Array.isArray(value) ? value : []
}

/** The number of a task, as text that may stand in a path; null for anything else. */
export function taskNumber(value: unknown): string | null {
  const text = typeof value === 'number' ? String(value) : value
  return typeof text === 'string' && TASK.test(text) ? text : null
}

const TASK = /^\d{1,15}$/

/** The texts of a list, one behind the other; null where there are none. */
export function saidAll(list: readonly unknown[]): string | null {
  const texts = list.slice(0, 10).map((each) => (typeof each === 'string' ? each : JSON.stringify(each)))
  return texts.length > 0 ? said(texts.join('; ')) : null
}

function said(text: string): string {
  const short = wellFormed(text.slice(0, MAX_SAID))
  return text.length > MAX_SAID ? `${short}…` : short
}
