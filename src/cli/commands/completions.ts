import { UsageError } from '../../core/index.ts'
import { type Command, command } from '../command.ts'

const SHELLS = { bash, zsh, fish }

/** The command that prints completion scripts for a list of commands, which it may itself be part of. */
export const completions = (list: () => readonly Command[]) =>
  command({
    name: 'completions',
    summary: 'print a completion script for bash, zsh or fish',
    usage: 'bash|zsh|fish',
    details: `bash: taxon completions bash > ~/.local/share/bash-completion/completions/taxon
zsh:  taxon completions zsh > a folder of $fpath, named _taxon
fish: taxon completions fish > ~/.config/fish/completions/taxon.fish`,
    options: {},
    async run({ positionals }, io) {
      const [shell] = positionals
      if (shell === undefined || !Object.hasOwn(SHELLS, shell)) {
        throw new UsageError(`completions: for which shell? ${Object.keys(SHELLS).join(', ')}`)
      }
      await io.stdout(SHELLS[shell as keyof typeof SHELLS](list()))
      return 0
    },
  })

/** Every command with its sub-commands, by its words: `corpus`, `corpus import`, … */
function flatten(list: readonly Command[], prefix = ''): { words: string; command: Command }[] {
  return list.flatMap((each) => {
    const words = `${prefix}${each.name}`
    return [{ words, command: each }, ...flatten(each.commands ?? [], `${words} `)]
  })
}

function longOptions(command: Command): string[] {
  return Object.keys(command.options).map((name) => `--${name}`)
}

function bash(list: readonly Command[]): string {
  const cases = flatten(list).map(({ words, command }) => {
    const next = [...(command.commands ?? []).map((each) => each.name), ...longOptions(command)]
    return `    '${words}') words='${next.join(' ')}' ;;`
  })
  return `# bash completion for taxon
_taxon() {
  local words path='' word current="\${COMP_WORDS[COMP_CWORD]}"
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) ;; *) [[ -z "$path" || "|${groups(list)}|" == *"|$path|"* ]] && path="\${path:+$path }$word" ;; esac
  done
  case "$path" in
    '') words='${list.map((each) => each.name).join(' ')} --help --version' ;;
${cases.join('\n')}
    *) words='' ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  [[ "$current" == -* ]] || COMPREPLY+=($(compgen -f -- "$current"))
}
complete -o filenames -F _taxon taxon
`
}

/** The words of every command that has sub-commands: `corpus|store|store allow`. */
function groups(list: readonly Command[]): string {
  const found = flatten(list).filter(({ command }) => command.commands)
  return found.map(({ words }) => words).join('|')
}

function zsh(list: readonly Command[]): string {
  const cases = flatten(list).map(({ words, command }) => {
    const next = [...(command.commands ?? []).map((each) => each.name), ...longOptions(command)]
    return `    '${words}') next=(${next.join(' ')}) ;;`
  })
  return `#compdef taxon
_taxon() {
  local -a next
  local key="\${words[2]}" at=3
  while [[ "|${groups(list)}|" == *"|$key|"* && -n "\${words[$at]}" ]] && (( CURRENT > at )); do
    key="$key \${words[$at]}"
    (( at++ ))
  done
  if (( CURRENT == 2 )); then
    next=(${list.map((each) => each.name).join(' ')} --help --version)
  else
    case "$key" in
${cases.map((line) => `  ${line}`).join('\n')}
    esac
  fi
  compadd -- $next
  _files
}
_taxon "$@"
`
}

function fish(list: readonly Command[]): string {
  const lines = list.map(
    ({ name, summary }) => `complete -c taxon -n __fish_use_subcommand -a ${name} -d '${quote(summary)}'`,
  )
  for (const { words, command } of flatten(list)) {
    const seen = words
      .split(' ')
      .map((word) => `__fish_seen_subcommand_from ${word}`)
      .join('; and ')
    for (const child of command.commands ?? []) {
      lines.push(`complete -c taxon -n '${seen}' -a ${child.name} -d '${quote(child.summary)}'`)
    }
    for (const [name, option] of Object.entries(command.options)) {
      const short = option.short ? ` -s ${option.short}` : ''
      const value = option.type === 'string' ? ' -r' : ''
      lines.push(`complete -c taxon -n '${seen}' -l ${name}${short}${value} -d '${quote(option.help)}'`)
    }
  }
  return `${lines.join('\n')}\n`
}

function quote(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")
}
