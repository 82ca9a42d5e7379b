import { describe, expect, it } from 'vitest'
import { fakeIo } from '../../test/fake-io.ts'
import { command, commandGroup } from './command.ts'
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
  const both = commandGroup({ name: 'both', summary: 'two things', commands: [greet] })

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
