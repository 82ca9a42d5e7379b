import { MalformedInputError } from '../../core/index.ts'
import { onlyText, type PublicSet, rawFile, type TracesLine } from './public-set.ts'

const REPOSITORY = 'ocatak/malware_api_class'
const DATA_COMMIT = 'bd5c6517092d0943e3b8968e68b40d0f48b4ba6c'
const NAMES_COMMIT = '7c52fca18afd62af9aa4f399a3b2394cf69d516c'

/** Calls whose order is kept. The true number stands in `n_calls`, and how often each name occurs in `apistats`. */
const MAX_CALLS = 10_000

/**
 * Calls of about a hundred samples of each of eight types of malware, in Cuckoo 2. `100_calls.zip` holds a line a sample, of
 * numbers with commas between; `100_types.zip` the type of each line; `ApiIndex.txt` lines of `name=number`, names in
 * lower case. The larger set of the same authors has 7,107 samples.
 */
export const malApi2019: PublicSet = {
  name: 'mal-api-2019',
  summary: 'API call sequences of eight types of Windows malware in Cuckoo 2, 808 samples; none benign',
  repository: `https://github.com/${REPOSITORY}`,
  licence: 'MIT',
  files: [
    {
      name: '100_calls.zip',
      url: rawFile(REPOSITORY, DATA_COMMIT, 'other/data/100_calls.zip'),
      sha256: null,
    },
    {
      name: '100_types.zip',
      url: rawFile(REPOSITORY, DATA_COMMIT, 'other/data/100_types.zip'),
      sha256: null,
    },
    {
      name: 'ApiIndex.txt',
      url: rawFile(REPOSITORY, NAMES_COMMIT, 'src/other/data/ApiIndex.txt'),
      sha256: null,
    },
  ],
  kind: null,
  async *lines([calls, types, index]) {
    const names = readIndex(await onlyText(index))
    const categories = linesOf(await onlyText(types))
    const rows = linesOf(await onlyText(calls))
    if (rows.length !== categories.length) {
      throw new MalformedInputError(
        'mal-api-2019',
        `${rows.length} lines of calls, ${categories.length} types`,
        0,
      )
    }
    for (const [i, row] of rows.entries()) yield line(i, categories[i], row, names)
  },
}

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((each) => each.trim())
    .filter((each) => each !== '')
}

function readIndex(text: string): ReadonlyMap<string, string> {
  return new Map(
    linesOf(text).map((each) => {
      const at = each.lastIndexOf('=')
      return [each.slice(at + 1), each.slice(0, at)]
    }),
  )
}

function line(i: number, category: string, row: string, names: ReadonlyMap<string, string>): TracesLine {
  const calls = row.split(',').map((number) => {
    const name = names.get(number.trim())
    if (name !== undefined) return name
    throw new MalformedInputError('mal-api-2019', `no call has the number ${number.slice(0, 20)}`, 0)
  })
  const apistats = new Map<string, number>()
  for (const call of calls) apistats.set(call, (apistats.get(call) ?? 0) + 1)
  return {
    ...{ id: `malapi100-${i}`, label: 1, category, dialect: 'cuckoo-2', n_calls: calls.length },
    apistats: Object.fromEntries(apistats),
    calls: calls.slice(0, MAX_CALLS),
  }
}
