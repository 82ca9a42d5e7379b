// What the benches share: how a peer is found and asked, and how times and answers are summed up.
import { spawn, spawnSync } from 'node:child_process'
import { createInterface } from 'node:readline'

/** A python3 that can import a module; undefined where there is none. */
export function pythonWith(module) {
  return ['python3', '/usr/bin/python3'].find(
    (python) => spawnSync(python, ['-c', `import ${module}`]).status === 0,
  )
}

/** A python3 that has scikit-learn; undefined where there is none. */
export const pythonWithSklearn = () => pythonWith('sklearn')

/** A process that is asked by a line of JSON and answers by one; `next` waits for what it says unasked. */
export function side(command, args, env = process.env) {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'], env })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async () => JSON.parse((await lines.next()).value)
  return {
    next,
    ask(...request) {
      child.stdin.write(`${JSON.stringify(request)}\n`)
      return next()
    },
    close: () => child.stdin.end(),
  }
}

/** The requests that `side` sends to this process; each is to be answered by `answer`. */
export async function* requests() {
  for await (const line of createInterface({ input: process.stdin })) yield JSON.parse(line)
}

/** Answers the request at hand. */
export const answer = (value) => console.log(JSON.stringify(value))

/** How many rounds the command line asks for, by a plain number. */
export function roundsAsked(otherwise) {
  return Number(process.argv.slice(2).find((argument) => /^\d+$/.test(argument)) ?? otherwise)
}

/** The middle one of some values, of two the upper. */
export const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1]

/** Median, least and most of some values, as text. */
export function spread(values, digits = 0) {
  const [middle, least, most] = [median(values), Math.min(...values), Math.max(...values)]
  return `${middle.toFixed(digits)} (${least.toFixed(digits)} … ${most.toFixed(digits)})`
}

/** Weighted F of what was predicted of rows whose classes are `y`. */
export function weightedF(y, predicted, classes) {
  const [right, given, there] = [0, 1, 2].map(() => new Float64Array(classes))
  y.forEach((own, row) => {
    there[own]++
    given[predicted[row]]++
    if (predicted[row] === own) right[own]++
  })
  return there.reduce((sum, n, k) => sum + (n / y.length) * (n > 0 ? (2 * right[k]) / (n + given[k]) : 0), 0)
}

/** The class with the largest decision, for each row of [rows, classes]. */
export function decided(decisions, classes) {
  return Array.from({ length: decisions.length / classes }, (_, row) => {
    const of = decisions.subarray(row * classes, (row + 1) * classes)
    return of.indexOf(Math.max(...of))
  })
}
