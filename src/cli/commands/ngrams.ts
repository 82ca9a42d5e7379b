import { UsageError } from '../../core/index.ts'
import { corpusNgrams } from '../../pipeline/index.ts'
import { VIEWS } from '../../samples/index.ts'
import { command } from '../command.ts'
import { ngramsCsv, ngramsText } from '../ngrams-text.ts'
import { oneOf, sizeInBytes, TARGETS, threadCount, wholeNumber } from '../option-values.ts'

/** `taxon ngrams`: how many distinct n-grams a corpus has by class, and which tell most of the class. */
export const ngrams = command({
  name: 'ngrams',
  summary: 'count distinct n-grams by class, find those that tell most',
  usage: 'CORPUS [options]',
  details: `Counts the n-grams of opcodes or calls, all n at once, exactly: how many are distinct, how many stand in
two documents or more, and how many each class has; malicious against benign and by family, as far as the
labels tell. The best are those whose presence tells most of the class, by information gain in nats.
--json prints a list, one table for each view and target: { view, target, documents, tokens, unordered,
unlabelled, classes: [{ name, documents }], ngrams: [{ n, unique, inTwoOrMore, byClass }],
best: [{ n, ngrams }], bestOverall }. An n-gram is { ngram, n, gain, documents }; byClass and documents are in
the order of classes. --csv prints the counts alone: view, target, class (empty for all), n, unique,
inTwoOrMore.`,
  options: {
    view: { type: 'string', value: 'VIEW', help: 'only opcodes or calls; each on its own by default' },
    target: { type: 'string', value: 'T', help: 'malicious, family or category; all that labels tell' },
    'max-n': { type: 'string', value: 'N', default: '10', help: 'longest n-gram, 10 at most' },
    best: { type: 'string', value: 'N', default: '5', help: 'how many of the best to list' },
    memory: {
      type: 'string',
      value: 'SIZE',
      default: '2GB',
      help: 'to count in; more goes to a temporary folder',
    },
    threads: { type: 'string', value: 'N', help: 'threads, all cores by default' },
    csv: { type: 'boolean', help: 'print CSV' },
  },
  async run({ values, positionals }, io) {
    const [folder, more] = positionals
    if (folder === undefined || more !== undefined) {
      throw new UsageError('ngrams: say which corpus, one folder: taxon ngrams CORPUS')
    }
    if (values.json && values.csv) throw new UsageError('ngrams: --json or --csv, not both')
    const bar = io.progress('counting', null)
    try {
      const tables = await corpusNgrams(folder, {
        view: oneOf('view', values.view, VIEWS),
        target: oneOf('target', values.target, TARGETS),
        maxN: wholeNumber('max-n', values['max-n'], 1, 10),
        best: wholeNumber('best', values.best, 0, 100_000),
        memoryBytes: sizeInBytes('memory', values.memory),
        threads: threadCount(values.threads),
        signal: io.signal,
        onProgress: (done, total) => bar.update(done, total),
      })
      bar.done()
      if (values.json) await io.stdout(`${JSON.stringify(tables)}\n`)
      else await io.stdout(values.csv ? ngramsCsv(tables) : ngramsText(tables, io.colour))
      return 0
    } finally {
      bar.done()
    }
  },
})
