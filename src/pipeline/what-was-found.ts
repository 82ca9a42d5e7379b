import { dialectInWords, type Report } from '../samples/index.ts'

/** An executable, a listing or a trace of opcodes in one sentence: format, processor, sections, imports, entry, opcodes. */
export function whatWasFound({ format, trace, executable }: Report): string {
  const { length, tally, dialect } = trace
  const opcodes = `${length} ${length === 1 ? 'opcode' : 'opcodes'}, ${tally.tokens.length} distinct`
  if (!executable) return `${format} of ${dialectInWords(dialect)}, ${opcodes}`
  const { architecture, sections, moreSections, imports, entry } = executable
  const code = sections.filter(({ isExecutable }) => isExecutable).length
  const parts = `${sections.length + moreSections} sections (${code} executable)`
  const taken = imports === null ? 'imports that cannot be read' : `${imports} imports`
  return `${format} for ${architecture}, ${parts}, ${taken}, ${entry === null ? 'no entry' : `entry ${entry}`}, ${opcodes}`
}
