import type { JsonScanner } from '../kernels/json-scan/json-scan.ts'
import { ASK, compileProjection, type Projection, type Request } from '../kernels/json-scan/projection.ts'
import { COLUMN_FIELDS, FIELD_ASKS, type Field, type Format } from './format.ts'

/** All formats' tables as one: what the scanner is to look for, and what each of its nodes means. */
export interface FieldTable {
  readonly projection: Projection
  /** The field of each node; null for those that are signs only. `line.other` is not listed: it shares nodes. */
  readonly fields: readonly (Field | null)[]
  /** Whether each node is a sign of some format. */
  readonly isSign: Uint8Array
  /** Scanners of this projection that nobody uses now. */
  readonly idleScanners: JsonScanner[]
  /** The format that the seen nodes and the stated version speak for; null when no sign was seen. */
  recognise(seen: Uint8Array, version: string | null): Format | null
}

const SIGN = ASK.enter | ASK.text | ASK.literal

/** @throws RangeError when two formats give one path two meanings */
export function fieldTable(formats: readonly Format[], withColumns: boolean): FieldTable {
  const requests: Request[] = []
  const meanings: (Field | null)[] = []
  const signs: { request: number; format: Format; weight: number }[] = []
  for (const format of formats) {
    for (const [path, field] of Object.entries(format.fields)) {
      if (!withColumns && COLUMN_FIELDS.includes(field)) continue
      requests.push({ path, asks: FIELD_ASKS[field] })
      meanings.push(field)
    }
    for (const [path, weight] of Object.entries(format.signs)) {
      signs.push({ request: requests.length, format, weight })
      requests.push({ path, asks: SIGN })
      meanings.push(null)
    }
  }
  const projection = compileProjection(requests)
  const { nodes } = projection
  const isAnswer = (node: number, request: number) => nodes[node]!.requests.includes(request)
  const signNodes = signs.map((sign) => ({
    ...sign,
    nodes: nodes.flatMap((_, node) => (isAnswer(node, sign.request) ? [node] : [])),
  }))
  return {
    projection,
    idleScanners: [],
    fields: nodes.map((node, index) =>
      onlyMeaning(
        node.requests.map((request) => meanings[request]!),
        index,
      ),
    ),
    isSign: Uint8Array.from(nodes, (_, node) => (signs.some((sign) => isAnswer(node, sign.request)) ? 1 : 0)),
    recognise(seen, version) {
      let [best, most]: [Format | null, number] = [null, 0]
      for (const format of formats) {
        let weight = 0
        for (const sign of signNodes) {
          if (sign.format === format && sign.nodes.some((node) => seen[node])) weight += sign.weight
        }
        if (weight > 0) weight += versionWeight(format, version)
        if (weight > most) [best, most] = [format, weight]
      }
      return best
    },
  }
}

function versionWeight({ versions }: Format, version: string | null): number {
  return versions && version !== null && versions.pattern.test(version) ? versions.weight : 0
}

function onlyMeaning(meanings: readonly (Field | null)[], node: number): Field | null {
  const different = new Set(meanings.filter((field) => field !== null && field !== 'line.other'))
  if (different.size > 1) throw new RangeError(`node ${node}: means ${[...different].join(' and ')}`)
  return [...different][0] ?? null
}
