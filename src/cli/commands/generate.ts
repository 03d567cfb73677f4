// unfog generate: texts out of the fog.

import { type CacheName, caches, policies, ranges } from '../../denoise/index.ts'
import type { Completion, GenerateOptions, LoadedModel } from '../../index.ts'
import { memberSeed } from '../../random/index.ts'
import { check, labelValues } from '../../tales/index.ts'
import { command } from '../command.ts'
import { deviceOptions } from '../device-options.ts'
import { freshSeed } from '../fresh-seed.ts'
import type { Io } from '../io.ts'
import { withModels } from '../models.ts'
import { numeric, oneOf, text, toggle, type Values, wholeFrom } from '../option.ts'
import { watch } from '../terminal/watch.ts'
import { harmless } from '../terminal/width.ts'
import { sentence } from '../terminal/wrap.ts'
import { summaryOf } from '../text-summary.ts'

/** What can be said of a text that is to be written. */
export const generateOptions = {
  model: text('model', 'a bundled model, or the folder of a model or run; default tales'),
  verifier: text(
    'model',
    'a model that reads from left to right: it writes the text, the other drafts it',
  ),
  prompt: text('text', 'how the text begins; to a model that answers, what it is asked'),
  suffix: text('text', 'how the text ends'),
  infill: text(
    'text',
    'the whole text with gaps: [2] is a gap of two tokens, \\[ a bracket; [*] a gap of any length, by a model of train --expand, to which [2] is one of about two',
  ),
  style: text('style', 'style of a tale'),
  words: text('range', 'length of a tale in words, 40-60'),
  who: text('name', 'whom a tale is about'),
  what: text('thing', 'the first thing in a tale'),
  count: numeric(wholeFrom(1, 1e6), 'how many texts; default 1'),
  seed: numeric(ranges.seed, 'the same seed writes the same text; default a fresh one, printed'),
  length: numeric(
    ranges.length,
    'length of the whole text in tokens; default drawn as in the training data',
  ),
  maximum: numeric(ranges.maximum, 'most tokens, where the length is not given'),
  policy: oneOf(Object.keys(policies), 'in which order the fog lifts', {
    otherwise: 'the model’s own, or else confidence, left-to-right where the model reads so',
  }),
  steps: numeric(ranges.steps, 'steps from fog to text; default one word a step'),
  temperature: numeric(
    ranges.temperature,
    '0 takes the most probable word, 1 draws as the model says; default the model’s own, or 1',
    'x',
  ),
  topP: numeric(
    ranges.topP,
    'draw among the fewest words that have this probability together',
    'x',
  ),
  topK: numeric(ranges.topK, 'draw among so many most probable words; 0 is all'),
  minP: numeric(
    ranges.minP,
    'draw among the words that have at least this share of the surest word’s probability',
    'x',
  ),
  orderTemperature: numeric(
    ranges.orderTemperature,
    'noise on the order in which the fog lifts',
    'x',
  ),
  blockLength: numeric(
    ranges.blockLength,
    'write in blocks of so many tokens, one after another; default one block, or as the model has learnt',
  ),
  threshold: numeric(
    ranges.threshold,
    'how sure a word must be to be written beside the surest; default 0.9, by proofread 0.95',
    'x',
  ),
  editThreshold: numeric(
    ranges.editThreshold,
    'how sure a word must be to take the place of a written one; default 0.9',
    'x',
  ),
  factor: numeric(ranges.factor, 'how readily words are written together; default 1', 'x'),
  drafts: numeric(ranges.drafts, 'words that are drafted for a --verifier at once; default 8'),
  entropyBound: numeric(
    ranges.entropyBound,
    'how far words that are written together may depend on each other, in nats; default 0.1',
    'nats',
  ),
  eps: numeric(ranges.eps, 'time at which released samplers stop; default their own', 'x'),
  eta: numeric(
    ranges.eta,
    'how readily words go back into the fog, with euler how much noise is drawn anew; default the policy’s own',
    'x',
  ),
  guidance: numeric(
    ranges.guidance,
    'how much more the given text counts than by itself; doubles the forwards',
    'x',
  ),
  cache: oneOf(Object.keys(caches), 'what is kept between steps', {
    otherwise: 'exact where the model reads from left to right, else none',
  }),
  watch: toggle('watch the text sharpen'),
  json: toggle('one JSON a line: text, seed, forwards, tokens, ms and more'),
  ...deviceOptions,
}

