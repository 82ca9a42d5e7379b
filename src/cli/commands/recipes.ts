import { UsageError } from '../../core/index.ts'
import { recipes as builtIn, recipeSettings, recipeToml } from '../../models/index.ts'
import { readRecipe } from '../../pipeline/index.ts'
import { command } from '../command.ts'
import { printable } from '../printable.ts'
import { table } from '../table.ts'

/** `taxon recipes`: the built-in recipes, or one of them as TOML. */
export const recipes = command({
  name: 'recipes',
  summary: 'list the built-in recipes, or show one as TOML to start one’s own from',
  usage: '[show NAME]',
  details: 'taxon recipes show svm > mine.toml, change it, then taxon evaluate svm mine.toml CORPUS',
  options: {},
  async run({ values, positionals }, io) {
    const [verb, name, ...more] = positionals
    if (verb === undefined) {
      if (values.json) await io.stdout(`${JSON.stringify({ recipes: builtIn.map(recipeSettings) })}\n`)
      else await io.stdout(list(io.colour))
      return 0
    }
    if (verb !== 'show' || name === undefined || more.length > 0) {
      throw new UsageError('recipes: nothing, or show and one name: taxon recipes show svm')
    }
    const recipe = await readRecipe(name)
    if (values.json) await io.stdout(`${JSON.stringify(recipeSettings(recipe))}\n`)
    else await io.stdout(recipeToml(recipe))
    return 0
  },
})

function list(colour: boolean): string {
  const columns = ['name', 'view', 'target', 'model', 'what it does'].map((title) => ({ title }))
  const lines = builtIn.map(({ name, view, target, model, summary }) => [
    name,
    view,
    target,
    `${model.type}, ${model.grid.length > 1 ? `one of ${model.grid.join(' ')}` : model.grid[0]}`,
    printable(summary),
  ])
  return table(columns, lines, colour)
}
