import { isIP } from 'node:net'
import { wellFormed } from '../core/index.ts'
import { MAX_TEXT } from './sighting.ts'

/** An object that came as JSON, whose members may be anything. */
export type Fields = Readonly<Record<string, unknown>>

/** The object that a text is in JSON, or null where it is none. */
export function fieldsOf(text: string): Fields | null {
  try {
    return objectOr(JSON.parse(text))
  } catch {
    return null
  }
}

/** The member as an object; null for anything else. */
export function object(fields: Fields | null, name: string): Fields | null {
  return objectOr(member(fields, name))
}

/** The member as text, cut to a cap; null for anything else, and for none. */
export function text(fields: Fields | null, name: string): string | null {
  const value = member(fields, name)
  return typeof value === 'string' && value !== '' ? wellFormed(value.slice(0, MAX_TEXT)) : null
}

/** The member as a number that is not negative; null for anything else. */
export function count(fields: Fields | null, name: string): number | null {
  const value = member(fields, name)
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null
}

/** Whether the member is true, or the text of it as some logs write it. */
export function flag(fields: Fields | null, name: string): boolean {
  const value = member(fields, name)
  return value === true || value === 'true' || value === 'T'
}

/** The member as an IP address; null for anything else. */
export function address(fields: Fields | null, name: string): string | null {
  const value = text(fields, name)
  return value !== null && isIP(value) > 0 ? value : null
}

/** The member as a port; null for anything else. */
export function port(fields: Fields | null, name: string): number | null {
  const value = count(fields, name)
  return value !== null && Number.isInteger(value) && value <= 65_535 ? value : null
}

/** The member as a hash of 64 hex digits, in lower case; null for anything else. */
export function sha256Of(fields: Fields | null, name: string): string | null {
  const value = text(fields, name)
  return value !== null && /^[0-9a-f]{64}$/i.test(value) ? value.toLowerCase() : null
}

/** What the member is, whatever it is. */
export function member(fields: Fields | null, name: string): unknown {
  return fields !== null && Object.hasOwn(fields, name) ? fields[name] : undefined
}

function objectOr(value: unknown): Fields | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null
}
