// How a run learns: the flags that are parts of its recipe.
import { times } from '../noise/index.ts'
import { weightings } from '../train/objective.ts'
import { optimisers } from '../train/optimiser.ts'
import { defaultRecipe, losses, type Recipe } from '../train/recipe.ts'
import { count, numeric, oneOf, shares, toggle, type Values } from './option.ts'

const share = {
  within: (value: number) => value >= 0 && value < 1,
  says: 'a number from 0 to below 1',
}
const rate = {
  within: (value: number) => value > 0 && value <= 1,
  says: 'a number above 0, up to 1',
}
const chain = {
  within: (value: number) => value === 0 || (Number.isInteger(value) && value >= 2),
  says: '0 or a whole number from 2',
}
const aboveZero = { within: (value: number) => value > 0, says: 'a number above 0' }
const notNegative = { within: (value: number) => value >= 0, says: 'a number of at least 0' }

export const recipeOptions = {
  rate: numeric(rate, `highest learning rate; default ${defaultRecipe.rate}`, 'x'),
  optimiser: oneOf(optimisers, "of the network's matrices", {
    value: 'name',
    otherwise: defaultRecipe.optimiser,
  }),
  batch: count(`tokens of a batch, about; default ${defaultRecipe.batchTokens}`),
  warmStart: numeric(
    share,
    `part of the tokens that is learnt from left to right first; default ${defaultRecipe.warmStart}`,
    'x',
  ),
  curriculum: numeric(
    share,
    `part of the tokens behind the warm start on which words are shown softly, under uniform noise; default ${defaultRecipe.curriculum}`,
    'x',
  ),
  loss: oneOf(
    Object.keys(losses) as NonNullable<Recipe['loss']>[],
    'what training minimises; score-entropy learns rates that need not sum to one, squared-error is for gaussian noise',
    { otherwise: 'cross-entropy' },
  ),
  times: oneOf(
    Object.keys(times) as Recipe['times'][],
    'how noisy the texts are that are learnt from',
    { otherwise: defaultRecipe.times },
  ),
  masking: shares(
    'how much of a text, or of a block, is hidden in training, from least to most, evenly drawn; default mostly about half',
  ),
  leastMasked: numeric(
    share,
    `learns from no texts of which a smaller part is hidden; default ${defaultRecipe.leastMasked}`,
    'x',
  ),
  complementary: toggle(
    'hides each text of a batch twice, the second time where it stood the first',
  ),
  progressive: numeric(
    chain,
    `lets texts come out of the fog in so many steps while they are learnt from, the surest words first; default ${defaultRecipe.progressive}, hidden at random`,
    'n',
  ),
  reading: numeric(
    share,
    `part of the steps at which it learns to read from left to right, to judge what it writes; default ${defaultRecipe.reading}`,
    'x',
  ),
  weighting: oneOf(weightings, 'what hidden tokens count: as the bound has it, or all the same', {
    otherwise: defaultRecipe.weighting,
  }),
  weightCap: numeric(
    aboveZero,
    `most that a hidden token counts; default ${defaultRecipe.weightCap}`,
    'x',
  ),
  focal: numeric(
    notNegative,
    `lets tokens that are known already count less: the exponent of 1 - p; default ${defaultRecipe.focal}`,
    'x',
  ),
  batchRamp: numeric(
    share,
    `part of the tokens on which batches grow from an eighth of their size; default ${defaultRecipe.batchRamp}`,
    'x',
  ),
  lengthRamp: numeric(
    share,
    `part of the tokens on which windows grow from an eighth of their length, or short texts come alone; default ${defaultRecipe.lengthRamp}`,
    'x',
  ),
}

/** What flags change in the recipe, and all other values. */
export function splitRecipe<V extends Values<typeof recipeOptions>>(
  values: V,
): { recipe: Partial<Recipe>; others: Omit<V, keyof typeof recipeOptions> } {
  const isRecipe = (name: string) => Object.hasOwn(recipeOptions, name)
  const all = Object.entries(values)
  const asked = all.filter(([name, value]) => isRecipe(name) && value !== undefined)
  const { batch, ...same } = Object.fromEntries(asked) as Values<typeof recipeOptions>
  const others = Object.fromEntries(all.filter(([name]) => !isRecipe(name)))
  return {
    recipe: { ...same, ...(batch === undefined ? {} : { batchTokens: batch }) },
    others: others as Omit<V, keyof typeof recipeOptions>,
  }
}
