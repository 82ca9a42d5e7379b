import type { Command } from '../command.ts'

/** Every command, in the order of the help text. A new one is one file and one line here. */
export const commands: readonly Command[] = []
