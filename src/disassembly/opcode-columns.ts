/** Where decoded instructions are kept: in order up to a cap, and counted beyond it. */
export interface OpcodeColumns {
  /** Address and opcode of each kept instruction; filled up to `kept`, made larger when full. */
  addresses: Float64Array
  opcodes: Uint32Array
  kept: number
  /** Instructions that are kept in order, at most. */
  readonly most: number
  /** How often each opcode occurs, by its index; as long as the highest index seen demands. */
  counts: Float64Array
  length: number
}

/** No instructions yet. @param most that are kept in order  @param expected how many to make room for at first */
export function opcodeColumns(most: number, expected = 4096): OpcodeColumns {
  const room = Math.min(most, expected)
  return {
    addresses: new Float64Array(room),
    opcodes: new Uint32Array(room),
    kept: 0,
    most,
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
  if (columns.kept === columns.most) return
  if (columns.kept === columns.addresses.length) grow(columns)
  columns.addresses[columns.kept] = address
  columns.opcodes[columns.kept++] = opcode
}

function grow(columns: OpcodeColumns): void {
  const room = Math.min(columns.most, 2 * columns.kept + 16)
  const { addresses, opcodes } = columns
  columns.addresses = new Float64Array(room)
  columns.addresses.set(addresses)
  columns.opcodes = new Uint32Array(room)
  columns.opcodes.set(opcodes)
}

/** What was taken, cut to its size, with what there is to tell of it. @param names of all opcodes */
export function keptOpcodes(
  { addresses, opcodes, counts, kept, length }: OpcodeColumns,
  names: readonly string[],
) {
  const occurring = new Float64Array(names.length)
  occurring.set(counts.subarray(0, names.length))
  const isCut = kept < length
  return {
    addresses: addresses.slice(0, kept),
    opcodes: opcodes.slice(0, kept),
    names,
    counts: occurring,
    length,
    notes: isCut ? [`only the first ${kept} of ${length} instructions are kept in order`] : [],
  }
}
