import { UsageError } from '../../core/index.ts'
import { handOut } from '../../pipeline/index.ts'
import { command } from '../command.ts'
import { wholeText } from '../number-text.ts'
import { numberBetween } from '../option-values.ts'
import { printable } from '../printable.ts'
import { storeOption, withStore } from '../store-options.ts'

/** `taxon store get`: hands a sample out in an encrypted zip. */
export const storeGet = command({
  name: 'get',
  summary: 'hand out a sample in a zip with the password infected',
  usage: 'HASH [-o FILE] [options]',
  details: `The zip is encrypted by AES-256, as is the custom, so that nothing opens or runs the sample by accident; the
sample is called by its SHA-256 in it. With --raw the bytes themselves are written. They are checked as they are
read: a changed sample is an error, and no file is left.

  taxon store get 275a021b -o sample.zip
  taxon store get 275a021b --raw -o - | taxon classify -`,
  options: {
    output: {
      type: 'string',
      short: 'o',
      value: 'FILE',
      help: 'where to; SHA256.zip by default, - is standard output',
    },
    raw: { type: 'boolean', help: 'write the bytes themselves' },
    ...storeOption,
  },
  async run({ values, positionals }, io) {
    const [hash, ...more] = positionals
    if (hash === undefined || more.length > 0) throw new UsageError('store get: one hash is wanted')
    if (values.raw && values.output === undefined) throw new UsageError('store get: --raw wants -o FILE')
    await withStore(values.store, async (store) => {
      const { name, bytes, writeTo } = await handOut(store, hash, values.raw)
      const path = values.output ?? name
      if (path === '-') {
        if (io.isTTY) throw new UsageError('store get: a sample is not written to a terminal')
        for await (const chunk of bytes) {
          io.signal.throwIfAborted()
          await io.stdout(chunk)
        }
        return
      }
      await writeTo(path, io.signal)
      await io.stdout(values.json ? `${JSON.stringify({ file: path })}\n` : `${printable(path)}\n`)
    })
    return 0
  },
})

/** `taxon store verify`: reads all that is stored and names what was changed or is missing. */
export const storeVerify = command({
  name: 'verify',
  summary: 'read all that is stored and name what was changed or is missing',
  usage: '[options]',
  details: 'Exit status: 2 where anything is wrong, else 0.',
  options: { ...storeOption },
  async run({ values }, io) {
    const bar = io.progress('verifying', null)
    let wrong = 0
    let read = 0
    await withStore(values.store, async (store) => {
      const problems = store.verify({
        signal: io.signal,
        onProgress: (done, total) => {
          read = done
          bar.update(done, total)
        },
      })
      for await (const { sha256, problem } of problems) {
        wrong++
        bar.done()
        await io.stdout(
          values.json ? `${JSON.stringify({ sha256, problem })}\n` : `${sha256}: ${printable(problem)}\n`,
        )
      }
    }).finally(() => bar.done())
    const files = `${wholeText(read)} ${read === 1 ? 'file' : 'files'} read`
    if (!values.json)
      await io.stdout(`${files}, ${wrong === 0 ? 'all as they were stored' : `${wholeText(wrong)} wrong`}\n`)
    return wrong > 0 ? 2 : 0
  },
})

/** `taxon store gc`: removes what nobody needs. */
export const storeGc = command({
  name: 'gc',
  summary: 'remove temporary files and bytes that nothing is known of',
  usage: '[options]',
  details: `What younger processes may still be writing is left: only what is older than --older-than goes, and at once what
processes left that are gone.

  taxon store gc --dry-run`,
  options: {
    'dry-run': { type: 'boolean', help: 'tell what would go and leave it' },
    'older-than': { type: 'string', value: 'HOURS', default: '1', help: 'leave what is younger' },
    ...storeOption,
  },
  async run({ values }, io) {
    const hours = numberBetween('older-than', values['older-than'], 0, 1e6)
    const dryRun = values['dry-run']
    const result = await withStore(values.store, (store) =>
      store.gc({ dryRun, olderThanMs: hours * 3_600_000 }),
    )
    if (values.json) await io.stdout(`${JSON.stringify(result)}\n`)
    else {
      for (const path of result.removed) await io.stdout(`${printable(path)}\n`)
      const what = `${wholeText(result.removed.length)} files of ${wholeText(result.bytes)} bytes`
      await io.stdout(`${what} ${dryRun ? 'would be removed' : 'removed'}\n`)
    }
    return 0
  },
})
