// unfog train: from a text to a model folder. The same command again goes on where it stopped.
import { ranges } from '../../denoise/index.ts'
import type { TrainOptions } from '../../index.ts'
import { mostExpands } from '../../model/config.ts'
import { fewestPieces, mostPieces, noises, schedules } from '../../noise/index.ts'
import { documentRules, tokenizers } from '../../text/index.ts'
import { command } from '../command.ts'
import { dataArgument, dataOf, dataOptions } from '../data-options.ts'
import { deviceOptions } from '../device-options.ts'
import {
  count,
  duration,
  lengths,
  levels,
  misuse,
  nats,
  numeric,
  oneOf,
  text,
  toggle,
  type Values,
  wholeFrom,
} from '../option.ts'
import { recipeOptions, splitRecipe } from '../recipe-options.ts'
import { trainingReport } from '../training-report.ts'

const between = {
  within: (value: number) => value > 0 && value < 1,
  says: 'a number above 0 and below 1',
}
const names = <T extends object>(table: T) => Object.keys(table) as (keyof T & string)[]

const options = {
  out: text('run', 'the folder of the run; it becomes the model'),
  time: duration('training time in all, over every resume; default 10m'),
  tokens: count('training text in tokens in all, in place of --time'),
  until: nats('stop at so many nats a character of held-out text, before the rest is spent'),
  patience: numeric(
    wholeFrom(1),
    'stop after so many measurements without a better one on held-out text; a run has twenty; default never',
  ),
  params: count('size of the network in parameters, about'),
  ar: toggle('an autoregressive model, which writes from left to right'),
  block: lengths(
    'a model that writes in blocks of so many tokens, from left to right; 1 is word by word; several lengths such as 8,4,16 are learnt in turn; default the whole text at once',
  ),
  noise: oneOf(names(noises), 'what the model learns to undo, see unfog noise', {
    otherwise: 'masked',
  }),
  schedule: oneOf(names(schedules), 'how fast words are lost', { otherwise: 'linear' }),
  replaced: numeric(
    between,
    'the largest share of words that others replace, in hybrid noise; default 0.1',
    'x',
  ),
  selfConditioning: toggle(
    'show the network what it last predicted, in gaussian noise; at half of the steps training takes one more forward',
  ),
  timeWarping: toggle(
    'draw noise, and step through it in writing, as evenly as words cost there, in gaussian noise',
  ),
  sigma: levels('least and most noise on a vector of length 1, in gaussian noise; default 0.05-20'),
  pieces: numeric(
    wholeFrom(fewestPieces, mostPieces),
    'hide words piece by piece, each of so many on its own, in masked noise; default as a whole',
  ),
  expand: numeric(
    {
      within: (value) => value > 0 && value <= mostExpands,
      says: `a number above 0 and up to ${mostExpands}`,
    },
    'a model that chooses itself how long a text or a gap is: the chance that a mask stands for several words, and as much for none; 0.2 suits most texts',
    'x',
  ),
  seed: numeric(ranges.seed, 'default 0'),
  from: text('model', 'a model to start from: a bundled name or a folder'),
  ...dataOptions,
  length: numeric(ranges.length, 'tokens of a window of long texts'),
  tales: count('how many tales to learn from, where the data are tales:small or tales:full'),
  ...recipeOptions,
  recompute: toggle(
    'compute activations again for gradients instead of keeping them: less memory, more time, the same weights',
  ),
  dtype: oneOf(['f32', 'bf16'], 'number type of the saved weights', {
    value: 'type',
    otherwise: 'f32',
  }),
  name: text('name', "name in the model's card"),
  ...deviceOptions,
  json: toggle('events as JSON, one a line'),
}

export const train = command({
  about: 'train a model on a text; run again, it goes on',
  argument: dataArgument,
  options,
  notes: () =>
    [
      'What one document is:',
      ...Object.entries(documentRules).map(
        ([name, { summary }]) => `  ${name.padEnd(12)}${summary}`,
      ),
      'Tokenizers:',
      ...Object.entries(tokenizers).map(([name, { summary }]) => `  ${name.padEnd(12)}${summary}`),
      'Ctrl-C stops and saves everything; the same command goes on. More --time or --tokens extends a finished run.',
    ].join('\n'),
  examples: [
    'unfog train story.txt --out runs/story --time 3m',
    'unfog train story.txt chat.jsonl --weights 1,3 --documents line --out runs/mixed',
    'unfog train tales:small --out runs/small --tokens 2M --params 400k',
    'unfog train tales:small --out runs/hybrid --time 5m --noise hybrid',
    'unfog train tales:small --out runs/any-length --time 5m --expand 0.2',
  ],
  saves: true,
  async run(values, io, ...paths) {
    const { out } = values
    if (out === undefined) {
      throw misuse('out', 'the option --out is missing: name a folder for the run')
    }
    const data = dataOf(paths, values.weights)
    const asked = { ...trainOptions(values), data, out, signal: io.signal }
    const { train: start } = await import('../../index.ts')
    const report = trainingReport(io, { data: paths.join(' + '), out, json: values.json ?? false })
    try {
      for await (const event of start(asked)) await report.show(event)
    } finally {
      await report.end()
    }
    return undefined
  },
})

/** Flags as the API names them: parts of the recipe go together. */
function trainOptions(values: Values<typeof options>): Omit<TrainOptions, 'data' | 'out'> {
  const { recipe, others } = splitRecipe(values)
  const { vocab, tales, json, out, weights, ...same } = others
  return {
    ...same,
    ...(vocab === undefined ? {} : { vocabSize: vocab }),
    ...(tales === undefined ? {} : { count: tales }),
    ...(Object.keys(recipe).length === 0 ? {} : { config: recipe }),
  }
}
