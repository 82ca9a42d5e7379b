import { csvRecords, MalformedInputError } from '../../core/index.ts'
import { onlyText, type PublicSet, rawFile } from './public-set.ts'

const REPOSITORY = 'shreyansh26/Opcodes-for-Malware-Detection'
const COMMIT = 'b728a69562c607a2602b506949c3e4b67101103e'

/** Letters of the column `labels`. */
const LABELS: ReadonlyMap<string, 0 | 1> = new Map([
  ['b', 0],
  ['m', 1],
])

/**
 * Counts of 29 names in Linux programs: a table with a column a name and `labels`. They are no counts of instructions:
 * each counts the lines of `objdump -M intel -D`, which lists every section, data too, that hold the name anywhere, in an
 * operand's symbol as well (`mov` counts `movzx`, `int` counts `print`; `jz`, `jnz`, `retn` are objdump's no words and
 * always 0). The dialect says so, lest a model of them judge what a disassembler counted.
 */
export const elfOpcodeCounts: PublicSet = {
  name: 'elf-opcode-counts',
  summary: '29 opcode counts of benign and malicious Linux programs, about 2,700 samples',
  repository: `https://github.com/${REPOSITORY}`,
  licence: 'MIT',
  files: [{ name: 'results.csv', url: rawFile(REPOSITORY, COMMIT, 'results.csv'), sha256: null }],
  kind: null,
  async *lines([table]) {
    let names: readonly string[] | null = null
    let row = 0
    for (const { line, fields } of csvRecords(await onlyText(table))) {
      if (!names) {
        names = fields.slice(0, -1)
        if (!names.includes('(bad)') || fields.at(-1) !== 'labels') {
          throw new MalformedInputError('elf-opcode-counts', 'not the table of 29 opcodes and labels', 0)
        }
        continue
      }
      const label = LABELS.get(fields.at(-1)!)
      if (label === undefined || fields.length !== names.length + 1) {
        throw new MalformedInputError('elf-opcode-counts', `line ${line} is no row of the table`, 0)
      }
      const counts = names.map((name, i) => [name, Number(fields[i])])
      yield {
        ...{ id: `elf-${row++}`, label, family: null, dialect: 'objdump-lines' },
        opcode_counts: Object.fromEntries(counts),
      }
    }
  },
}
