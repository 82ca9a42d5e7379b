import { examine } from '../../pipeline/index.ts'
import { command } from '../command.ts'
import { printable } from '../printable.ts'
import { styled } from '../table.ts'

/** `taxon doctor`: what works on this machine. */
export const doctor = command({
  name: 'doctor',
  summary: 'show what works here, and how to get what does not',
  usage: '[options]',
  details: 'Exit status: 0 when all that taxon needs works, else 2.',
  options: {},
  async run({ values }, io) {
    const findings = await examine()
    if (values.json) await io.stdout(`${JSON.stringify({ findings })}\n`)
    else {
      const width = Math.max(...findings.map(({ part }) => part.length))
      for (const { part, works, detail, remedy } of findings) {
        const mark = works ? styled('ok     ', 'green', io.colour) : styled('missing', 'red', io.colour)
        await io.stdout(`${mark}  ${part.padEnd(width)}  ${printable(detail)}\n`)
        if (remedy !== null) await io.stdout(`${' '.repeat(width + 11)}${remedy}\n`)
      }
    }
    return findings.every(({ works }) => works) ? 0 : 2
  },
})
