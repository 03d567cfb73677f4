// A model as people hold it: one object that writes, scores and answers. It joins the network, the tokenizer, the loop
// and the measures; none of them knows of the others.
import {
  Batcher,
  type BatchLimits,
  type Canvas,
  type Denoiser,
  denoiseBatch,
  type ExplainedWord,
  explain,
  type Frame,
  helped,
  makeCanvas,
  makePlan,
  type Plan,
  type PlanOptions,
  type PolicyName,
  policies,
  policiesFor,
  ranges,
} from '../denoise/index.ts'
import { UnfogError } from '../error/index.ts'
import {
  type AnswerScoreOptions,
  answerScore,
  type Score,
  type ScoreOptions,
  type Scorer,
  score,
} from '../measure/index.ts'
import { modelCard } from '../model/card.ts'
import type { ModelConfig } from '../model/config.ts'
import { writeModelFolder } from '../model/folder.ts'
import { inBlocks } from '../model/in-blocks.ts'
import { lookingAt } from '../model/looks.ts'
import { type Network, openNetwork } from '../model/network.ts'
import { formOf, storedShapes, type WeightData } from '../model/quantise.ts'
import { asReader } from '../model/reader.ts'
import { modelShapes } from '../model/shapes.ts'
import { parameterCount } from '../nn/index.ts'
import { inSteps } from '../noise/index.ts'
import type { Device } from '../runtime/index.ts'
import type { Store } from '../store/index.ts'
import { check, disobeyed, type Labels, labelsOf, wordCount } from '../tales/index.ts'
import { idsBefore, labelIds, lengthHistogram, type Tokenizer, type Turn } from '../text/index.ts'
import { type LabelOptions, labelNames, labelValuesOf, wordRange } from './labels.ts'
import { lengthWeights, likelyLength } from './lengths.ts'

/** What a text should be like; everything has a default. Ranges are those of `ranges` in src/denoise. */
export interface GenerateOptions
  extends LabelOptions,
    Omit<PlanOptions, 'policy' | 'labels' | 'before' | 'survival' | 'draftLength'> {
  /** a conversation to answer, where the model has learnt to; a `prompt` is what is said last */
  messages?: readonly Turn[]
  policy?: PolicyName
  /** A model that reads from left to right, of the same tokenizer; this one itself, where it has learnt to. The text is the
   * one that it writes by itself, with the same seed and options; this model drafts, and so saves it forwards */
  verifier?: Model
  signal?: AbortSignal
}

export interface Completion {
  text: string
  seed: number
  /** forwards of the network, and of the one that drafted */
  forwards: number
  /** tokens of the text */
  tokens: number
  /** milliseconds until it was finished, in its batch */
  ms: number
  done: 'complete' | 'abort'
  /** labels that were asked and are not obeyed, in sentences */
  disobeyed: string[]
}

/** A text, and how each of its words came to stand there. */
export interface Explanation extends Completion {
  words: ExplainedWord[]
}

/** candidates that are named where nobody says how many */
const usualCandidates = 4

export interface ModelScoreOptions extends Omit<ScoreOptions, 'lengthNats'> {
  /** The bound of a chain of so many steps, in place of continuous time: what the policy `ancestral` writes in them, for
   * each block of a model of blocks. Few steps write several words at once that do not see each other, and cost more */
  steps?: number
  /** Tokens of a block, of a model that has learnt several; its usual ones without */
  blockLength?: number
}

/** The parts of a model, however they were come by. */
export interface ModelSources {
  device: Device
  config: ModelConfig
  tokenizer: Tokenizer
  /** every parameter by name; a quantised one as bytes, with its scales as `name.scale` */
  weights: ReadonlyMap<string, WeightData>
  /** README.md, kept when the model is saved elsewhere */
  card?: string
  /** what may be written together; `defaultLimits` where not given */
  batch?: Partial<BatchLimits>
  now: () => number
}

interface Prepared {
  plan: Plan
  canvas: Canvas
}

/** What texts are written by. */
interface Writer {
  readonly network: Denoiser & Pick<Network, 'process'>
  readonly batcher: Batcher
  readonly drafter?: Model
}

