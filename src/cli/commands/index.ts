import type { Command } from '../command.ts'
import { classify } from './classify.ts'
import { completions } from './completions.ts'
import { corpus } from './corpus.ts'
import { disassemble } from './disassemble.ts'
import { doctor } from './doctor.ts'
import { evaluate } from './evaluate.ts'
import { intake } from './intake.ts'
import { label } from './label.ts'
import { model } from './model.ts'
import { ngrams } from './ngrams.ts'
import { recipes } from './recipes.ts'
import { run } from './run.ts'
import { sandbox } from './sandbox.ts'
import { store } from './store.ts'
import { train } from './train.ts'

/** Every command, in the order of the help text. A new one is one file and one line here. */
export const commands: readonly Command[] = [
  classify,
  disassemble,
  run,
  label,
  store,
  corpus,
  ngrams,
  train,
  evaluate,
  recipes,
  model,
  sandbox,
  intake,
  doctor,
  completions(() => commands),
]
