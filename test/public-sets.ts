import { gzipSync } from 'node:zlib'
import { tarOf, zipOf } from './archives.ts'

const ELF_HEADER =
  'mov,push,call,pop,cmp,jz,lea,test,jmp,add,jnz,retn,xor,and,bt,fdivp,fild,fstcw,imul,int,nop,pushf,rdtsc,sbb,setb,setle,shld,std,(bad),labels'

const HASH = (digit: string) => digit.repeat(64)

/** The files of each public set as its source lays them out, with a few made-up rows, by the set's name. */
export const MADE_UP_SETS: Readonly<Record<string, readonly Buffer[]>> = {
  'big2015-opcodes': [
    gzipSync(
      tarOf([
        { name: 'RAPTOR-dataset-BIG2015-a90818b/README.md', content: '# opcodes\n' },
        { name: 'RAPTOR-dataset-BIG2015-a90818b/Simda/Simda.csv', content: 'Simda\nabc\n' },
        { name: 'RAPTOR-dataset-BIG2015-a90818b/Simda/abc.csv', content: 'retf\npush\nmov\nmov\n' },
        { name: 'RAPTOR-dataset-BIG2015-a90818b/Gatak/empty.csv', content: '' },
        { name: 'RAPTOR-dataset-BIG2015-a90818b/Gatak/xyz.csv', content: 'rep\n'.repeat(20_001) },
        { name: 'RAPTOR-dataset-BIG2015-a90818b/Elsewhere/no.csv', content: 'mov\n' },
      ]),
    ),
  ],
  ransomtrack: [
    zipOf([
      { name: '__MACOSX/dataset/._mix.csv', content: 'not a table' },
      { name: 'dataset/readme.txt', content: 'what this is' },
      {
        name: 'dataset/mix.csv',
        content: [
          'filename,add,invalid,mov,createfile,regclosekey,yes',
          `${HASH('A')}.exe_opcodes.txt,3,0,7,0,2,1`,
          `${HASH('b')},0,5,1,1,0,0`,
          '',
        ].join('\n'),
      },
    ]),
  ],
  'elf-opcode-counts': [
    Buffer.from(
      `${ELF_HEADER}\r\n3362,491,840,495,581,0,317,548,482,3477,0,0,388,990,1,0,1,0,308,85,340,17,0,150,1,0,0,534,938,b\r\n` +
        '74728,31431,14363,7866,9853,0,14338,7709,8331,45814,0,0,5219,3861,19,1,14,0,648,5453,3404,52,0,782,127,11,3,46,909,m\r\n',
    ),
  ],
  'malbehavd-v1': [
    Buffer.from(
      `sha256,labels,0,1,2,\n${HASH('c')},0,LdrUnloadDll,NtClose,,\n${HASH('d')},1,CryptEncrypt,NtClose,WSAStartup,\n`,
    ),
  ],
  'mal-api-2019': [
    zipOf([{ name: '100_calls.txt', content: `0,2,2\n${'1,'.repeat(10_000)}0\n` }]),
    zipOf([{ name: '100_types.txt', content: 'Trojan\nAdware\n' }]),
    Buffer.from('ldrloaddll=0\nntclose=1\n\nregopenkeyexa=2\n'),
  ],
  'adfa-ld': [
    zipOf([
      { name: '__MACOSX/ADFA-LD/Training_Data_Master/._UTD-0001.txt', content: '\0\0' },
      { name: 'ADFA-LD/Training_Data_Master/UTD-0001.txt', content: '6 6 63 6 ' },
      { name: 'ADFA-LD/Validation_Data_Master/UVD-0001.txt', content: '3 4' },
      { name: 'ADFA-LD/Attack_Data_Master/Hydra_FTP_10/UAD-Hydra-FTP-10-1.txt', content: '265 168 168' },
      { name: 'ADFA-LD/ADFA-LD+Syscall+List.txt', content: '1 exit' },
    ]),
  ],
}

