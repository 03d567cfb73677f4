import { expect, test } from 'vitest'
import { defaultRecipe } from '../train/recipe.ts'
import type { Values } from './option.ts'
import { recipeOptions, splitRecipe } from './recipe-options.ts'

const nothing = Object.fromEntries(
  Object.keys(recipeOptions).map((name) => [name, undefined]),
) as unknown as Values<typeof recipeOptions>

test('every flag is a part of the recipe by its name there', () => {
  for (const name of Object.keys(recipeOptions)) {
    const { recipe } = splitRecipe({ ...nothing, [name]: 1 })
    const [found, ...more] = Object.keys(recipe)
    expect(more).toEqual([])
    expect([...Object.keys(defaultRecipe), 'loss', 'masking']).toContain(found)
    expect(name === 'batch' ? 'batchTokens' : name).toBe(found)
  }
})

test('what was not said changes nothing, and what is none of the recipe stays apart', () => {
  const values = { ...nothing, seed: 3, complementary: true, batchRamp: 0 }
  expect(splitRecipe(values)).toEqual({
    recipe: { complementary: true, batchRamp: 0 },
    others: { seed: 3 },
  })
})
