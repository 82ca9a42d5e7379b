/** Where decoded instructions are kept: in order up to a cap, and counted beyond it. */
export interface OpcodeColumns {
  /** Address and opcode of each kept instruction; room for all of them, filled up to `kept`. */
  readonly addresses: Float64Array
  readonly opcodes: Uint32Array
  kept: number
  /** How often each opcode occurs, by its index; as long as the highest index seen demands. */
  counts: Float64Array
  length: number
}

/** Room for `most` instructions. */
export function opcodeColumns(most: number): OpcodeColumns {
  return {
    addresses: new Float64Array(most),
    opcodes: new Uint32Array(most),
    kept: 0,
    counts: new Float64Array(256),
    length: 0,
  }
}

/** Takes one more instruction. */
export function addOpcode(columns: OpcodeColumns, address: number, opcode: number): void {
  if (opcode >= columns.counts.length) {
    const larger = new Float64Array(2 * opcode)
    larger.set(columns.counts)
    columns.counts = larger
  }
  columns.counts[opcode]!++
  columns.length++
  if (columns.kept === columns.addresses.length) return
  columns.addresses[columns.kept] = address
  columns.opcodes[columns.kept++] = opcode
}
