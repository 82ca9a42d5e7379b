import { existsSync } from 'node:fs'
import { UsageError } from '../../core/index.ts'
import { readRecipe, train as trainOnCorpus } from '../../pipeline/index.ts'
import { VIEWS } from '../../samples/index.ts'
import { cardText } from '../card-text.ts'
import { command } from '../command.ts'
import { oneOf, seedOf, TARGETS, threadCount } from '../option-values.ts'
import { printable } from '../printable.ts'

/** `taxon train`: a model file from a recipe and a corpus. */
export const train = command({
  name: 'train',
  summary: 'learn a model from a corpus and write it to a file',
  usage: 'RECIPE CORPUS -o FILE [options]',
  details: `A recipe is a built-in name (taxon recipes lists them) or a TOML file; a corpus is a folder made by taxon
corpus import. The same corpus, recipe and seed give the same file, byte for byte, whatever the threads.
The figures on the model's card are those of a grouped cross-validation; --no-evaluate saves its time.
Networks leave what they have learned in FILE.checkpoint after every epoch: the same command goes on from there,
to the same bytes, however it was stopped.`,
  options: {
    output: { type: 'string', short: 'o', value: 'FILE', help: 'the model file to write' },
    seed: { type: 'string', value: 'N', default: '0', help: 'seed of the folds and of the training' },
    'no-evaluate': { type: 'boolean', help: 'put no figures on the card' },
    view: { type: 'string', value: 'VIEW', help: 'opcodes or calls, where the corpus has both' },
    target: { type: 'string', value: 'T', help: 'malicious, family or category; the recipe says by default' },
    distinct: { type: 'boolean', help: 'learn from one row of each distinct input' },
    name: { type: 'string', value: 'NAME', help: 'name on the card; that of the recipe by default' },
    source: { type: 'string', value: 'TEXT', help: 'where the data came from, for the card' },
    licence: { type: 'string', value: 'TEXT', help: 'terms of the data, for the card' },
    fast: { type: 'boolean', help: 'networks: faster, but other last bits on other processors' },
    threads: { type: 'string', value: 'N', help: 'threads, all cores by default' },
  },
  async run({ values, positionals }, io) {
    const [name, folder, ...more] = positionals
    if (name === undefined || folder === undefined || more.length > 0) {
      throw new UsageError('train: one recipe and one corpus are wanted: taxon train svm CORPUS -o FILE')
    }
    if (values.output === undefined) throw new UsageError('train: say where the model goes with -o FILE')
    const recipe = await readRecipe(name)
    const bar = io.progress('training', null)
    try {
      const { trained, sha256 } = await trainOnCorpus(recipe, folder, values.output, {
        seed: seedOf(values.seed),
        threads: threadCount(values.threads),
        view: oneOf('view', values.view, VIEWS),
        target: oneOf('target', values.target, TARGETS),
        distinct: values.distinct,
        fast: values.fast,
        ...(values['no-evaluate'] ? { folds: 0 } : {}),
        ...(values.name === undefined ? {} : { name: values.name }),
        source: values.source ?? null,
        licence: values.licence ?? null,
        signal: io.signal,
        onProgress: (done, total) => bar.update(done, total),
      })
      bar.done()
      const file = { path: values.output, sha256 }
      if (values.json) await io.stdout(`${JSON.stringify({ file, card: trained.card })}\n`)
      else await io.stdout(cardText(trained, file, io.colour))
      return 0
    } catch (error) {
      if (io.signal.aborted && existsSync(`${values.output}.checkpoint`)) {
        bar.done()
        io.stderr(`stopped; the same command goes on from ${printable(values.output)}.checkpoint\n`)
      }
      throw error
    } finally {
      bar.done()
    }
  },
})