/** The rows that `MADE_UP_SETS` hold, as lines of a traces file, by the set's name. */
export const MADE_UP_LINES: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>> = {
  'big2015-opcodes': [
    {
      id: 'abc',
      label: 1,
      family: 'Simda',
      class: 5,
      n_opcodes: 4,
      opcodes: 'retf push mov mov',
      dialect: 'pe-x86',
    },
    {
      ...{ id: 'xyz', label: 1, family: 'Gatak', class: 9, n_opcodes: 20_001, dialect: 'pe-x86' },
      opcodes: Array(20_000).fill('rep').join(' '),
    },
  ],
  ransomtrack: [
    { id: HASH('a'), label: 1, family: 'ransomware', opcode_counts: { add: 3, mov: 7 }, dialect: 'pe-x86' },
    { id: HASH('a'), label: 1, family: 'ransomware', api_counts: { regclosekey: 2 }, dialect: 'frida' },
    { id: HASH('b'), label: 0, family: null, opcode_counts: { invalid: 5, mov: 1 }, dialect: 'pe-x86' },
    { id: HASH('b'), label: 0, family: null, api_counts: { createfile: 1 }, dialect: 'frida' },
  ],
  'elf-opcode-counts': [
    {
      ...{ id: 'elf-0', label: 0, family: null, dialect: 'objdump-lines' },
      opcode_counts: countsOf(
        '3362,491,840,495,581,0,317,548,482,3477,0,0,388,990,1,0,1,0,308,85,340,17,0,150,1,0,0,534,938',
      ),
    },
    {
      ...{ id: 'elf-1', label: 1, family: null, dialect: 'objdump-lines' },
      opcode_counts: countsOf(
        '74728,31431,14363,7866,9853,0,14338,7709,8331,45814,0,0,5219,3861,19,1,14,0,648,5453,3404,52,0,782,127,11,3,46,909',
      ),
    },
  ],
  'malbehavd-v1': [
    { id: HASH('c'), label: 0, family: null, calls: ['LdrUnloadDll', 'NtClose'], dialect: 'cuckoo-2' },
    {
      ...{ id: HASH('d'), label: 1, family: null, dialect: 'cuckoo-2' },
      calls: ['CryptEncrypt', 'NtClose', 'WSAStartup'],
    },
  ],
  'mal-api-2019': [
    {
      ...{ id: 'malapi100-0', label: 1, category: 'Trojan', n_calls: 3, dialect: 'cuckoo-2' },
      apistats: { ldrloaddll: 1, regopenkeyexa: 2 },
      calls: ['ldrloaddll', 'regopenkeyexa', 'regopenkeyexa'],
    },
    {
      ...{ id: 'malapi100-1', label: 1, category: 'Adware', n_calls: 10_001, dialect: 'cuckoo-2' },
      apistats: { ntclose: 10_000, ldrloaddll: 1 },
      calls: Array(10_000).fill('ntclose'),
    },
  ],
  'adfa-ld': [
    {
      ...{ id: 'Training_Data_Master/UTD-0001.txt', label: 0, family: 'normal', scenario: null },
      ...{ split: 'train_normal', dialect: 'linux-i386', calls: ['6', '6', '63', '6'] },
    },
    {
      ...{ id: 'Validation_Data_Master/UVD-0001.txt', label: 0, family: 'normal', scenario: null },
      ...{ split: 'validation_normal', dialect: 'linux-i386', calls: ['3', '4'] },
    },
    {
      ...{ id: 'Attack_Data_Master/Hydra_FTP_10/UAD-Hydra-FTP-10-1.txt', label: 1, family: 'Hydra_FTP' },
      ...{ scenario: 'Hydra_FTP_10', split: 'attack', dialect: 'linux-i386', calls: ['265', '168', '168'] },
    },
  ],
}

function countsOf(numbers: string): Record<string, number> {
  const names = ELF_HEADER.split(',')
  return Object.fromEntries(numbers.split(',').map((count, i) => [names[i]!, Number(count)]))
}
