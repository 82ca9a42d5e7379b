import { filesIn, type PublicSet, rawFile, type TracesLine } from './public-set.ts'

const REPOSITORY = 'verazuo/a-labelled-version-of-the-ADFA-LD-dataset'
const COMMIT = '58332c8d7dfbecb9f3e746c9f691623b91f51dfd'

const TRACE = /(?<id>(?<part>Attack|Training|Validation)_Data_Master\/(?:(?<scenario>[^/]+)\/)?[^/]+\.txt)$/

const SPLITS: ReadonlyMap<string, string> = new Map([
  ['Attack', 'attack'],
  ['Training', 'train_normal'],
  ['Validation', 'validation_normal'],
])

/**
 * System calls of Linux i386 processes, normal and under attack. An archive of `Training_Data_Master/*.txt` and
 * `Validation_Data_Master/*.txt` (normal) and `Attack_Data_Master/<attack>_<n>/*.txt`, each the numbers of the calls with
 * blanks between.
 */
export const adfaLd: PublicSet = {
  name: 'adfa-ld',
  summary: 'system call sequences of Linux processes, normal and under six attacks, about 5,950 traces',
  repository: `https://github.com/${REPOSITORY}`,
  licence: 'none stated; free for academic use, whoever uses it is to cite its authors (G. Creech, J. Hu)',
  files: [{ name: 'ADFA-LD.zip', url: rawFile(REPOSITORY, COMMIT, 'ADFA-LD.zip'), sha256: null }],
  kind: null,
  async *lines([archive]) {
    for await (const file of filesIn(archive)) {
      // What macOS adds beside each file has the same name.
      const trace = file.name.startsWith('__MACOSX/') ? null : TRACE.exec(file.name)
      if (trace?.groups) yield line(trace.groups, await file.text())
    }
  },
}

function line(found: Readonly<Record<string, string>>, text: string): TracesLine {
  const { id, part, scenario = null } = found
  const isAttack = part === 'Attack'
  return {
    ...{ id, label: isAttack ? 1 : 0, family: isAttack ? attackOf(scenario ?? '') : 'normal', scenario },
    ...{ split: SPLITS.get(part), dialect: 'linux-i386' },
    calls: text.split(/\s+/).filter((call) => call !== ''),
  }
}

/** `Hydra_FTP` of `Hydra_FTP_10`. */
function attackOf(scenario: string): string {
  return scenario.replace(/_\d+$/, '')
}
