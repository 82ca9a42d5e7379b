import { UsageError } from '../../core/index.ts'
import { readModel } from '../../pipeline/index.ts'
import { cardText } from '../card-text.ts'
import { command, commandGroup } from '../command.ts'
import { printable } from '../printable.ts'

const show = command({
  name: 'show',
  summary: 'show a model’s card: what it learned, from what, and how well it does',
  usage: 'FILE',
  options: {},
  async run({ values, positionals }, io) {
    const path = onlyFile('show', positionals)
    const { trained, sha256 } = await readModel(path)
    const file = { path, sha256 }
    const { recipe, card } = trained
    if (values.json) await io.stdout(`${JSON.stringify({ file, recipe, card })}\n`)
    else await io.stdout(cardText(trained, file, io.colour))
    return 0
  },
})

const verify = command({
  name: 'verify',
  summary: 'check a model file: its digest, and everything in it',
  usage: 'FILE',
  details: 'Exit status: 0 when the file is whole and sound, else 2.',
  options: {},
  async run({ values, positionals }, io) {
    const path = onlyFile('verify', positionals)
    const { trained, sha256 } = await readModel(path)
    if (values.json)
      await io.stdout(`${JSON.stringify({ valid: true, file: { path, sha256 }, name: trained.card.name })}\n`)
    else await io.stdout(`${sha256}  ${printable(path)}: whole and sound\n`)
    return 0
  },
})

/** `taxon model`: show a card, verify a file. */
export const model = commandGroup({
  name: 'model',
  summary: 'show or check a model file',
  commands: [show, verify],
})

function onlyFile(name: string, positionals: readonly string[]): string {
  const [path, ...more] = positionals
  if (path === undefined || more.length > 0) throw new UsageError(`model ${name}: one model file is wanted`)
  return path
}
