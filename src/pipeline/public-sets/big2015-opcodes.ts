import { filesIn, type PublicSet, type TracesLine } from './public-set.ts'

const REPOSITORY = 'DigitalInterruption/RAPTOR-dataset-BIG2015'
const COMMIT = 'a90818bae3ac3a8c1a2ea608da0430b3344ecdff'

/** Number of each family in Microsoft's BIG-2015, by the name of its folder. */
const CLASSES: ReadonlyMap<string, number> = new Map([
  ['Ramnit', 1],
  ['Lollipop', 2],
  ['Kelihos_v3', 3],
  ['Vundo', 4],
  ['Simda', 5],
  ['Tracur', 6],
  ['Kelihos_v1', 7],
  ['Obfuscator', 8],
  ['Gatak', 9],
])

/** Opcodes whose order is kept; a few samples have millions. The true number stands in `n_opcodes`. */
const MAX_OPCODES = 20_000

/**
 * Mnemonics of nine families. An archive of `<family>/<id>.csv`, one mnemonic a line; `<family>/<family>.csv` lists ids.
 * GitHub packs the archive when asked, so its bytes, and with them its hash, may change while its files do not.
 */
export const big2015Opcodes: PublicSet = {
  name: 'big2015-opcodes',
  summary: 'x86 mnemonic sequences of nine families of Windows malware, about 10,800 samples; none benign',
  repository: `https://github.com/${REPOSITORY}`,
  licence:
    'none stated; derived from the Microsoft Malware Classification Challenge (BIG 2015), for research',
  files: [
    {
      name: 'big2015.tar.gz',
      url: `https://codeload.github.com/${REPOSITORY}/tar.gz/${COMMIT}`,
      sha256: null,
    },
  ],
  kind: null,
  async *lines([archive]) {
    for await (const file of filesIn(archive)) {
      const [name = '', family = ''] = file.name.split('/').reverse()
      const number = CLASSES.get(family)
      const id = name.replace(/\.csv$/, '')
      if (number === undefined || id === name || id === family) continue
      const opcodes = (await file.text()).split(/\s+/).filter((opcode) => opcode !== '')
      if (opcodes.length > 0) yield line(id, family, number, opcodes)
    }
  },
}

function line(id: string, family: string, number: number, opcodes: readonly string[]): TracesLine {
  return {
    ...{ id, label: 1, family, class: number, dialect: 'pe-x86' },
    n_opcodes: opcodes.length,
    opcodes: opcodes.slice(0, MAX_OPCODES).join(' '),
  }
}