export const generate = command({
  about: 'write texts, from fog to crisp',
  options: generateOptions,
  notes: () => {
    const { style, words, who, what } = labelValues('full')
    const width = Math.max(...Object.keys(policies).map((name) => name.length)) + 2
    const rows = Object.entries(policies).map(
      ([name, { about }]) => `  ${name.padEnd(width)}${about}`,
    )
    const some = (values: readonly string[]) =>
      values.length > 8
        ? `${values.slice(0, 8).join(', ')} … (${values.length})`
        : values.join(', ')
    return [
      'Policies:',
      ...rows,
      'Caches:',
      ...Object.entries(caches).map(
        ([name, { about, exact }]) =>
          `  ${name.padEnd(width)}${exact ? 'exact' : 'approximate'}: ${about}`,
      ),
      'Labels of the bundled models:',
      `  --style  ${some(style)}`,
      `  --words  ${some(words)}`,
      `  --who    ${some(who)}`,
      `  --what   ${some(what)}`,
    ].join('\n')
  },
  examples: [
    "unfog generate --prompt 'Once upon a time' --watch",
    'unfog generate --verifier tales-ar --seed 7',
    "unfog generate --infill 'Lily lost her [2] in the [1].' --seed 7 --json",
    'unfog generate --count 3 --style dialogue --words 40-60 --who Lily',
  ],
  async run(values, io) {
    return withModels(values, (model, verifier) =>
      (values.watch ? watchAll : writeAll)(model, requests(values, io, verifier), values, io),
    )
  },
})

/** texts that go through the network together */
const batchSize = 16

type Flags = Values<typeof generateOptions>

/** What to ask of the model: member i of a batch has a seed of its own, which alone gives the same text. */
function requests(values: Flags, io: Io, verifier: LoadedModel | undefined): Requests {
  const { model, device, threads, count = 1, watch, json, policy, cache, ...asked } = values
  const seed = values.seed ?? freshSeed()
  return {
    count,
    request: (i) => ({
      ...asked,
      verifier,
      policy: policy as GenerateOptions['policy'],
      cache: cache as CacheName | undefined,
      seed: memberSeed(seed, i),
      signal: io.signal,
    }),
  }
}

interface Requests {
  count: number
  request(index: number): GenerateOptions
}

async function writeAll(
  model: LoadedModel,
  { count, request }: Requests,
  flags: Flags,
  io: Io,
): Promise<undefined> {
  const tally = new Tally(model, request(0))
  for (let from = 0; from < count && !io.signal.aborted; from += batchSize) {
    const size = Math.min(batchSize, count - from)
    const written = await model.complete(Array.from({ length: size }, (_, i) => request(from + i)))
    for (const one of written) {
      if (one.done === 'abort') return
      await report(one, tally.judge(one), flags, io)
    }
  }
  if (!flags.json && count > 1) await io.stderr.write(`${tally.summary()}\n`)
}

async function watchAll(
  model: LoadedModel,
  { count, request }: Requests,
  flags: Flags,
  io: Io,
): Promise<undefined> {
  const tally = new Tally(model, request(0))
  // with --json, stdout is for machines
  const output = flags.json ? io.stderr : io.stdout
  for (let i = 0; i < count; i++) {
    const asked = request(i)
    const { frame, ms } = await watch(model.generate(asked), model.tokenizer, io, output)
    if (frame.done !== 'complete') return
    const { text, seed, forwards, tokens } = frame
    const disobeyed = model.obeys(text, asked)
    const written = { text, seed, forwards, tokens: tokens.length, ms, done: frame.done, disobeyed }
    await report(written, tally.judge(written), flags, io, true)
  }
  if (!flags.json && count > 1) await io.stderr.write(`${tally.summary()}\n`)
}

/** @param shown has the text been shown already? */
async function report(
  one: Completion,
  errors: readonly string[] | undefined,
  flags: Flags,
  io: Io,
  shown = false,
): Promise<void> {
  const { text, seed, forwards, tokens, ms, disobeyed } = one
  if (flags.json) {
    const judged = errors ? { accepted: errors.length === 0, errors } : {}
    const line = { text, seed, forwards, tokens, ms, disobeyed, ...judged }
    await io.stdout.write(`${JSON.stringify(line)}\n`)
    return
  }
  if (!shown) await io.stdout.write(`${io.stdout.isTTY ? harmless(text) : text}\n`)
  await io.stderr.write(sentence(summaryOf(one, errors), io.stderr))
}

/** What a model's texts were worth, one by one and in all. */
class Tally {
  private readonly model: LoadedModel
  private readonly labelled: boolean
  private texts = 0
  private accepted = 0
  private obeyed = 0

  constructor(model: LoadedModel, { style, words, who, what }: GenerateOptions) {
    this.model = model
    this.labelled = (style ?? words ?? who ?? what) !== undefined
  }

  /** @returns what the checker finds wrong, [] for a true tale; undefined for a model that writes no tales */
  judge({ text, disobeyed }: Completion): readonly string[] | undefined {
    const { world } = this.model.config.text
    const errors = world && check(world, text).errors
    this.texts++
    if (errors?.length === 0) this.accepted++
    if (disobeyed.length === 0) this.obeyed++
    return errors
  }

  summary(): string {
    const parts = [`${this.texts} texts`]
    if (this.model.config.text.world) parts.push(`${this.accepted} true tales`)
    if (this.labelled) parts.push(`${this.obeyed} as asked`)
    return parts.join(', ')
  }
}
