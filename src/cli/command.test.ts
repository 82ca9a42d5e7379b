import { describe, expect, it } from 'vitest'
import { fakeIo } from '../../test/fake-io.ts'
import { command, group, numberBetween, wholeNumber } from './command.ts'
import { commandHelp } from './help.ts'

const greet = command({
  name: 'greet',
  summary: 'says hello',
  usage: 'NAME… [options]',
  options: {
    times: { type: 'string', short: 't', value: 'N', help: 'how often', default: '1' },
    loud: { type: 'boolean', help: 'in capitals' },
    to: { type: 'string', value: 'FILE', help: 'where to' },
    also: { type: 'string', multiple: true, help: 'more names' },
  },
  async run({ values, positionals }, io) {
    await io.stdout(JSON.stringify({ ...values, positionals }))
    return 7
  },
})

describe('command', () => {
  it('parses options and passes on the exit status', async () => {
    const io = fakeIo()
    expect(await greet.run(['a', '-t', '3', '--loud', '--also', 'x', '--also', 'y', '-', '--json'], io)).toBe(
      7,
    )
    expect(JSON.parse(io.out)).toEqual({
      times: '3',
      loud: true,
      also: ['x', 'y'],
      json: true,
      help: false,
      positionals: ['a', '-'],
    })
  })

  it('gives defaults, and false for flags that are not there', async () => {
    const io = fakeIo()
    await greet.run([], io)
    expect(JSON.parse(io.out)).toEqual({
      times: '1',
      loud: false,
      also: [],
      json: false,
      help: false,
      positionals: [],
    })
  })

  it('refuses an unknown option in one line', async () => {
    await expect(greet.run(['--nope'], fakeIo())).rejects.toThrow(/^greet: unknown option '--nope'$/)
  })
})

describe('group', () => {
  const both = group({ name: 'both', summary: 'two things', commands: [greet] })

  it('passes on to the named command', async () => {
    const io = fakeIo()
    expect(await both.run(['greet', 'x'], io)).toBe(7)
  })

  it.each([
    [[], 'both: say what to do: greet'],
    [['grete'], 'both: unknown command "grete", there are greet'],
  ])('explains %j', async (argv, want) => {
    await expect(both.run(argv, fakeIo())).rejects.toThrow(want)
  })
})

describe('commandHelp', () => {
  it('lists options with defaults', () => {
    expect(commandHelp(greet, 'taxon greet')).toBe(
      [
        'taxon greet NAME… [options]',
        '',
        '  says hello',
        '',
        'Options',
        '  -t, --times N     how often (default 1)',
        '      --loud        in capitals',
        '      --to FILE     where to',
        '      --also VALUE  more names',
        '      --json        print JSON',
        '  -h, --help        show this help',
        '',
      ].join('\n'),
    )
  })
})

describe('numbers given as options', () => {
  it('takes those in range', () => {
    expect(wholeNumber('folds', '5', 2, 10)).toBe(5)
    expect(numberBetween('prior', '0.01', 0, 1)).toBe(0.01)
  })

  it.each(['', ' ', 'x', '1.5', '11', '-1', 'NaN'])('refuses %j as a whole number from 2 to 10', (text) => {
    expect(() => wholeNumber('folds', text, 2, 10)).toThrow('--folds: a whole number from 2 to 10 is wanted')
  })

  it.each(['', 'x', '2', '-0.1', 'NaN'])('refuses %j as a number from 0 to 1', (text) => {
    expect(() => numberBetween('prior', text, 0, 1)).toThrow('--prior: a number from 0 to 1 is wanted')
  })
})
