// A process that uses a store beside others, for the tests of the store: `node store-process.js WHAT LOCATION …`, where the
// location is JSON. It needs the build.
import { openStore } from '../dist/store/index.js'

const [what, location, ...rest] = process.argv.slice(2)
const store = await openStore(JSON.parse(location))

const jobs = {
  /** Brings samples of its own and some that all bring, takes what comes for a step, and prints what it took. */
  async work(own, count) {
    const take = async () => {
      const options = { after: [], limit: 2, leaseMs: 60_000, now: Date.now() }
      for (const { sample, step } of await store.takeForStep('label', '1', options)) {
        console.log(sample.sha256)
        await store.setStep({ ...step, state: 'done', nextAt: null })
      }
    }
    for (let n = 0; n < Number(count); n++) {
      await store.put([Buffer.from(`sample ${n} of ${own}`)])
      if (n < 20) await store.put([Buffer.from(`sample ${n} of all`)], { name: `by ${own}` })
      await take()
    }
  },
  /** Puts one sample after another, and says each that is stored, until it is killed. */
  async put(start) {
    for (let n = Number(start); ; n++) {
      const content = Buffer.alloc(200_000 + n, `sample ${n} `)
      const sighting = { key: `k${n}`, source: 'add', at: 1, name: `name ${n}` }
      const { sample } = await store.put(pieces(content), { sighting: { ...EMPTY, ...sighting } })
      process.stdout.write(`${sample.sha256}\n`)
    }
  },
}

const EMPTY = {
  protocol: null,
  sourceAddress: null,
  sourcePort: null,
  destinationAddress: null,
  destinationPort: null,
  host: null,
  uri: null,
  details: null,
}

async function* pieces(content) {
  for (let at = 0; at < content.length; at += 50_000) {
    yield content.subarray(at, at + 50_000)
    // So that a kill may come between any two of them.
    await new Promise(setImmediate)
  }
}

await jobs[what](...rest)
await store.close()
