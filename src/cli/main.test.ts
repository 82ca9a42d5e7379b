import { describe, expect, it } from 'vitest'
import { fakeIo } from '../../test/fake-io.ts'
import type { Command } from './command.ts'
import { commands } from './commands/index.ts'
import { main, version } from './main.ts'

async function run(...argv: string[]) {
  const io = fakeIo()
  const status = await main(argv, io)
  return { status, out: io.out, err: io.err }
}

/** Every command and sub-command by its words. */
function words(list: readonly Command[], before: readonly string[] = []): string[][] {
  return list.flatMap((each) => [
    [...before, each.name],
    ...words(each.commands ?? [], [...before, each.name]),
  ])
}

describe('taxon', () => {
  it.each([['--help'], ['-h'], ['help']])('lists its commands for %s', async (flag) => {
    const { status, out } = await run(flag)
    expect(status).toBe(0)
    for (const { name, summary } of commands) expect(out).toMatch(new RegExp(`^  ${name} +${summary}$`, 'm'))
  })

  it('shows the list and fails when nothing is asked', async () => {
    expect(await run()).toMatchObject({ status: 2, out: (await run('--help')).out })
  })

  it('prints its version', async () => {
    expect(await run('--version')).toEqual({ status: 0, out: `${version}\n`, err: '' })
  })

  it.each(words(commands).map((each) => [each.join(' ')]))(
    'explains %s with --json and --help among its options',
    async (name) => {
      const { status, out } = await run(...name.split(' '), '--help')
      expect(status).toBe(0)
      expect(out.startsWith(`taxon ${name} `)).toBe(true)
      expect(out).toContain('--json')
      expect(out).toContain('-h, --help')
      expect(await run('help', ...name.split(' '))).toMatchObject({ out })
    },
  )

  it('takes --help after -- for a path', async () => {
    const { status, out } = await run('classify', '--json', '--', '--help')
    expect(JSON.parse(out).error.code).toBe('unreadable')
    expect(status).toBe(2)
  })

  it.each([
    [['clasify'], 'taxon: unknown command "clasify"; taxon --help lists them\n'],
    [['classify', '--nope'], "taxon: classify: unknown option '--nope'\n"],
    [
      ['corpus', 'grow'],
      'taxon: corpus: unknown command "grow", there are import, pull, info, export, split\n',
    ],
    [['model', 'show', '/nowhere\n'], 'taxon: /nowhere\\x0a: cannot be read, no such file\n'],
  ])('complains of %j in one line', async (argv, err) => {
    expect(await run(...argv)).toEqual({ status: 2, out: '', err })
  })

  it('exits with 130 after Ctrl-C', async () => {
    const io = fakeIo({ signal: AbortSignal.abort() })
    expect(await main(['clasify'], io)).toBe(130)
    expect(io.err).toBe('')
  })
})
