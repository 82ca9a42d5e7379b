/** What an executable is laid out as, which goes with the system it is for and so with its compilers and libraries. */
export type Container = 'pe' | 'elf'

/**
 * Dialect of a trace of opcodes: layout and processor, as `pe-x86` or `elf-arm64`, since a model that learned from the
 * programs of one system knows nothing of another's. The processor alone where a listing does not tell the layout.
 */
export function opcodeDialect(container: Container | null, architecture: string): string {
  return container === null ? architecture : `${container}-${architecture}`
}

const IN_WORDS = /^(?:(pe|elf)-)?(x86|x86-64|arm|arm64|mips|mips64|other)$/

/** A dialect for people: `PE for x86`; of calls, and of counts that no disassembler makes, `dialect cape`. */
export function dialectInWords(dialect: string): string {
  const [, container, architecture] = IN_WORDS.exec(dialect) ?? []
  if (architecture === undefined) return `dialect ${dialect}`
  return container === undefined
    ? `${architecture} that may be of PE or ELF`
    : `${container.toUpperCase()} for ${architecture}`
}
