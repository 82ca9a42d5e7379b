import { parseArgs } from 'node:util'
import { UsageError } from '../core/index.ts'
import type { Io } from './io.ts'

/** One option of a command. */
export interface Option {
  readonly type: 'string' | 'boolean'
  readonly short?: string
  /** Placeholder of the value in the help text, e.g. `FILE`. */
  readonly value?: string
  readonly help: string
  readonly default?: string
  readonly multiple?: boolean
}

/** The options of a command by their long names. */
export type Options = Readonly<Record<string, Option>>

/** What the parsed options look like: a string option with a default is always there. */
export type Values<O extends Options> = {
  readonly [K in keyof O]: O[K]['type'] extends 'boolean'
    ? boolean
    : O[K] extends { readonly multiple: true }
      ? readonly string[]
      : O[K] extends { readonly default: string }
        ? string
        : string | undefined
} & { readonly json: boolean }

/** A command of the program, declared as data. */
export interface Command {
  readonly name: string
  /** One line for the list of commands, lower case, no full stop. */
  readonly summary: string
  /** What follows the name, e.g. `PATH… [options]`. */
  readonly usage: string
  readonly options: Options
  /** More help: a few lines of text or examples. */
  readonly details?: string
  /** Sub-commands; a command that has them only passes on. */
  readonly commands?: readonly Command[]
  /** @returns the exit status */
  run(argv: readonly string[], io: Io): Promise<number>
}

const COMMON: Options = {
  json: { type: 'boolean', help: 'print JSON' },
  help: { type: 'boolean', short: 'h', help: 'show this help' },
}

/** Makes a command whose `run` gets its options parsed and typed. @throws UsageError from `run` for unknown options */
export function command<const O extends Options>(declared: {
  readonly name: string
  readonly summary: string
  readonly usage: string
  readonly details?: string
  readonly options: O
  run(input: { values: Values<O>; positionals: readonly string[] }, io: Io): Promise<number>
}): Command {
  const options = { ...declared.options, ...COMMON }
  return {
    ...declared,
    options,
    async run(argv, io) {
      const { values, positionals } = parse(declared.name, argv, options)
      return await declared.run({ values: values as unknown as Values<O>, positionals }, io)
    },
  }
}

/** Makes a command of sub-commands. */
export function commandGroup(declared: {
  readonly name: string
  readonly summary: string
  readonly commands: readonly Command[]
}): Command {
  return {
    ...declared,
    usage: 'COMMAND [options]',
    options: COMMON,
    async run([name, ...rest], io) {
      const found = declared.commands.find((each) => each.name === name)
      if (found) return await found.run(rest, io)
      const names = declared.commands.map((each) => each.name).join(', ')
      if (name === undefined) throw new UsageError(`${declared.name}: say what to do: ${names}`)
      throw new UsageError(`${declared.name}: unknown command ${JSON.stringify(name)}, there are ${names}`)
    },
  }
}

function parse(name: string, argv: readonly string[], options: Options) {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: Object.fromEntries(
        Object.entries(options).map(([key, option]) => [key, forParseArgs(option)]),
      ),
    })
    const flags = Object.entries(options).filter(([, option]) => option.type === 'boolean')
    const off = Object.fromEntries(flags.map(([key]) => [key, false]))
    const lists = Object.entries(options).filter(([, option]) => option.multiple)
    const empty = Object.fromEntries(lists.map(([key]) => [key, []]))
    return { values: { ...off, ...empty, ...values }, positionals }
  } catch (error) {
    throw new UsageError(`${name}: ${lowerFirst((error as Error).message)}`, { cause: error })
  }
}

function forParseArgs({ type, short, default: preset, multiple }: Option) {
  return {
    type,
    ...(short === undefined ? {} : { short }),
    ...(preset === undefined ? {} : { default: preset }),
    ...(multiple === undefined ? {} : { multiple }),
  }
}

function lowerFirst(text: string): string {
  const first = text.split('. ')[0] ?? text
  return first.charAt(0).toLowerCase() + first.slice(1)
}
