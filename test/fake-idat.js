// A stand-in for IDA Pro's `idat`, since nobody is made to own IDA to test taxon. It keeps to what IDA's documentation says
// of a run without windows ("Command line switches", "IDC language", "Environment variables" of the IDA help; the blog's
// "IDA in batch mode"):
//   -A                no dialogs; without it, and without TVHEADLESS and TERM, a real one waits for somebody for ever
//   -S"script args"   run a script when the analysis begins; its arguments are in ARGV, from 1 on
//   -oPATH            the database; parts of it (.id0 …) lie beside it while it runs, the packed one at the end
//   -LPATH            the log
//   qexit / Exit      its argument is the status of the process
// A script with a name that its version does not know does not run: IDA then waits. Library functions are hidden unless the
// script says otherwise. The listing is a true one: objdump's disassembly of the very bytes, spelled and laid out as IDA does.
// FAKE_IDAT chooses what goes wrong; FAKE_IDAT_VERSION is 6 or 9.
import { spawn, spawnSync } from 'node:child_process'
import { appendFileSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'

const trouble = process.env.FAKE_IDAT ?? ''
const isOld = process.env.FAKE_IDAT_VERSION === '6'
const args = process.argv.slice(2)
const switchOf = (name) => args.find((arg) => arg.startsWith(name))?.slice(2)
const [database, log, script, sample] = [switchOf('-o'), switchOf('-L'), switchOf('-S'), args.at(-1)]
const say = (text) => log && appendFileSync(log, `${text}\n`)
const waitForEver = () => setInterval(() => {}, 1000)

/** Names of IDC that a version has, of those that a script may well use. */
const FUNCTIONS = isOld
  ? [
      'GetShortPrm',
      'SetShortPrm',
      'Wait',
      'NextFunction',
      'GetFunctionFlags',
      'SetFunctionFlags',
      'GenerateFile',
      'Exit',
    ]
  : [
      'get_inf_attr',
      'set_inf_attr',
      'auto_wait',
      'get_next_fchunk',
      'get_fchunk_attr',
      'set_fchunk_attr',
      'gen_file',
      'qexit',
    ]
const COMMON = ['fopen', 'fclose', 'fprintf', 'main', 'for', 'if']
const [WAIT, WRITE, QUIT] = isOld ? ['Wait', 'GenerateFile', 'Exit'] : ['auto_wait', 'gen_file', 'qexit']

function run() {
  say(`IDA Pro ${isOld ? '6.95' : '9.0'}, licensed to a test`)
  say(`Command line: ${args.join(' ')}`)
  if (trouble === 'licence') {
    process.stderr.write('License not yet accepted, cannot run in batch mode\n')
    process.exit(1)
  }
  if (!args.includes('-A') || process.env.TVHEADLESS !== '1' || !process.env.TERM) return waitForEver()
  if ((statSync(sample).mode & 0o111) !== 0) process.exit(90)
  for (const part of ['.id0', '.id1', '.nam', '.til']) writeFileSync(database + part, '')
  if (trouble === 'crash') process.kill(process.pid, 'SIGSEGV')
  if (trouble === 'status') {
    say('The input file cannot be loaded')
    process.exit(4)
  }
  if (trouble === 'hang' || trouble === 'child') {
    // As a loader or plug-in may: a program of its own, which outlives its parent unless somebody ends it.
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' })
    if (process.env.FAKE_IDAT_PIDS)
      appendFileSync(process.env.FAKE_IDAT_PIDS, `${process.pid}\n${child.pid}\n`)
    if (trouble === 'hang') return waitForEver()
    child.unref()
  }
  const [path, ...argv] = [...script.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare)
  const text = readFileSync(path, 'latin1').replace(/\/\/.*$/gm, '')
  const code = text.replace(/"(?:\\.|[^"\\])*"/g, '""')
  const unknown = [...code.matchAll(/\b([A-Za-z_]\w*)\s*\(/g)]
    .map(([, name]) => name)
    .find((name) => ![...FUNCTIONS, ...COMMON].includes(name))
  if (!text.includes('#include <idc.idc>') || !/static main\(\)/.test(text) || unknown) {
    say(`${basename(path)}: Undefined function: ${unknown}`)
    return waitForEver()
  }
  interpret(text, code, argv)
}

/** Does in order what matters here of a script: wait, write the listing, print, exit. */
function interpret(text, code, argv) {
  const steps = new RegExp(
    `${WAIT}\\(\\)|${WRITE}\\((\\w+)|fprintf\\(\\w+, "((?:\\\\.|[^"\\\\])*)"\\)|${QUIT}\\((\\d+)\\);\\s*\\}`,
    'g',
  )
  const target = argv[Number(/fopen\(ARGV\[(\d+)\]/.exec(text)?.[1]) - 1]
  const hides = !/& ~AF2?_HFLIRT/.test(code) && !/& ~FUNC_HIDDEN/.test(code)
  let isAnalysed = false
  for (const [step, kind, printed, status] of text.matchAll(steps)) {
    if (step.startsWith(WAIT)) isAnalysed = true
    else if (kind !== undefined) {
      const listing = isAnalysed && !hides ? listingOf(sample, kind === 'OFILE_LST') : ['; nothing']
      if (trouble === 'no-listing') continue
      if (trouble === 'cut-off') {
        writeFileSync(target, listing.slice(0, listing.length / 2).join('\n'))
        process.exit(0)
      }
      writeFileSync(target, `${listing.join('\n')}\n`)
    } else if (printed !== undefined) {
      if (trouble !== 'no-listing' && existsSync(target))
        appendFileSync(target, printed.replaceAll('\\n', '\n'))
    } else {
      writeFileSync(`${database}.i64`, 'packed')
      process.exit(Number(status))
    }
  }
}

/** IDA's names where objdump has others. */
const NAMES = new Map([
  ...['j', 'set', 'cmov'].flatMap((stem) => [
    [`${stem}e`, `${stem}z`],
    [`${stem}ne`, `${stem}nz`],
    [`${stem}ae`, `${stem}nb`],
    [`${stem}ge`, `${stem}ge`],
  ]),
  ['ret', 'retn'],
  ['lret', 'retf'],
  ['movabs', 'mov'],
  ['repz', 'repe'],
  ['repnz', 'repne'],
  ['int3', 'int     3               ; Trap to Debugger'],
])
const PADDING = /^(?:nop|int3|xchg +ax,ax|lea +e?s?i?,\[esi|(?:data16 |cs )+nop)/

function listingOf(path, isListing) {
  const { stdout } = spawnSync('objdump', ['-d', '-w', '-M', 'intel', path], {
    encoding: 'latin1',
    maxBuffer: 2 ** 30,
  })
  const is64 = /file format \S*x86-64/.test(stdout)
  const format = is64 ? 'Portable executable for AMD64 (PE)' : 'Portable executable for 80386 (PE)'
  const lines = []
  let [segment, wasEnd, wasPadding] = ['', true, false]
  const put = (address, text) =>
    lines.push(
      (isListing
        ? `${segment}:${address
            .toString(16)
            .toUpperCase()
            .padStart(is64 ? 16 : 8, '0')} `
        : '') + text,
    )
  for (const text of [
    '; +-------------------------------------------------------------------------+',
    '; |   This file was generated by The Interactive Disassembler (IDA)          |',
    '; +-------------------------------------------------------------------------+',
    `; Format      : ${format}`,
    '                .686p',
  ]) {
    segment = 'HEADER'
    put(0, text)
  }
  for (const line of stdout.split('\n')) {
    const section = /^Disassembly of section (\S+):/.exec(line)
    if (section) [segment, wasEnd] = [section[1], true]
    const label = /^([0-9a-f]+) <(.+)>:$/.exec(line)
    if (label)
      put(
        Number.parseInt(label[1], 16),
        `${label[2].padEnd(15)} proc near               ; CODE XREF: x+4\u2191p`,
      )
    const code = /^ *([0-9a-f]+):\t((?:[0-9a-f]{2} )+) *\t(.+)$/.exec(line)
    if (!code) continue
    const [address, bytes, text] = [Number.parseInt(code[1], 16), code[2], code[3]]
    const isPadding = wasEnd && (PADDING.test(text) || bytes.startsWith('00 00 '))
    if (isPadding && !wasPadding) put(address, '                align 10h')
    wasPadding = isPadding
    if (isPadding) continue
    if (text.includes('(bad)'))
      for (const byte of bytes.trim().split(' ')) put(address, `                db 0${byte.toUpperCase()}h`)
    else put(address, `                ${spelled(text)}`)
    wasEnd = /^(?:ret|jmp|lret|iret|ud2|hlt|\(bad\))/.test(text.replace(/^(?:bnd|repz|notrack) +/, ''))
  }
  return lines
}

function spelled(text) {
  const words = text.replace(/ +[#<].*$/, '').split(/ +/)
  const operands = words.join(' ')
  const at = words.findIndex(
    (word) => !/^(?:rep|repn?z|lock|bnd|notrack|[c-g]s|data16|addr32|rex\S*)$/.test(word),
  )
  const size = /\b(BYTE|WORD|DWORD|QWORD) PTR/.exec(operands)?.[1]?.[0].toLowerCase()
  if (/^(?:movs|stos|lods|scas|cmps|ins|outs)$/.test(words[at] ?? '')) {
    return [...words.slice(0, at).map((word) => NAMES.get(word) ?? word), words[at] + size].join(' ')
  }
  const named = words.map((word, i) => (i <= at ? (NAMES.get(word) ?? word) : word))
  const mnemonic = named.slice(0, at + 1).filter((word) => !/^(?:[c-g]s|data16|addr32|rex\S*)$/.test(word))
  return `${mnemonic.join(' ').padEnd(7)} ${named
    .slice(at + 1)
    .join(' ')
    .replaceAll(',', ', ')}`.trimEnd()
}

run()