export class Model {
  readonly config: ModelConfig
  readonly tokenizer: Tokenizer
  readonly parameters: number
  /** longest text in tokens */
  readonly context: number
  /** The same weights as a model of their own that reads and writes from left to right, where they have learnt to
   * (`unfog train --reading`). It can be the `verifier` of what this one drafts. Disposed with this one */
  readonly reader?: Model
  private readonly sources: ModelSources
  private readonly network: Network
  private readonly alone: Writer
  /** by drafter */
  private readonly together = new WeakMap<Model, Writer>()
  /** the same weights in blocks of other lengths */
  private readonly others = new Map<number, Model>()

  constructor(sources: ModelSources) {
    const { device, config, tokenizer, weights } = sources
    this.sources = sources
    this.config = config
    this.tokenizer = tokenizer
    this.parameters = parameterCount(config.architecture)
    const shapes = tensorShapes(sources)
    const tensors = Object.fromEntries(
      Object.entries(shapes).map(([name, dims]) => [name, { data: weights.get(name)!, dims }]),
    )
    this.network = openNetwork(device, config, tokenizer, tensors)
    this.reader = config.reads ? new Model({ ...sources, config: asReader(config) }) : undefined
    this.context = this.network.context
    this.alone = this.writerOf(this.writing({ reader: this.reader?.network }))
  }

  /** Texts that are not finished: those that are written together now, and those that wait for them to end. Texts with a
   * verifier are not among them. */
  get load(): { busy: number; waiting: number } {
    return this.alone.batcher.load
  }

  /** The orders in which it can write: those that undo the noise it has learnt. */
  get policies(): PolicyName[] {
    return policiesFor(this.alone.network).map(({ name }) => name as PolicyName)
  }

  /** Writes a text, from fog to crisp.
   * @returns frames; the last one has `done`
   * @throws UnfogError `usage`, `context_length` before the first frame */
  async *generate(options: GenerateOptions = {}): AsyncGenerator<Frame, void, undefined> {
    for await (const { frame } of this.generateBatch([options], { signal: options.signal }))
      yield frame
  }

  /** Writes several texts together, and with all others that are being written by this model; each is what it would be
   * alone, to the bit where the device promises that (`Device.batchInvariant`).
   * @throws UnfogError `overloaded` before the first frame, when more would wait than may */
  async *generateBatch(
    options: readonly GenerateOptions[],
    { signal }: { signal?: AbortSignal } = {},
  ): AsyncGenerator<{ task: number; frame: Frame }, void, undefined> {
    if (this.network.block !== undefined && options.some((one) => one.blockLength !== undefined)) {
      const model = this.inBlocks(oneOf(options, 'blockLength'))
      const plain = options.map(({ blockLength: _, ...one }) => one)
      yield* model.generateBatch(plain, { signal })
      return
    }
    const verifier = oneOf(options, 'verifier')
    const model = verifier?.reader ?? verifier ?? this
    const writer = verifier ? model.writerWith(this) : this.alone
    const tasks = options.map((one) => {
      const { plan, canvas } = model.prepare(one, writer)
      return { from: canvas, plan, signal: one.signal }
    })
    const decode = (ids: ArrayLike<number>) => this.tokenizer.decode(ids)
    yield* denoiseBatch(writer.batcher, tasks, { signal, decode })
  }

  /** Writes one text, or several in one batch, and gives what came out. */
  // the array first: an array has a `length` and would pass for options
  complete(options: readonly GenerateOptions[]): Promise<Completion[]>
  complete(options?: GenerateOptions): Promise<Completion>
  async complete(
    options: GenerateOptions | readonly GenerateOptions[] = {},
  ): Promise<Completion | Completion[]> {
    const list = Array.isArray(options)
      ? (options as readonly GenerateOptions[])
      : [options as GenerateOptions]
    const start = this.sources.now()
    const finished: Completion[] = []
    for await (const { task, frame } of this.generateBatch(list)) {
      if (frame.done) finished[task] = this.completion(frame, list[task], start)
    }
    return Array.isArray(options) ? finished : finished[0]
  }

