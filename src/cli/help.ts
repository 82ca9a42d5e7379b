import type { Command, Option } from './command.ts'

/** The help text of one command. @param path names from the program on, e.g. `taxon corpus import` */
export function commandHelp(command: Command, path: string): string {
  const parts = [`${path} ${command.usage}`, '', `  ${command.summary}`]
  if (command.details) parts.push('', ...command.details.split('\n').map((line) => `  ${line}`.trimEnd()))
  if (command.commands)
    parts.push('', 'Commands', ...rows(command.commands.map((each) => [each.name, each.summary])))
  parts.push('', 'Options', ...rows(Object.entries(command.options).map(optionRow)))
  return `${parts.join('\n')}\n`
}

/** The help text of the program. */
export function programHelp(commands: readonly Command[], version: string): string {
  const parts = [
    `taxon ${version}: what kind of program is this sample, malicious or benign, and why`,
    '',
    'taxon COMMAND [options]; taxon COMMAND --help tells more',
    '',
    ...rows(commands.map((each) => [each.name, each.summary])),
    '',
    'Exit status of classify: 1 something malicious, else 2 an error, else 3 something unknown or partial, else 0',
  ]
  return `${parts.join('\n')}\n`
}

function optionRow([name, option]: [string, Option]): [string, string] {
  const short = option.short ? `-${option.short}, ` : '    '
  const value = option.type === 'string' ? ` ${option.value ?? 'VALUE'}` : ''
  const preset = option.default === undefined ? '' : ` (default ${option.default})`
  return [`${short}--${name}${value}`, `${option.help}${preset}`]
}

function rows(pairs: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...pairs.map(([name]) => name.length))
  return pairs.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`)
}
