import { UsageError } from '../../core/index.ts'
import { exportModel, modelAsOnnx, readModel } from '../../pipeline/index.ts'
import { cardText } from '../card-text.ts'
import { command, commandGroup } from '../command.ts'
import { exportedText } from '../exported-text.ts'
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
    const { recipe, card, model } = trained
    const curve = model.losses ? { losses: [...model.losses] } : {}
    if (values.json) await io.stdout(`${JSON.stringify({ file, recipe, card, ...curve })}\n`)
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

const exportCommand = command({
  name: 'export',
  summary: 'write a model in a format of other tools',
  usage: 'FILE --onnx -o OUT [options]',
  details: `--onnx, the one format so far, is ONNX (opset 17; ai.onnx.ml 3 for trees). It takes the model's
features or tokens, a row a sample, and gives decisions and calibrated probabilities for each class. Names of
classes, columns and tokens, the columns' scale, the recipe and the SHA-256 of the model file are its metadata;
docs/onnx.md has all of it. The same model gives the same file, byte for byte.`,
  options: {
    onnx: { type: 'boolean', help: 'as ONNX' },
    output: { type: 'string', short: 'o', value: 'OUT', help: 'where to; - is standard output' },
  },
  async run({ values, positionals }, io) {
    const path = onlyFile('export', positionals)
    const { output } = values
    if (!values.onnx) throw new UsageError('model export: say in which format: --onnx')
    if (output === undefined) throw new UsageError('model export: say where to with -o OUT')
    if (output === '-' && values.json) throw new UsageError('model export: --json or -o -, not both')
    if (output === '-' && io.isTTY) throw new UsageError('model export: not to a terminal, say -o OUT')
    if (output === '-') {
      for (const part of (await modelAsOnnx(path)).parts) await io.stdout(part)
      return 0
    }
    const exported = await exportModel(path, output, io.signal)
    await io.stdout(values.json ? `${JSON.stringify(exported)}\n` : exportedText(exported, io.colour))
    return 0
  },
})

/** `taxon model`: show a card, verify a file, write it for other tools. */
export const model = commandGroup({
  name: 'model',
  summary: 'show, check or export a model file',
  commands: [show, verify, exportCommand],
})

function onlyFile(name: string, positionals: readonly string[]): string {
  const [path, ...more] = positionals
  if (path === undefined || more.length > 0) throw new UsageError(`model ${name}: one model file is wanted`)
  return path
}
