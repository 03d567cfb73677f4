// unfog distill: from a model to one that writes in fewer steps. The same command again goes on where it stopped.
import { ranges } from '../../denoise/index.ts'
import { defaultDistillation, distillationRecipe } from '../../train/rounds.ts'
import { command } from '../command.ts'
import { dataOptions } from '../data-options.ts'
import { deviceOptions } from '../device-options.ts'
import { count, duration, misuse, numeric, oneOf, text, toggle, wholeFrom } from '../option.ts'
import { recipeOptions } from '../recipe-options.ts'
import { trainingReport } from '../training-report.ts'

const { steps, together, rounds } = defaultDistillation
const { documents, field, chat } = dataOptions

export const distill = command({
  about: 'teach a copy of a model to write in fewer steps; run again, it goes on',
  argument: {
    name: 'model',
    about: 'the teacher: a bundled model, or the folder of a model or run',
  },
  options: {
    out: text('run', 'the folder of the run; it becomes the model'),
    data: text(
      'path',
      'texts like those that the model was trained on: a file or a folder; default tales, for a model of tales',
    ),
    steps: numeric(wholeFrom(2), `steps in which the model writes well; default ${steps}`),
    together: numeric(
      wholeFrom(2),
      `of them, those that the student learns to take at once; default ${together}`,
    ),
    rounds: numeric(
      wholeFrom(1),
      `after each the student is the teacher, and needs fewer steps; default ${rounds}`,
    ),
    temperature: numeric(
      ranges.temperature,
      'of the words that the model writes, in every round anew; default as it writes',
      'x',
    ),
    topP: numeric(ranges.topP, 'the same; default as it writes', 'x'),
    time: duration('training time in all, over every resume; default 10m'),
    tokens: count('training text in tokens in all, in place of --time'),
    rate: numeric(
      { within: (value) => value > 0 && value <= 1, says: 'a number above 0, up to 1' },
      `highest learning rate; default ${distillationRecipe.rate}`,
      'x',
    ),
    batch: recipeOptions.batch,
    seed: numeric(ranges.seed, 'default 0'),
    ...{ documents, field, chat },
    tales: count('how many tales to learn from, for a model of tales'),
    dtype: oneOf(['f32', 'bf16'], 'number type of the saved weights', {
      value: 'type',
      otherwise: 'that of the model',
    }),
    name: text('name', "name in the model's card"),
    ...deviceOptions,
    json: toggle('events as JSON, one a line'),
  },
  notes: () =>
    [
      'Fewer words of variety, more of them at once: a lower --temperature or --top-p makes the student surer.',
      'Ctrl-C stops and saves everything; the same command goes on. More --time or --tokens extends the last round.',
    ].join('\n'),
  examples: [
    'unfog distill runs/story --data story.txt --out runs/fast --steps 32 --rounds 3',
    'unfog distill runs/story --data story.txt --out runs/fast --steps 16 --together 16 --rounds 1',
  ],
  saves: true,
  async run({ out, json = false, tales, rate, batch, ...same }, io, model) {
    if (out === undefined) {
      throw misuse('out', 'the option --out is missing: name a folder for the run')
    }
    const config = {
      ...(rate === undefined ? {} : { rate }),
      ...(batch === undefined ? {} : { batchTokens: batch }),
    }
    const asked = { ...same, out, config, signal: io.signal, count: tales }
    const { distill: start } = await import('../../index.ts')
    const report = trainingReport(io, { data: model, out, json })
    try {
      for await (const event of start(model, asked)) await report.show(event)
    } finally {
      await report.end()
    }
    return undefined
  },
})
