import { count, fieldsOf, text } from './fields.ts'
import type { LogPlace } from './log-file.ts'

/** The place in a log that a cursor tells of; null where it is none. */
export function placeOf(cursor: string): LogPlace | null {
  const fields = fieldsOf(cursor)
  const [inode, head] = [text(fields, 'inode'), text(fields, 'head')]
  const [offset, headBytes] = [count(fields, 'offset'), count(fields, 'headBytes')]
  const modifiedAt = count(fields, 'modifiedAt')
  if (inode === null || head === null || offset === null || headBytes === null || modifiedAt === null)
    return null
  if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(headBytes) || headBytes > 512) return null
  return { inode, head, offset, headBytes, modifiedAt }
}
