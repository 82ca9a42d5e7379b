import { UsageError } from '../../core/index.ts'
import { addToStore, importViper } from '../../pipeline/index.ts'
import { command } from '../command.ts'
import { failureLine } from '../failure-line.ts'
import { wholeText } from '../number-text.ts'
import { sizeInBytes } from '../option-values.ts'
import { printable } from '../printable.ts'
import { storeOption, withStore } from '../store-options.ts'

/** `taxon store add`: a line for each file, and how many were new. */
export const storeAdd = command({
  name: 'add',
  summary: 'put files into the store, which is made if it is not there',
  usage: 'PATH…|- [options]',
  details: `Files are kept as they lie on the disk, archives unopened, each once whatever its name; - is standard input.
Names and times are added to what is known. In folders links are not followed. Stopped, by Ctrl-C or worse, what
was said to be stored is.

  taxon store add suspicious.exe
  taxon store add -r carved/ --tag ids
  curl -s https://… | taxon store add -`,
  options: {
    recursive: { type: 'boolean', short: 'r', help: 'go down into folders' },
    tag: { type: 'string', value: 'TAG', multiple: true, help: 'tag each sample' },
    'max-size': { type: 'string', value: 'SIZE', help: 'refuse larger files, e.g. 500MB' },
    ...storeOption,
  },
  async run({ values, positionals }, io) {
    if (positionals.length === 0) throw new UsageError('store add: say what: files, folders with -r, or -')
    const limit = values['max-size']
    const counts = { added: 0, known: 0, failed: 0 }
    const bar = io.progress('files', null)
    await withStore(
      values.store,
      async (store) => {
        const added = addToStore(store, positionals, {
          recursive: values.recursive,
          tags: values.tag,
          ...(limit !== undefined && { maxBytes: sizeInBytes('max-size', limit) }),
          signal: io.signal,
          onProgress: (files) => bar.update(files),
          onSkip: (path, reason) => {
            bar.done()
            io.stderr(`passed over ${printable(path)}: ${printable(reason)}\n`)
          },
        })
        for await (const outcome of added) {
          if (io.isTTY) bar.done()
          if ('error' in outcome) {
            counts.failed++
            io.stderr(`taxon: ${failureLine(outcome.sample.path, outcome.error.message)}\n`)
          } else counts[outcome.isNew ? 'added' : 'known']++
          if (values.json) await io.stdout(`${JSON.stringify(outcome)}\n`)
          else if (!('error' in outcome)) {
            const { sample, isNew, path } = outcome
            await io.stdout(`${isNew ? 'new  ' : 'known'}  ${sample.sha256}  ${printable(path)}\n`)
          }
        }
      },
      true,
    ).finally(() => bar.done())
    const total = counts.added + counts.known + counts.failed
    if (!values.json && total > 1) {
      const parts = [`${wholeText(counts.added)} new`, `${wholeText(counts.known)} known`]
      if (counts.failed > 0) parts.push(`${wholeText(counts.failed)} failed`)
      await io.stdout(`\n${wholeText(total)} files: ${parts.join(', ')}\n`)
    }
    return counts.failed > 0 ? 2 : 0
  },
})

/** `taxon store import-viper`: a project of Viper. */
export const storeImportViper = command({
  name: 'import-viper',
  summary: 'bring in the samples of a Viper project with all that is known of them',
  usage: 'DIR [options]',
  details: `DIR is a project's folder of Viper 1.x, with viper.db and binaries/ (by default ~/.viper, or
~/.viper/projects/NAME). Names, tags, notes, analyses (as notes), times and parents come along; nothing of Viper
is changed. Samples whose bytes are missing, others than their hash says, or behind a link are named and left out.
Done again, it adds what is new.

  taxon store import-viper ~/.viper/projects/banking`,
  options: { ...storeOption },
  async run({ values, positionals }, io) {
    const [folder, ...more] = positionals
    if (folder === undefined || more.length > 0)
      throw new UsageError(
        'store import-viper: the folder of one Viper project is wanted, with viper.db in it',
      )
    const bar = io.progress('samples', null)
    const result = await withStore(
      values.store,
      (store) =>
        importViper(store, folder, {
          signal: io.signal,
          onProgress: (done, total) => bar.update(done, total),
          onFailure: ({ sample, error }) => {
            bar.done()
            io.stderr(`taxon: ${failureLine(sample.path, error.message)}\n`)
          },
        }),
      true,
    ).finally(() => bar.done())
    const { samples, isNew, failed } = result
    const text = `${wholeText(samples)} samples, ${wholeText(isNew)} of them new; ${wholeText(failed)} left out\n`
    await io.stdout(values.json ? `${JSON.stringify(result)}\n` : text)
    return failed > 0 ? 2 : 0
  },
})
