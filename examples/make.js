#!/usr/bin/env node
// Writes the example reports and their labels beside it, the same bytes every time: `node examples/make.js [folder]`.
// They are made up. No program was run for them; names, hashes and addresses stand for nothing real. What is true to
// life is their shape, Cuckoo's and CAPE's, and which calls programs of each kind tend to make.
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { scenarios } from './scenarios.js'

const STARTED = 1_700_000_000
const CATEGORIES = [
  [/^(Nt|Zw)?(Reg|OpenKey|CreateKey|DeleteKey|QueryKey|SetValueKey|QueryValueKey|Enumerate)/, 'registry'],
  [/Process|Thread|Section|VirtualMemory|JobObject/, 'process'],
  [/^Crypt|^Cert|Hash/, 'crypto'],
  [
    /^Internet|^Http|^WSA|^socket|^connect|^send|^recv|^closesocket|AddrInfo|getaddrinfo|gethostbyname|^DnsQuery|^URL/,
    'network',
  ],
  [/Mutant|Event|DelayExecution|SystemTime|TickCount/, 'synchronisation'],
  [/Service|SCManager/, 'services'],
  [/File|Directory|Volume|DiskFreeSpace|TempPath/, 'file'],
  [/Window|DrawText|Cursor|KeyState|Foreground|Message|LoadString|Metrics/, 'ui'],
  [/Resource/, 'resource'],
  [/^Co[A-Z]|^Ole/, 'ole'],
]
const categoryOf = (api) => CATEGORIES.find(([pattern]) => pattern.test(api))?.[1] ?? 'system'
const hash = (algorithm, text) => createHash(algorithm).update(text).digest('hex')

/** The calls of a script: a line `Api key=value …`, or `12 x Api …; Api …` for a loop in which `{i}` counts. */
function callsOf(script) {
  return script
    .trim()
    .split('\n')
    .flatMap((line) => {
      const [, times = '1', body] = /^\s*(?:(\d+) x )?(.*)$/.exec(line)
      return Array.from({ length: Number(times) }, (_, i) =>
        body.split('; ').map((call) => {
          const [api, ...pairs] = call.replaceAll('{i}', String(i)).trim().split(' ')
          const failed = pairs[0] === 'fails'
          return {
            api,
            failed,
            args: pairs.slice(failed ? 1 : 0).map((pair) => pair.split(/=(.*)/s).slice(0, 2)),
          }
        }),
      ).flat()
    })
}

const target = (name) => ({
  category: 'file',
  file: {
    name: `${name}.exe`,
    size: 10_000 + name.length * 1_024,
    type: 'PE32 executable (GUI) Intel 80386, for MS Windows',
    md5: hash('md5', name),
    sha1: hash('sha1', name),
    sha256: hash('sha256', name),
  },
})

function cuckoo({ name, processes, score }) {
  const apistats = {}
  const written = processes.map(({ name: process_name, script }, index) => {
    const pid = 1000 + 4 * index
    const stats = {}
    const calls = callsOf(script).map(({ api, failed, args }, n) => {
      stats[api] = (stats[api] ?? 0) + 1
      return {
        category: categoryOf(api),
        status: failed ? 0 : 1,
        stacktrace: [],
        api,
        return_value: failed ? 3221225524 : 0,
        arguments: Object.fromEntries(args),
        time: STARTED + 2 * index + n / 64,
        tid: pid + 1,
        flags: {},
      }
    })
    apistats[pid] = stats
    return {
      process_path: `C:\\Users\\example\\${process_name}`,
      calls,
      track: true,
      pid,
      process_name,
      command_line: process_name,
      modules: [],
      time: 0,
      tid: pid + 1,
      first_seen: STARTED + 2 * index,
      ppid: index === 0 ? 900 : 1000,
      type: 'process',
    }
  })
  return {
    info: {
      version: '2.0.7',
      id: 1,
      category: 'file',
      score,
      duration: 60,
      started: STARTED,
      ended: STARTED + 60,
    },
    target: target(name),
    signatures: [],
    behavior: { generic: [], apistats, processes: written, processtree: [], summary: {} },
  }
}

/** CAPE counts equal calls in a row in `repeated`. */
function cape({ name, processes, score }) {
  const stamp = (seconds) =>
    new Date((STARTED + seconds) * 1000).toISOString().slice(0, 23).replace('T', ' ').replace('.', ',')
  const written = processes.map(({ name: process_name, script }, index) => {
    const calls = []
    for (const { api, failed, args } of callsOf(script)) {
      const pairs = args.map(([key, value]) => ({ name: key, value }))
      const last = calls.at(-1)
      if (last?.api === api && JSON.stringify(last.arguments) === JSON.stringify(pairs)) {
        last.repeated++
        continue
      }
      calls.push({
        timestamp: stamp(2 * index + calls.length / 64),
        thread_id: String(2001 + 4 * index),
        caller: '0x00401000',
        parentcaller: '0x00402000',
        category: categoryOf(api),
        api,
        status: !failed,
        return: failed ? '0xc0000034' : '0x00000000',
        arguments: pairs,
        repeated: 0,
        id: calls.length,
      })
    }
    return {
      process_id: 2000 + 4 * index,
      process_name,
      parent_id: index === 0 ? 900 : 2000,
      module_path: `C:\\Users\\example\\${process_name}`,
      first_seen: stamp(2 * index),
      calls,
      threads: [String(2001 + 4 * index)],
      environ: {},
    }
  })
  return {
    statistics: { processing: [], signatures: [], reporting: [] },
    CAPE: { payloads: [], configs: [] },
    info: {
      version: '2.4-CAPE',
      id: 1,
      category: 'file',
      duration: 60,
      started: stamp(0).slice(0, 19),
      ended: stamp(60).slice(0, 19),
    },
    target: target(name),
    behavior: { processes: written, anomaly: [], processtree: [], summary: {}, enhanced: [] },
    signatures: [],
    malscore: score,
  }
}

/** The example files, by name: bytes that are the same on every machine, but for the gzip one, whose content is. */
export function exampleFiles() {
  const files = new Map()
  const labels = ['sha256,name,label,family']
  for (const scenario of scenarios) {
    const report = scenario.sandbox === 'cape' ? cape(scenario) : cuckoo(scenario)
    const text = `${JSON.stringify(report, null, 1)}\n`
    files.set(
      `reports/${scenario.name}.json${scenario.gzip ? '.gz' : ''}`,
      scenario.gzip ? gzipSync(text, { level: 9 }) : Buffer.from(text),
    )
    if (scenario.label)
      labels.push(
        [hash('sha256', scenario.name), `${scenario.name}.exe`, scenario.label, scenario.family ?? ''].join(
          ',',
        ),
      )
  }
  files.set('labels.csv', Buffer.from(`${labels.join('\n')}\n`))
  return files
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const folder = process.argv[2] ?? import.meta.dirname ?? fileURLToPath(new URL('.', import.meta.url))
  mkdirSync(join(folder, 'reports'), { recursive: true })
  for (const [name, bytes] of exampleFiles()) writeFileSync(join(folder, name), bytes)
}
