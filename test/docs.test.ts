import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Command } from '../src/cli/command.ts'
import { commands } from '../src/cli/commands/index.ts'
import { main } from '../src/cli/main.ts'
import { fakeIo } from './fake-io.ts'

const root = resolve(import.meta.dirname, '..')
const documents = ['.', 'docs', 'pretrained'].flatMap((folder) =>
  readdirSync(resolve(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name)),
)
const textOf = (name: string) => readFileSync(resolve(root, name), 'utf8')
const readmes = ['README.md', 'README.zh-CN.md']

/** The lines of all fenced blocks of a language. */
const fenced = (text: string, language: string) =>
  [...text.matchAll(/^```(\w*)\n(.*?)^```/gms)]
    .filter((match) => match[1] === language)
    .map((match) => match[2]!)

describe('documents', () => {
  it('are all there', () => {
    expect(documents).toEqual(
      expect.arrayContaining([...readmes, 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md']),
    )
  })

  it.each(documents)('%s links to files that exist', (name) => {
    const links = [...textOf(name).matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)].map((match) => match[1]!)
    for (const link of links) expect(existsSync(resolve(root, dirname(name), link)), link).toBe(true)
  })

  it.each(documents)('%s names files and scripts that exist', (name) => {
    const text = textOf(name)
    const code = [...text.matchAll(/`([^`\n]+)`/g)].map((match) => match[1]!)
    for (const path of code.filter((each) =>
      /^(src|test|native|pretrained|bench|corpora|docs|examples|\.ci)\/[\w./-]+$/.test(each),
    )) {
      expect(existsSync(resolve(root, path)), path).toBe(true)
    }
    const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> }
    for (const [, script] of text.matchAll(/\bnpm run ([\w:]+)/g))
      expect(Object.keys(scripts)).toContain(script)
  })

  it.each(readmes)('%s names every command, and only commands that exist', (name) => {
    const text = textOf(name)
    const named = new Set([...text.matchAll(/(?:npx |`)taxon ([a-z]+)/g)].map((match) => match[1]!))
    expect([...named].sort()).toEqual(commands.map((command) => command.name).sort())
  })

  it.each(documents)('%s shows only options that exist', (name) => {
    const shown = fenced(textOf(name), 'sh')
      .join('')
      .matchAll(/npx taxon ([a-z]+)([^#\n]*)/g)
    for (const [, command, rest] of shown) {
      const known = optionsOf(commands.find((each) => each.name === command)!)
      for (const [option] of rest!.matchAll(/(?<= )--?[a-z][\w-]*/g)) expect(known, command).toContain(option)
    }
  })

  it('the Chinese README shows the same commands, links and structure as the English one', () => {
    const [english, chinese] = readmes.map(textOf) as [string, string]
    const bare = (text: string) =>
      fenced(text, 'sh')
        .join('')
        .replaceAll(/ *#.*| <[^>]*>/g, '')
    expect(bare(chinese)).toBe(bare(english))
    const headings = (text: string) => [...text.matchAll(/^(#+) /gm)].map((match) => match[1])
    expect(headings(chinese)).toEqual(headings(english))
    expect(fenced(chinese, 'js')).toEqual(fenced(english, 'js'))
    const output = (text: string) => /<!-- output of npm start: begin -->(.*?)<!-- /s.exec(text)?.[1]
    expect(output(chinese)).toBe(output(english))
    expect(output(english)).toContain('malicious')
  })

  it('README shows what `npm start` prints', async () => {
    const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> }
    const [, , ...argv] = scripts.start!.split(' ')
    const io = fakeIo()
    expect(await main(argv, io)).toBe(0)
    const shown = /<!-- output of npm start: begin -->\n```\n(.*?)```/s.exec(textOf('README.md'))?.[1]
    expect(shown).toBe(io.out)
  })

  it('CONTRIBUTING gives a reason for each dependency', () => {
    const text = textOf('CONTRIBUTING.md')
    const { dependencies, devDependencies } = JSON.parse(textOf('package.json')) as Record<string, object>
    for (const name of Object.keys({ ...dependencies, ...devDependencies }))
      expect(text).toContain(`\`${name}\``)
  })
})

/** The options of a command and of its sub-commands, long and short, as they are given. */
function optionsOf({ options, commands = [] }: Command): string[] {
  const own = Object.entries(options).flatMap(([long, { short }]) => [`--${long}`, short && `-${short}`])
  return [...own.filter((each) => each !== undefined), ...commands.flatMap(optionsOf), '--json', '--help']
}
