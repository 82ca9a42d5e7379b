import { buildNative, examine, examineNetwork, type Finding } from '../../pipeline/index.ts'
import { command } from '../command.ts'
import type { Io } from '../io.ts'
import { printable } from '../printable.ts'
import { styled } from '../table.ts'

/** Characters of a line; paths may be long. */
const MAX_SHOWN = 1000

/** `taxon doctor`: what works on this machine. */
export const doctor = command({
  name: 'doctor',
  summary: 'show what works here, and how to get what does not',
  usage: '[options]',
  details: `With --build-native, networks learn and judge faster than on WebAssembly, and give the same bytes: the C++ compiler
of this machine (CXX, or c++, g++, clang++) builds their kernels, which are checked and put into the user's cache. The
environment variable TAXON_NATIVE keeps them from being used (off), or names another build.
Exit status: 0 when all that taxon needs works, else 2.`,
  options: {
    'build-native': { type: 'boolean', help: 'build faster kernels for networks, for this machine' },
  },
  async run({ values }, io) {
    if (values['build-native']) return await build(values.json, io)
    const findings = await examine()
    if (values.json) await io.stdout(`${JSON.stringify({ findings })}\n`)
    else await show(findings, io)
    return statusOf(findings)
  },
})

async function build(json: boolean, io: Io): Promise<number> {
  const bar = io.progress('building', null)
  try {
    const built = await buildNative({
      signal: io.signal,
      onProgress: (done, total) => bar.update(done, total),
    })
    bar.done()
    const findings = [await examineNetwork()]
    if (json) await io.stdout(`${JSON.stringify({ built, findings })}\n`)
    else {
      const { path, compiler } = built
      await io.stdout(
        `${printable(`built with ${compiler}, gives the bytes of WebAssembly: ${path}`, MAX_SHOWN)}\n`,
      )
      await show(findings, io)
    }
    return statusOf(findings)
  } finally {
    bar.done()
  }
}

async function show(findings: readonly Finding[], io: Io): Promise<void> {
  const width = Math.max(...findings.map(({ part }) => part.length))
  for (const { part, works, isDoubtful, detail, remedy } of findings) {
    const mark = !works
      ? styled('missing', 'red', io.colour)
      : isDoubtful
        ? styled('check  ', 'yellow', io.colour)
        : styled('ok     ', 'green', io.colour)
    await io.stdout(`${mark}  ${part.padEnd(width)}  ${printable(detail, MAX_SHOWN)}\n`)
    if (remedy !== null) await io.stdout(`${' '.repeat(width + 11)}${remedy}\n`)
  }
}

function statusOf(findings: readonly Finding[]): number {
  return findings.every(({ works }) => works) ? 0 : 2
}