  /** Writes a text, and tells of each word when it was settled, by which forward, how surely, what else was close, and
   * what had stood there before.
   * @param options `candidates` says how many of the most probable words are named; 4 without */
  async explain(options: GenerateOptions = {}): Promise<Explanation> {
    const { candidates = usualCandidates } = options
    const start = this.sources.now()
    const frames: Frame[] = []
    for await (const frame of this.generate({ ...options, candidates })) frames.push(frame)
    const last = frames[frames.length - 1]
    return { ...this.completion(last, options, start), words: explain(frames, this.tokenizer) }
  }

  /** @param frame the last of a text  @param start milliseconds, when it was asked for */
  private completion(frame: Frame, options: GenerateOptions, start: number): Completion {
    const { text, seed, forwards, tokens, done = 'complete' } = frame
    const ms = Math.round(this.sources.now() - start)
    const disobeyed = this.obeys(text, options)
    return { text, seed, forwards, tokens: tokens.length, ms, done, disobeyed }
  }

  /** Labels that were asked for and are not obeyed, in sentences; [] when all are. */
  obeys(text: string, options: LabelOptions): string[] {
    const { world } = this.config.text
    const wrong: string[] = []
    if (options.words !== undefined) {
      const { from, to } = wordRange(options.words)
      const words = wordCount(text)
      if (words < from || words > to) wrong.push(`words is ${words}, not ${options.words}`)
    }
    const { style, who, what } = options
    if (!world || (style ?? who ?? what) === undefined) return wrong
    const { facts, errors } = check(world, text)
    if (!facts) return [...wrong, `cannot be read as a tale: ${errors[0]}`]
    const asked = { style, who, what } as Partial<Labels>
    return [...wrong, ...disobeyed(asked, labelsOf(world, text, facts))]
  }

  /** How likely texts are: exactly for an autoregressive model, else an upper bound with its standard error. Each text
   * of an array is a document of its own.
   * @throws UnfogError `bad_input` for an empty text, `usage` for steps of a model that has none */
  async score(text: string | readonly string[], options: ModelScoreOptions = {}): Promise<Score> {
    const { steps, blockLength, ...how } = options
    const model = this.inBlocks(blockLength)
    if (model !== this) return model.score(text, options)
    const texts = typeof text === 'string' ? [text] : text
    const unsaid = labelIds(this.tokenizer)
    const documents = texts.map((one) => {
      const ids = this.tokenizer.encode(one)
      if (ids.length === 0)
        throw new UnfogError('bad_input', 'there is no text to score: give it some')
      return {
        tokens: this.network.ended(ids),
        characters: [...one].length,
        labels: unsaid,
      }
    })
    return score(this.scorer(steps), documents, { lengthNats: this.lengthNats(), ...how })
  }

  /** How likely an answer is after a prompt, as LLaDA compares answers: nats, an upper bound in expectation.
   * @throws UnfogError `bad_input` for an empty answer */
  async scoreAnswer(
    prompt: string,
    answer: string,
    options: Omit<AnswerScoreOptions, 'random'> = {},
  ): Promise<number> {
    const { settles, name, pieces } = this.network.process.noise
    if (this.network.growth) {
      const message =
        'answers are compared by hiding so many words, and to this model a mask may be more words or none: score whole texts'
      throw new UnfogError('unsupported', message)
    }
    if (!settles) {
      const learnt = pieces
        ? 'this model has learnt to complete their pieces'
        : `a model of ${name} noise has learnt to look for wrong ones`
      const message = `answers are compared by hiding their words, and ${learnt}: score whole texts`
      throw new UnfogError('unsupported', message)
    }
    const [before, after] = [prompt, answer].map((text) => this.tokenizer.encode(text))
    return answerScore(this.network, before, after, options)
  }

