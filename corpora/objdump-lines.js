// Counts executables as the public set elf-opcode-counts was counted: of the lines of `objdump -M intel -D`, which takes
// every section for code, those with a colon that hold a name anywhere. Prints a traces file, which `taxon classify` and
// `taxon corpus import` read. Needs objdump; runs none of the files.
//
//   node corpora/objdump-lines.js FILE… > counts.ndjson
import { spawn } from 'node:child_process'
import { basename } from 'node:path'
import { createInterface } from 'node:readline'

const NAMES = [
  ...[
    'mov',
    'push',
    'call',
    'pop',
    'cmp',
    'jz',
    'lea',
    'test',
    'jmp',
    'add',
    'jnz',
    'retn',
    'xor',
    'and',
    'bt',
  ],
  ...[
    'fdivp',
    'fild',
    'fstcw',
    'imul',
    'int',
    'nop',
    'pushf',
    'rdtsc',
    'sbb',
    'setb',
    'setle',
    'shld',
    'std',
  ],
  '(bad)',
]

async function countLines(path) {
  const counts = new Map(NAMES.map((name) => [name, 0]))
  const objdump = spawn('objdump', ['-M', 'intel', '-D', path], { stdio: ['ignore', 'pipe', 'ignore'] })
  for await (const line of createInterface({ input: objdump.stdout })) {
    if (!line.includes(':')) continue
    for (const name of NAMES) if (line.includes(name)) counts.set(name, counts.get(name) + 1)
  }
  return Object.fromEntries(counts)
}

for (const path of process.argv.slice(2)) {
  const opcode_counts = await countLines(path)
  console.log(JSON.stringify({ id: basename(path), dialect: 'objdump-lines', opcode_counts }))
}
