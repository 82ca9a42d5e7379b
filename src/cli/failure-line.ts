import { printable } from './printable.ts'

/** What failed, in one line for people: the path, where the message does not begin with it, and the message. */
export function failureLine(path: string, message: string): string {
  const where = message.startsWith(path) ? '' : `${printable(path)}: `
  return `${where}${printable(message, 1000)}`
}
