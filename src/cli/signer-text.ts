import type { SignerSummary } from '../samples/index.ts'
import { printable } from './printable.ts'

/** Whose signature a file bears, or why it does not hold, in one line that no name in it can make harmful. */
export function signerText({ subject, thumbprint, valid, problem }: SignerSummary): string {
  const by =
    subject === null ? '' : ` by ${subject === '' ? 'someone without a name' : printable(subject, 100)}`
  if (!valid) return `not validly signed${by}: ${printable(problem ?? '', 500)}`
  return `signed${by}, certificate ${thumbprint} (who that is was not checked)`
}
