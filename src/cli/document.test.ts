import { describe, expect, it } from 'vitest'
import { type Block, documentMarkdown, documentText } from './document.ts'

const blocks: Block[] = [
  { is: 'title', text: 'which family' },
  {
    is: 'table',
    halvesBelow: true,
    columns: [{ title: 'recipe' }, { title: 'P', long: 'precision', align: 'right' }],
    rows: [
      [{ text: 'svm' }, { text: '.947', half: '.012' }],
      [{ text: 'hmm' }, { text: '–' }],
    ],
  },
  { is: 'lines', lines: [] },
  {
    is: 'table',
    columns: [{ title: 'class' }, { title: 'F1', align: 'right' }, { title: 'beside', align: 'right' }],
    rows: [[{ text: 'a|b <i>*x*' }, { text: '.9', half: '.1' }, { text: '.95', isAside: true }]],
  },
  { is: 'notes', lines: ['one', '[two](http://x)'] },
  { is: 'title', text: 'malicious or benign' },
  { is: 'lines', lines: ['first', 'second'] },
]

describe('documentText', () => {
  it('puts half intervals below the figures or beside them, and keeps parts apart', () => {
    expect(documentText(blocks, false)).toBe(`which family

recipe      P
svm      .947
        ±.012
hmm         –

class            F1  beside
a|b <i>*x*  .9 ± .1     .95

one
[two](http://x)


malicious or benign

first
second
`)
  })

  it('dims what is not the point, on a terminal', () => {
    const text = documentText(blocks, true)
    for (const dim of ['±.012', '.95', 'one']) expect(text).toContain(`\x1b[2m${dim}\x1b[0m`)
    expect(text).toContain('\x1b[1mwhich family\x1b[0m')
  })
})

describe('documentMarkdown', () => {
  it('makes tables with long titles, in which names mark nothing up', () => {
    expect(documentMarkdown(blocks)).toBe(`## which family

| recipe | precision |
| --- | ---: |
| svm | .947 ± .012 |
| hmm | – |

| class | F1 | beside |
| --- | ---: | ---: |
| a\\|b \\<i\\>\\*x\\* | .9 ± .1 | .95 |

* one
* \\[two\\](http://x)

## malicious or benign

first${'  '}
second
`)
  })
})
