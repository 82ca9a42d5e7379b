import type { Outcome } from '../samples/index.ts'
import { openStore, type StoreLocation } from '../store/index.ts'
import { allowanceFor, factsOf, silenced } from './run/silence.ts'

/** Outcomes with the allow-list of a store applied to them. @throws UsageError where there is no store */
export async function* applyAllowances(
  outcomes: AsyncIterable<Outcome>,
  location: StoreLocation,
): AsyncGenerator<Outcome> {
  const store = await openStore(location, { create: false })
  try {
    const allowances = await store.allowances(Date.now())
    for await (const outcome of outcomes) {
      if ('error' in outcome || outcome.sample.sha256 === null) {
        yield outcome
        continue
      }
      const sha256 = outcome.sample.sha256.toLowerCase()
      const { signer } = outcome.executable ?? {}
      const facts = (await store.has(sha256))
        ? factsOf(await store.show(sha256), outcome)
        : { sha256, tags: [], signer: signer?.valid ? signer.thumbprint : null }
      yield silenced(outcome, allowanceFor(facts, allowances))
    }
  } finally {
    await store.close()
  }
}
