// A trainer of any shape on made-up letters: what it learns does not matter, how long that takes does.
import type { Device } from '../../src/runtime/index.ts'
import { encodeDocuments, makeDataset, trainTokenizer } from '../../src/text/index.ts'
import { defaultRecipe, type Recipe } from '../../src/train/recipe.ts'
import { architectureOf } from '../../src/train/sizes.ts'
import { Trainer } from '../../src/train/trainer.ts'

export interface Shape {
  width: number
  layers: number
  /** texts in a batch, and tokens of each */
  rows: number
  length: number
  vocabulary: number
  tiedHead?: boolean
  causal?: boolean
  optimiser?: Recipe['optimiser']
  /** see `Setup.recompute` */
  recompute?: boolean
}

/** @returns a trainer that has begun */
export async function lettersTrainer(device: Device, shape: Shape): Promise<Trainer> {
  const { width, layers, rows, length, vocabulary, tiedHead, ...others } = shape
  const { causal = false, recompute = false, ...changed } = others
  const letters = Array.from({ length: 200_000 }, (_, i) =>
    String.fromCharCode(97 + ((i * i + (i >> 3)) % 26)),
  ).join('')
  const tokenizer = await trainTokenizer('bytes', [letters])
  const dataset = makeDataset(await encodeDocuments(tokenizer, [letters]), {
    seed: 0,
    context: length,
    form: 'windows',
  })
  const made = architectureOf(width, layers, { vocabSize: vocabulary, context: length + 1 })
  const trainer = new Trainer({
    device,
    config: {
      unfog: 1,
      name: 'bench',
      architecture: {
        ...made,
        tiedHead: tiedHead ?? made.tiedHead,
        attention: causal ? 'causal' : 'full',
      },
      shift: true,
      noise: { process: causal ? 'autoregressive' : 'masked', schedule: 'linear' },
      text: { documents: 'file', exactLength: false, labels: [] },
      weights: { dtype: 'f32' },
    },
    tokenizer,
    dataset,
    recipe: { ...defaultRecipe, ...changed, batchTokens: rows * length },
    budget: 1e9,
    recompute,
    phases: [{ name: 'denoising', until: 1e9, causal }],
  })
  trainer.begin()
  return trainer
}