  /** Logits of whole canvases: row i predicts position i. Of a released model they are what its own code gives, before
   * any shift or ban: with a shifted head (Dream) row i predicts position i + 1, and the mask has its logit too.
   * @param ids [B][L] token ids, all of one length; the mask id where there is fog
   * @param attentionMask [B][L] 1 where a position may be looked at, 0 for padding, whose rows mean nothing
   * @returns { data, dims: [B, L, vocabSize] }
   * @throws UnfogError `bad_shape`, `bad_input`, `context_length` */
  async logits({
    ids,
    attentionMask,
    labels,
  }: {
    ids: readonly ArrayLike<number>[]
    attentionMask?: readonly ArrayLike<number>[]
    labels?: LabelOptions
  }): Promise<{
    data: Float32Array
    dims: [number, number, number]
  }> {
    const { vocabSize } = this.network
    const length = expectCanvases(ids, vocabSize)
    if (attentionMask) expectMasks(attentionMask, ids.length, length)
    const slots = this.labelSlots(labels ?? {})
    const rows = Int32Array.from({ length }, (_, i) => i)
    const parts = await this.network.rawLogits(
      ids.map((row, b) => ({
        tokens: Int32Array.from(row),
        rows,
        labels: slots,
        visible: attentionMask?.[b],
      })),
    )
    const data = new Float32Array(ids.length * length * vocabSize)
    parts.forEach((part, b) => {
      data.set(part, b * length * vocabSize)
    })
    return { data, dims: [ids.length, length, vocabSize] }
  }

  /** Saves the model as a folder. Weights keep their number type. */
  async saveTo(store: Store): Promise<void> {
    const { config, tokenizer, weights, card } = this.sources
    const shapes = tensorShapes(this.sources)
    await writeModelFolder(store, {
      config,
      tokenizer: tokenizer.toJSON(),
      tensors: Object.entries(shapes).map(([name, shape]) => ({
        name,
        shape,
        data: weights.get(name)!,
      })),
      card:
        card ??
        modelCard(config, {
          data: 'Not recorded.',
          parameters: this.parameters,
          figures: [],
          model: store.name,
        }),
    })
  }

  async dispose(): Promise<void> {
    await this.network.dispose()
    await this.reader?.dispose()
    for (const other of this.others.values()) await other.dispose()
  }

  /** The model in blocks of such a length; itself where that is its own, or none is asked for.
   * @throws UnfogError `usage` for a length that it has not learnt */
  private inBlocks(length: number | undefined): Model {
    const { block } = this.network
    if (length === undefined || length === block) return this
    const { blockLengths: known = block === undefined ? [] : [block] } = this.config
    if (!known.includes(length)) {
      const learnt =
        known.length > 0 ? `in blocks of ${known.join(' or ')} tokens` : 'and is scored as one text'
      const message = `--block-length ${length} cannot be chosen: this model has learnt to write ${learnt}`
      throw new UnfogError('usage', message, { param: 'blockLength' })
    }
    const other =
      this.others.get(length) ??
      new Model({ ...this.sources, config: inBlocks(this.config, length) })
    this.others.set(length, other)
    return other
  }

  /** The network as one that writes, with those that help it. */
  private writing(helpers: { reader?: Network; drafter?: Network }): Writer['network'] {
    const { process } = this.network
    const there = Object.entries(helpers).filter(([, network]) => network)
    return there.length > 0
      ? { ...helped(this.network, Object.fromEntries(there)), process }
      : this.network
  }

  private writerOf(network: Writer['network'], drafter?: Model): Writer {
    const limits = { ...defaultLimits(network), ...this.sources.batch }
    return { network, drafter, batcher: new Batcher(network, limits) }
  }

  /** @throws UnfogError `usage` unless this model can verify what such a model drafts */
  private writerWith(drafter: Model): Writer {
    const known = this.together.get(drafter)
    if (known) return known
    this.expectDrafter(drafter)
    const made = this.writerOf(this.writing({ drafter: drafter.network }), drafter)
    this.together.set(drafter, made)
    return made
  }

