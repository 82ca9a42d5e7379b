// A Cuckoo-like report of any size, the same bytes for the same arguments: 5 processes of equally many calls, about 950
// bytes and 20 strings a call when indented by 4 as Cuckoo writes it.
const APIS = [
  ['NtCreateFile', 'file'],
  ['NtReadFile', 'file'],
  ['NtWriteFile', 'file'],
  ['RegOpenKeyExW', 'registry'],
  ['RegQueryValueExW', 'registry'],
  ['LdrGetProcedureAddress', 'system'],
  ['NtAllocateVirtualMemory', 'process'],
  ['NtProtectVirtualMemory', 'process'],
  ['GetSystemTimeAsFileTime', 'synchronisation'],
  ['NtDelayExecution', 'synchronisation'],
  ['InternetOpenA', 'network'],
  ['CreateToolhelp32Snapshot', 'process'],
]
export const PROCESSES = 5
const FIRST_TIME = 1717617500

/** The object of one call; `number` counts from 0 over the whole report, `time` in seconds. */
function call(number, time) {
  // A multiplicative hash: deterministic, and no two calls in a row are alike.
  const random = Math.imul(number + 1, 0x9e3779b1) >>> 0
  const [api, category] = APIS[random % APIS.length]
  const handle = `0x${(random & 0xfffc).toString(16).padStart(8, '0')}`
  return {
    category,
    status: (random >>> 16) & 1,
    stacktrace: [],
    api,
    return_value: 0,
    arguments: {
      create_disposition: 1,
      file_handle: handle,
      filepath: `C:\\Users\\Administrator\\AppData\\Local\\Temp\\${random.toString(36)}.tmp`,
      desired_access: '0x80100080',
      filepath_r: `\\??\\C:\\Windows\\"${random.toString(36)}".dat`,
      share_access: 1,
    },
    time: FIRST_TIME + Math.round(time * 1e6) / 1e6,
    tid: 2000 + (random & 7) * 4,
    flags: { desired_access: 'FILE_READ_ATTRIBUTES|SYNCHRONIZE' },
  }
}

/** Calls that a report of about `bytes` bytes holds. */
export function callsFor(bytes, indent) {
  return Math.max(1, Math.round(bytes / (indent ? 950 : 420) / PROCESSES)) * PROCESSES
}

/** The report in chunks of about 1 MiB. `indent` is 4 or 0. */
export function* reportChunks(calls, indent) {
  const space = indent ? ' ' : ''
  const line = (depth) => (indent ? `\n${' '.repeat(indent * depth)}` : '')
  const write = (value, depth) =>
    JSON.stringify(value, null, indent).replaceAll('\n', `\n${' '.repeat(indent * depth)}`)
  let text = `{${line(1)}"info":${space}${write({ version: '2.0.7', score: 5.2, duration: 120, id: 1 }, 1)},`
  text += `${line(1)}"behavior":${space}{${line(2)}"processes":${space}[`
  const perProcess = calls / PROCESSES
  for (let process = 0; process < PROCESSES; process++) {
    text += `${process ? ',' : ''}${line(3)}{${line(4)}"process_name":${space}"sample${process}.exe",`
    text += `${line(4)}"pid":${space}${2000 + process},${line(4)}"ppid":${space}1999,${line(4)}"calls":${space}[`
    for (let index = 0; index < perProcess; index++) {
      text += `${index ? ',' : ''}${line(5)}${write(call(process * perProcess + index, (index + process / 7) / 1000), 5)}`
      if (text.length > 1 << 20) {
        yield Buffer.from(text, 'latin1')
        text = ''
      }
    }
    text += `${line(4)}]${line(3)}}`
  }
  yield Buffer.from(`${text}${line(2)}]${line(1)}}${line(0)}}\n`, 'latin1')
}
