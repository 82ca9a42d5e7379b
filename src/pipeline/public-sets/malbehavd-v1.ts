import { csvRecords, MalformedInputError } from '../../core/index.ts'
import { onlyText, type PublicSet, rawFile } from './public-set.ts'

const REPOSITORY = 'mpasco/MalbehavD-V1'
const COMMIT = '370b5cf71031c525a2f4e9b83fd37a87778ab6f4'

/** API names of Cuckoo 2, each once a row: a table of `sha256,labels` and the names, padded with empty fields. */
export const malbehavdV1: PublicSet = {
  name: 'malbehavd-v1',
  summary: 'which API calls benign and malicious Windows programs made in Cuckoo 2, 2,570 samples',
  repository: `https://github.com/${REPOSITORY}`,
  licence: 'MIT',
  files: [
    {
      name: 'MalBehavD-V1-dataset.csv',
      url: rawFile(REPOSITORY, COMMIT, 'MalBehavD-V1-dataset.csv'),
      sha256: null,
    },
  ],
  // The order of the names is that of a hash table.
  kind: 'set',
  async *lines([table]) {
    let header = true
    for (const { line, fields } of csvRecords(await onlyText(table))) {
      const [id, label, ...names] = fields
      if (header && (id !== 'sha256' || label !== 'labels')) {
        throw new MalformedInputError('malbehavd-v1', 'not the table of sha256, labels and names', 0)
      }
      if (!header) {
        if (label !== '0' && label !== '1') {
          throw new MalformedInputError('malbehavd-v1', `line ${line} is no row of the table`, 0)
        }
        const calls = names.filter((name) => name !== '')
        yield { id, label: Number(label), family: null, dialect: 'cuckoo-2', calls }
      }
      header = false
    }
  },
}