  private expectDrafter({ network, config, tokenizer }: Model): void {
    const misuse = (message: string) => new UnfogError('usage', message, { param: 'verifier' })
    const { name } = this.config
    if (!this.network.causal) {
      throw misuse(
        `--verifier ${name} sees both sides, and only a model that reads from left to right says of every word what it would have written: name one that does, such as tales-ar`,
      )
    }
    const { noise } = network.process
    if (network.causal || !noise.hides) {
      throw misuse(
        `a model of ${noise.name} noise does not draft several words at once: let a masked model draft for --verifier ${name}`,
      )
    }
    if (JSON.stringify(tokenizer.toJSON()) === JSON.stringify(this.tokenizer.toJSON())) return
    throw misuse(
      `--verifier ${name} has another tokenizer than ${config.name}: name a model of the same words`,
    )
  }

  private labelSlots(options: LabelOptions): Int32Array {
    return labelIds(this.tokenizer, labelValuesOf(this.tokenizer, options))
  }

  /** Everything about a request that can be wrong is wrong here. */
  private prepare(
    { signal: _, verifier: __, messages, ...options }: GenerateOptions,
    { network, drafter }: Writer,
  ): Prepared {
    const before = this.before(options.prompt, messages)
    const plain: Record<string, unknown> = { ...options }
    if (before) delete plain.prompt
    for (const name of labelNames) delete plain[name]
    const asked = labelValuesOf(this.tokenizer, options)
    // a policy that is asked for by name follows its own law, not the model's habits
    const habits = options.policy === undefined ? this.config.sampling : undefined
    const { temperature, topP, minP } = habits ?? {}
    const habit = drafter ? undefined : (habits?.policy as PolicyName | undefined)
    const steps = drafter ? undefined : habits?.steps
    const policy = options.policy ?? habit
    const { survival } = network.process.schedule
    const drafts = drafter && lengthWeights(drafter.config, asked)
    const plan = makePlan(
      {
        temperature,
        topP,
        minP,
        ...(steps === undefined ? {} : { steps }),
        ...definedOf(plain as PlanOptions),
        policy,
        before,
        labels: labelIds(this.tokenizer, asked),
        ...(policy && takesSurvival(policy) ? { survival } : {}),
        ...(drafts && options.length === undefined ? { draftLength: likelyLength(drafts) } : {}),
      },
      network,
    )
    const lengths = this.decidesLength ? undefined : lengthWeights(this.config, asked)
    return { plan, canvas: makeCanvas(plan, network, this.tokenizer, lengths) }
  }

  /** What an answer answers, as ids; undefined for a model whose texts stand alone. */
  private before(prompt?: string, messages: readonly Turn[] = []): Int32Array | undefined {
    if (this.config.text.template === undefined) {
      if (messages.length === 0) return undefined
      throw new UnfogError(
        'usage',
        'this model has learnt no conversations, so it cannot answer messages: give it a --prompt to continue',
        { param: 'messages' },
      )
    }
    const turns = [...messages, ...(prompt === undefined ? [] : [userSays(prompt)])]
    if (turns.length > 0 && turns[turns.length - 1].role !== 'assistant') {
      return idsBefore(this.tokenizer, turns)
    }
    throw new UnfogError(
      'usage',
      turns.length === 0
        ? 'this model answers: ask it something with --prompt'
        : 'the last message is an answer already: end with one of the user',
      { param: turns.length === 0 ? 'prompt' : 'messages' },
    )
  }

  /** A model that writes from left to right, word by word or in blocks, decides itself where a text ends. */
  private get decidesLength(): boolean {
    return this.network.causal || this.network.block !== undefined
  }

  private scorer(steps?: number): Scorer {
    const { noise, architecture } = this.config
    const { causal, context, block, growth } = this.network
    const { noise: trained, schedule } = this.network.process
    if (steps !== undefined) expectSteps(steps, this.network)
    const undone = steps === undefined ? trained : inSteps(trained, schedule, steps)
    return {
      steps,
      noise: noise.process,
      block: causal ? 1 : (block ?? architecture.context),
      causal,
      // a canvas may become longer than its text
      context: growth ? Math.floor(context / 1.5) : context,
      look: lookingAt(this.network, this.config, undone),
      losses: (items) => this.network.losses(items),
    }
  }

