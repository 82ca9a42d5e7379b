/** What can be asked of a value, as bits. Kept equal to `Ask` in native/json-scan.cpp. */
export const ASK = {
  /** Say that an object or array begins. */
  enter: 1,
  /** Say that an object or array ends. */
  leave: 2,
  /** Give the bytes of a string. */
  text: 4,
  /** Give the bytes of a number, true, false, null, NaN or Infinity. */
  literal: 8,
  /** Give the keys of an object, each before its value. */
  keys: 16,
  /** Give all bytes of the value as they stand, whatever it is. */
  verbatim: 32,
  /** With `text`: say which remembered name a string is; see `JsonScanner.remember`. */
  name: 64,
} as const

/** One line of a projection: a path such as `behavior.processes[].calls[].api` or `apistats.*`, and a sum of ASK. */
export interface Request {
  /** Keys joined by dots; `[]` stands for each element of an array, `*` for any key, the empty path for the document. */
  readonly path: string
  readonly asks: number
}

/** A place in the trie of a projection. */
export interface ProjectionNode {
  readonly asks: number
  /** Numbers of the requests that this place answers, ascending. */
  readonly requests: readonly number[]
  /** Where each named key leads: numbers of nodes. */
  readonly keys: ReadonlyMap<string, number>
  /** Where any other key leads, -1 for nowhere. */
  readonly any: number
  /** Where array elements lead, -1 for nowhere. */
  readonly element: number
}

/** A trie of paths: node 0 is the document. */
export interface Projection {
  readonly nodes: readonly ProjectionNode[]
}

/** Longest key (bytes, ASCII) and deepest path that the kernel compares; its MAX_KEY and MAX_DEPTH. */
const MAX_KEY = 64
const MAX_DEPTH = 64

/**
 * The trie of some paths. A key matches both its own name and `*`, so a named key also answers what is asked of `*`.
 * @throws RangeError when a path is too deep or a key too long or not ASCII: projections are written by us
 */
export function compileProjection(requests: readonly Request[]): Projection {
  const steps = requests.map(({ path }) => parsePath(path))
  const nodes: ProjectionNode[] = []
  const build = (members: readonly number[], depth: number): number => {
    if (members.length === 0) return -1
    const at = nodes.length
    nodes.push({ asks: 0, requests: [], keys: new Map(), any: -1, element: -1 })
    const after = (...wanted: string[]) =>
      build(
        members.filter((member) => wanted.includes(steps[member]![depth] ?? '')),
        depth + 1,
      )
    const done = members.filter((member) => steps[member]!.length === depth)
    const names = new Set(members.map((member) => steps[member]![depth] ?? ANY))
    const keys = new Map<string, number>()
    for (const name of names) if (name !== ANY && name !== ELEMENT) keys.set(name, after(name, ANY))
    nodes[at] = {
      asks: done.reduce((asks, member) => asks | requests[member]!.asks, 0),
      requests: done,
      keys,
      any: after(ANY),
      element: after(ELEMENT),
    }
    return at
  }
  build(
    requests.map((_, index) => index),
    0,
  )
  return { nodes }
}

const ANY = '*'
const ELEMENT = '[]'

function parsePath(path: string): string[] {
  const steps = path.replaceAll('[]', '.[]').split('.').filter(Boolean)
  if (steps.length >= MAX_DEPTH) throw new RangeError(`path ${path}: over ${MAX_DEPTH} steps`)
  for (const step of steps) {
    if (!/^[\x20-\x7e]+$/.test(step) || step.length > MAX_KEY)
      throw new RangeError(`path ${path}: key ${step}`)
  }
  return steps
}

/** Bytes that `writeProjection` needs, a multiple of 16. */
export function projectionBytes({ nodes }: Projection): number {
  let bytes = 0
  for (const node of nodes) {
    bytes += NODE_BYTES
    for (const key of node.keys.keys()) bytes += CHILD_BYTES + key.length
  }
  return Math.ceil(bytes / 16) * 16
}

const NODE_BYTES = 32
const CHILD_BYTES = 16

/** Writes a projection at `address`, a multiple of 4, in the layout of `Node` and `Child` in native/json-scan.cpp. */
export function writeProjection(memory: WebAssembly.Memory, address: number, { nodes }: Projection): void {
  const words = new Int32Array(memory.buffer)
  const bytes = new Uint8Array(memory.buffer)
  let child = address + nodes.length * NODE_BYTES
  let text = child + nodes.reduce((sum, node) => sum + node.keys.size, 0) * CHILD_BYTES
  nodes.forEach((node, index) => {
    let lengths = 0
    for (const key of node.keys.keys()) lengths |= 1 << Math.min(key.length, 31)
    words.set(
      [node.asks, node.any, node.element, child, node.keys.size, lengths, 0, 0],
      (address + index * NODE_BYTES) / 4,
    )
    for (const [key, target] of node.keys) {
      words.set([key.length, text, target, 0], child / 4)
      bytes.set(Buffer.from(key, 'latin1'), text)
      child += CHILD_BYTES
      text += key.length
    }
  })
}
