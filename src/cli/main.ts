import { readFileSync } from 'node:fs'
import { KnownError, UsageError } from '../core/index.ts'
import type { Command } from './command.ts'
import { commands } from './commands/index.ts'
import { commandHelp, programHelp } from './help.ts'
import type { Io } from './io.ts'
import { printable } from './printable.ts'

/** The version in package.json. */
export const version: string = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
).version

/** Runs the program on its arguments (without `node` and the script). @returns the exit status */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  try {
    return await dispatch(argv, io)
  } catch (error) {
    if (io.signal.aborted) return 130
    io.stderr(`taxon: ${complaint(error)}\n`)
    return 2
  }
}

async function dispatch(argv: readonly string[], io: Io): Promise<number> {
  const [name, ...rest] = argv
  if (name === undefined || name === '--help' || name === '-h' || (name === 'help' && rest.length === 0)) {
    await io.stdout(programHelp(commands, version))
    return name === undefined ? 2 : 0
  }
  if (name === '--version' || name === '-V') {
    await io.stdout(`${version}\n`)
    return 0
  }
  const words = name === 'help' ? [...rest, '--help'] : argv
  const { found, path, left } = find(words)
  const untilEnd = left.slice(0, left.includes('--') ? left.indexOf('--') : left.length)
  if (untilEnd.some((word) => word === '--help' || word === '-h')) {
    await io.stdout(commandHelp(found, path))
    return 0
  }
  return await found.run(left, io)
}

function find(words: readonly string[]): { found: Command; path: string; left: readonly string[] } {
  let found: Command | undefined = commands.find((each) => each.name === words[0])
  if (!found) throw new UsageError(`unknown command ${JSON.stringify(words[0])}; taxon --help lists them`)
  let path = `taxon ${found.name}`
  let at = 1
  while (found.commands) {
    const next: Command | undefined = found.commands.find((each) => each.name === words[at])
    if (!next) break
    found = next
    path += ` ${found.name}`
    at++
  }
  return { found, path, left: words.slice(at) }
}

function complaint(error: unknown): string {
  if (error instanceof KnownError) return printable(error.message, 1000)
  const text = error instanceof Error ? error.message : String(error)
  const trace = process.env.TAXON_DEBUG && error instanceof Error ? `\n${error.stack}` : ''
  return `${printable(text, 1000)} (unforeseen; TAXON_DEBUG=1 shows where)${trace}`
}
