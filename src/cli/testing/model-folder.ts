// A model folder for tests: random weights, so it writes nonsense, but everything around it is as it should be.
import { tinyModel } from '../../../test/support/tiny-models.ts'
import { writeModelFolder } from '../../model/folder.ts'
import { parameterShapes } from '../../nn/index.ts'
import { folderStore } from '../../store/folder.node.ts'
import { labelValues } from '../../tales/index.ts'

/** Writes a model that has the labels of the small world, and no text longer than 24 bytes. */
export async function writeTinyModel(
  folder: string,
  { causal = false, world }: { causal?: boolean; world?: 'small' | 'full' } = {},
): Promise<void> {
  const values = labelValues('small')
  const labels = (['style', 'words', 'who', 'what'] as const).map((name) => ({
    name,
    values: values[name],
  }))
  const { config, tokenizer, weights } = await tinyModel({
    causal,
    labels: world ? labels : [],
    architecture: { context: 26 + (world ? labels.length : 0) },
  })
  await writeModelFolder(folderStore(folder), {
    config: { ...config, text: { ...config.text, ...(world ? { world } : {}) } },
    tokenizer: tokenizer.toJSON(),
    tensors: Object.entries(parameterShapes(config.architecture)).map(([name, shape]) => ({
      name,
      shape,
      data: weights[name].data,
    })),
    card: '# tiny\n',
  })
}
