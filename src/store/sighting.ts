/** One time that a sample was seen on its way, or found. */
export interface Sighting {
  /** The same sighting told twice has the same key and is kept once for a sample, e.g. `suricata:<flow>:<file id>:<time>`. */
  readonly key: string
  /** Who saw it: `suricata`, `zeek`, `folder`, `viper`, `add`. */
  readonly source: string
  /** Milliseconds since 1970. */
  readonly at: number
  /** The name that the file had there, as it was told: hostile. */
  readonly name: string | null
  readonly protocol: string | null
  readonly sourceAddress: string | null
  readonly sourcePort: number | null
  readonly destinationAddress: string | null
  readonly destinationPort: number | null
  readonly host: string | null
  readonly uri: string | null
  /** Whatever else the source tells, as JSON text of an object; bounded by who writes it. */
  readonly details: string | null
}

/** A sighting of which no more is known than who found it, when, and under which name. */
export function plainSighting(
  known: Pick<Sighting, 'key' | 'source' | 'at' | 'name'> & Partial<Sighting>,
): Sighting {
  return {
    protocol: null,
    sourceAddress: null,
    sourcePort: null,
    destinationAddress: null,
    destinationPort: null,
    host: null,
    uri: null,
    details: null,
    ...known,
  }
}
