import { expect, it } from 'vitest'
import { signerText } from './signer-text.ts'

const thumbprint = 'ab'.repeat(32)
const signer = { subject: 'Ltd', thumbprint, valid: true, problem: null }

it.each([
  [signer, `signed by Ltd, certificate ${thumbprint} (who that is was not checked)`],
  [{ ...signer, subject: '' }, `signed by someone without a name, certificate ${thumbprint} (`],
  [{ ...signer, valid: false, problem: 'it was changed' }, 'not validly signed by Ltd: it was changed'],
  [
    { subject: null, thumbprint: null, valid: false, problem: 'section "\\u001b" is\u001b odd' },
    'not validly signed: section "\\u001b" is\\x1b odd',
  ],
  [{ ...signer, subject: 'x'.repeat(256) }, `signed by ${'x'.repeat(99)}…, certificate`],
])('says of %j %j', (told, text) => {
  expect(signerText(told).startsWith(text)).toBe(true)
})