  /** What the length of a text costs a model that writes texts of exact length. */
  private lengthNats(): ((length: number) => number) | undefined {
    const { exactLength, lengths } = this.config.text
    if (!exactLength || !lengths || this.decidesLength || this.network.growth) return undefined
    const counts = Object.entries(lengths.counts).map(([length, n]) => [Number(length), n] as const)
    const histogram = lengthHistogram(counts, this.context)
    return (length) => -histogram.logProb(length)
  }
}

/** @throws UnfogError `usage` unless such a model can write in so many steps, each word on its own */
function expectSteps(steps: number, { exact, growth, process: { noise } }: Network): void {
  if (!ranges.steps.within(steps)) {
    const message = `--steps ${steps} is not ${ranges.steps.says}`
    throw new UnfogError('usage', message, { param: 'steps' })
  }
  const reason = exact
    ? 'this model writes word by word, and is scored exactly'
    : growth
      ? 'they are counted of words, and to this model a mask may be more words or none'
      : noise.paces || !noise.settles
        ? `they are counted of words that vanish alike, and this model has learnt ${noise.paces ? 'a pace for each' : `${noise.name} noise`}`
        : undefined
  if (reason)
    throw new UnfogError('usage', `--steps cannot be used: ${reason}; leave it out`, {
      param: 'steps',
    })
}

/** Shapes of the tensors of a model, quantised or not. */
const tensorShapes = ({ config, weights }: Pick<ModelSources, 'config' | 'weights'>) =>
  storedShapes(modelShapes(config), (name) => formOf(weights.get(name)))

/** Logits that one step may take, in numbers: 128 MB of them. */
const mostNumbers = 2 ** 25

const defaultLimits = ({ vocabSize }: Denoiser): BatchLimits => ({
  canvases: 32,
  tokens: Math.floor(mostNumbers / vocabSize),
  waiting: Number.POSITIVE_INFINITY,
})

/** @returns what all texts of a batch have; undefined when they have none
 * @throws UnfogError `usage` when they differ */
function oneOf<K extends 'verifier' | 'blockLength'>(
  options: readonly GenerateOptions[],
  name: K,
): GenerateOptions[K] {
  const value = options[0]?.[name]
  if (options.every((one) => one[name] === value)) return value
  const message = `the texts of one batch need the same ${name}, or none: write the others apart`
  throw new UnfogError('usage', message, { param: name })
}

const userSays = (content: string): Turn => ({ role: 'user', content })

/** @returns the length that all rows have
 * @throws UnfogError `bad_shape` when they have not, `bad_input` for an id that is none */
function expectCanvases(ids: readonly ArrayLike<number>[], vocabSize: number): number {
  const length = ids[0]?.length ?? 0
  if (length === 0 || ids.some((row) => row.length !== length)) {
    throw new UnfogError(
      'bad_shape',
      'ids must hold at least one row, and all rows the same number of tokens',
      { param: 'ids' },
    )
  }
  for (const row of ids) {
    const wrong = Array.from(row).find((id) => !(Number.isInteger(id) && id >= 0 && id < vocabSize))
    if (wrong === undefined) continue
    throw new UnfogError(
      'bad_input',
      `ids holds ${wrong}, but token ids are whole numbers from 0 to ${vocabSize - 1}`,
      { param: 'ids' },
    )
  }
  return length
}

/** @throws UnfogError `bad_shape`, `bad_input` */
function expectMasks(masks: readonly ArrayLike<number>[], count: number, length: number): void {
  if (masks.length !== count || masks.some((row) => row.length !== length)) {
    const message = 'attentionMask must have the shape of ids: a number for every token'
    throw new UnfogError('bad_shape', message, { param: 'attentionMask' })
  }
  for (const row of masks) {
    const wrong = Array.from(row).find((seen) => seen !== 0 && seen !== 1)
    if (wrong === undefined) continue
    const message = `attentionMask holds ${wrong}, but a position is looked at (1) or not (0)`
    throw new UnfogError('bad_input', message, { param: 'attentionMask' })
  }
}

const takesSurvival = (policy: PolicyName): boolean =>
  (policies[policy]?.takes as readonly string[] | undefined)?.includes('survival') ?? false

/** The options that were given: an undefined one leaves its default. */
const definedOf = (options: PlanOptions): PlanOptions =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
