import fc from 'fast-check'

/** One call of a toy report. */
export interface ToyCall {
  readonly process: number
  readonly call: number
  readonly name: string
  readonly repeated: number
  /** Bytes of the report up to and with the call's closing brace. */
  readonly end: number
}

/** A small report of one format, and what must be read from it. */
export interface ToyReport {
  readonly text: string
  /** In the order of the report. */
  readonly calls: readonly ToyCall[]
}

interface ToyDialect {
  /** What stands before the list of processes, before each process's calls, around a call, and at the end. */
  readonly open: string
  readonly process: string
  readonly call: (name: string, time: number, repeated: number) => object
  readonly repeats: boolean
  readonly close: string
}

const stamp = (time: number) =>
  new Date(time * 1000).toISOString().replace('T', ' ').replace('.', ',').slice(0, 23)
const older = (name: string, time: number, repeated: number) => ({
  timestamp: stamp(time),
  thread_id: '7',
  api: name,
  status: true,
  arguments: [{ name: 'path', value: 'C:\\"{[' }],
  repeated,
})

const DIALECTS: readonly ToyDialect[] = [
  {
    open: '{"info":{"version":"2.0.7","duration":1},"behavior":{"processes":[',
    process: '{"pid":4,"calls":[',
    call: (name, time) => ({ status: 1, api: name, arguments: { p: '\\"}]', q: [[], {}] }, time }),
    repeats: false,
    close: ']},"strings":["a","}"]}',
  },
  {
    open: '{"behavior":{"processes":[',
    process: '{"process_id":"4","calls":[',
    call: older,
    repeats: true,
    close: ']}}',
  },
  {
    open: '{"CAPE":{},"info":{"version":"2.2-CAPE"},"behavior":{"processes":[',
    process: '{"process_id":4,"calls":[',
    call: older,
    repeats: true,
    close: ']},"malscore":1.5}',
  },
  {
    open: '{"emu_version":"1","entry_points":[',
    process: '{"ep_type":"x","apis":[',
    call: (name) => ({ pc: '0x1', api_name: name, args: ['{'] }),
    repeats: false,
    close: ']}',
  },
]

const names = fc.oneof(
  fc.constantFrom(
    'NtClose',
    'NtReadFile',
    '__proto__',
    'constructor',
    'kernel32.CreateFileA',
    'é\u{1f600}',
    'q"\\',
  ),
  fc.string({ minLength: 1, maxLength: 60 }),
)

/** Toy reports of every dialect, indented or not. Names are well-formed text. */
export const toyReports: fc.Arbitrary<ToyReport> = fc
  .record({
    dialect: fc.constantFrom(...DIALECTS),
    indent: fc.constantFrom(0, 4),
    processes: fc.array(
      fc.array(fc.tuple(names, fc.integer({ min: 0, max: 9 }), fc.constantFrom(0, 0, 0, 1, 5)), {
        maxLength: 6,
      }),
      { maxLength: 4 },
    ),
  })
  .map(({ dialect, indent, processes }) => {
    const calls: ToyCall[] = []
    let text = dialect.open
    processes.forEach((made, process) => {
      text += `${process > 0 ? ',\n' : ''}${dialect.process}`
      made.forEach(([name, time, repeated], call) => {
        text += `${call > 0 ? ', ' : ''}${JSON.stringify(dialect.call(name, 1e9 + time, repeated), null, indent)}`
        calls.push({
          process,
          call,
          name,
          repeated: dialect.repeats ? repeated : 0,
          end: Buffer.byteLength(text),
        })
      })
      text += ']}'
    })
    return { text: text + dialect.close, calls }
  })
