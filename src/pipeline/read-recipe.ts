import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { UnreadableError, UsageError } from '../core/index.ts'
import { findRecipe, parseRecipe, type Recipe, recipes } from '../models/index.ts'

/** A built-in recipe by its name, or one from a TOML file. @throws UsageError, UnreadableError */
export async function readRecipe(nameOrPath: string): Promise<Recipe> {
  const builtIn = findRecipe(nameOrPath)
  if (builtIn) return builtIn
  if (!/[/\\]|\.toml$/i.test(nameOrPath)) {
    const names = recipes.map(({ name }) => name).join(', ')
    throw new UsageError(
      `recipe ${JSON.stringify(nameOrPath)}: not built in (there are ${names}), nor the path of a .toml file`,
    )
  }
  const text = await readFile(nameOrPath, 'utf8').catch((error: unknown) => {
    throw new UnreadableError(nameOrPath, error)
  })
  return parseRecipe(text, basename(nameOrPath).replace(/\.toml$/i, ''))
}
