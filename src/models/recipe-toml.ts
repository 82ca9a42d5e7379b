import { stringify } from 'smol-toml'
import type { Recipe } from './recipe.ts'
import { recipeSettings } from './recipe-reading.ts'

/** A recipe as TOML, every setting stated, such that `parseRecipe` makes an equal recipe of it. */
export function recipeToml(recipe: Recipe): string {
  return stringify(recipeSettings(recipe))
}
