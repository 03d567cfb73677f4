// The trainer: one network, its flat buffers, and the phases of its run. A step is a pure function of the buffers,
// the data, the recipe and the step's number.
import { type EmittedGraph, emit, input } from '../graph/index.ts'
import type { ModelConfig } from '../model/config.ts'
import { type Framing, framing, longestText } from '../model/framing.ts'
import { modelShapes } from '../model/shapes.ts'
import { undone } from '../model/undone.ts'
import { initialise, transformer } from '../nn/index.ts'
import {
  clippedTimes,
  levelOf,
  linearTimeOf,
  noiseOf,
  paceName,
  schedules,
  type Times,
  times,
  type VectorNoise,
  type Warp,
  warpName,
  warpOf,
} from '../noise/index.ts'
import { type Random, seeded } from '../random/index.ts'
import {
  type Device,
  type Flat,
  flat,
  type HostTensor,
  layoutOf,
  type Session,
} from '../runtime/index.ts'
import type { Batch, Batches, Dataset, Tokenizer } from '../text/index.ts'
import { type Corruption, corruptBatch, type Feeds, viewsIn } from './corrupt.ts'
import { expandedBatches } from './expanded.ts'
import { gradientName, trainingGraph } from './graph.ts'
import { timesAbove } from './noise-times.ts'
import { type Buffers, Optimiser } from './optimiser.ts'
import { addPaceGradient, versions } from './paces.ts'
import { configOf, type Phase } from './phases.ts'
import { Chain } from './progressive.ts'
import { type Stage, stageAt, whole } from './ramps.ts'
import { rateAt } from './rate.ts'
import { losses, type Recipe, without } from './recipe.ts'
import type { Targets } from './targets.ts'
import { openTeacher } from './teacher.ts'

export interface StepResult {
  loss: number
  gradient: number
  rate: number
  tokens: number
  phase: Phase
  /** the phase, or what was learnt beside it */
  lesson: Phase
  /** are the loss, the gradients and the parameters finite numbers? */
  finite: boolean
}

export interface Setup {
  device: Device
  config: ModelConfig
  tokenizer: Tokenizer
  dataset: Dataset
  recipe: Recipe
  /** tokens of text in the whole run */
  budget: number
  phases: readonly Phase[]
  /** of batches and texts that grow */
  stages?: readonly Stage[]
  /** are activations computed again for gradients, in less memory, instead of kept? Not a bit changes */
  recompute?: boolean
  /** the weights of the teacher of a phase that has one */
  teacherOf?(phase: Phase): Promise<ReadonlyMap<string, Float32Array>>
}

/** What a phase works with. */
interface Work {
  readonly session: Session
  /** undefined where the words of the texts are learnt */
  readonly targets?: Targets
  /** what the network predicts of a batch, [R, D], where it learns to be shown that */
  readonly recaller?: Session
}

/** The temperature of the softmax by which words are shown: from one at which all shine through to one at which a word
 * stands alone (Duo, arXiv 2506.10892), by the same factor in equal parts of the phase. */
const softest = 0.1
const hardest = 1e-3

/** @param tokens tokens seen */
function temperatureAt({ softFrom = 0, until }: Phase, tokens: number): number {
  const done = Math.min(1, Math.max(0, (tokens - softFrom) / (until - softFrom)))
  return softest * (hardest / softest) ** done
}

/** Times of the linear schedule, at which an evenly drawn share of what words cost is reached. */
const warpedTimes = (warp: Warp): Times => ({
  ...times.uniform,
  name: 'warped',
  draw: (u) => Math.fround(linearTimeOf(warp.levelAt(u))),
})

export class Trainer {
  readonly setup: Setup
  readonly phases: readonly Phase[]
  readonly parameters: Flat
  readonly average: Flat
  /** of the last `measure`, as is its loss */
  readonly gradients: Flat
  readonly loss = { data: new Float32Array(1), dims: [] }
  readonly buffers: Buffers
  private readonly optimiser: Optimiser
  private readonly outputs: Record<string, HostTensor>
  private readonly batches = new Map<string, Batches>()
  /** of the phase that was last worked on, and what is learnt beside it: phases come one after another, and a session
   * holds on to its memory */
  private readonly works = new Map<Phase, Promise<Work>>()
  private readonly framings = new Map<Phase, Framing>()
  private readonly corruptions = new Map<Phase, Corruption>()
  private chain?: Chain
  private batchesUnderForests?: ReturnType<typeof expandedBatches>

  constructor(setup: Setup) {
    this.setup = setup
    const { config } = setup
    const layout = layoutOf(modelShapes(config))
    this.optimiser = new Optimiser(layout, setup.device)
    this.buffers = this.optimiser.buffers
    this.phases = setup.phases
    this.parameters = flat(layout, this.buffers.parameters)
    this.average = flat(layout, this.buffers.average)
    this.outputs = { loss: this.loss }
    this.gradients = flat(layout, this.optimiser.gradients)
    for (const [name, tensor] of Object.entries(this.gradients.tensors))
      this.outputs[gradientName(name)] = tensor
  }

  /** Random weights, or given ones. */
  begin(weights?: ReadonlyMap<string, Float32Array>): void {
    const { config, recipe } = this.setup
    initialise(config.architecture, seeded(recipe.seed), this.parameters.tensors)
    // what another model has not learnt, vectors or paces, begins as in a fresh one
    for (const [name, { data }] of Object.entries(this.parameters.tensors))
      data.set(weights?.get(name) ?? data)
    this.buffers.average.set(this.parameters.data)
    this.keepBest()
  }

  /** The averaged weights are the best so far. */
  keepBest(): void {
    this.buffers.best.set(this.buffers.average)
  }

  /** The averaged weights become the best there were. */
  takeBest(): void {
    this.buffers.average.set(this.buffers.best)
  }

  /** Learning starts afresh from the best weights, which were measured: the last ones, and what the optimiser kept of
   * their gradients, may have been on the way out already. */
  goBack(): void {
    const { parameters, first, second, best } = this.buffers
    parameters.set(best)
    first.fill(0)
    second.fill(0)
    this.takeBest()
    this.chain = undefined
  }

  /** Does a step of this number go on with texts as the one before it left them? What they are then is in no checkpoint,
   * so a run neither saves nor ends before it. */
  goesOn(step: number): boolean {
    return this.chain?.lasts(step) ?? false
  }

  phaseAt(tokens: number): Phase {
    return this.phases.find(({ until }) => tokens < until) ?? this.phases[this.phases.length - 1]
  }

  /** What a step learns: what its phase is for, or what is learnt beside it, in turn and evenly spread. Blocks of every
   * length have as many steps. */
  private lessonOf(step: number, phase: Phase): Phase {
    const { beside = [] } = phase
    const share = this.setup.recipe.reading || beside.length / (beside.length + 1)
    const others = (steps: number) => Math.floor(steps * share)
    const turn = others(step)
    return beside.length > 0 && others(step + 1) > turn ? beside[turn % beside.length] : phase
  }

  private async workOf(phase: Phase): Promise<Work> {
    let work = this.works.get(phase)
    if (!work) {
      const around = this.phases.filter((one) => one === phase || one.beside?.includes(phase))
      const near = around.flatMap((one) => [one, ...(one.beside ?? [])])
      if (![...this.works.keys()].every((one) => near.includes(one))) await this.closeWorks()
      work = this.open(phase)
      this.works.set(phase, work)
    }
    return work
  }

  private async open(phase: Phase): Promise<Work> {
    const { device, config, tokenizer, recipe, recompute } = this.setup
    const { architecture } = configOf(config, phase)
    const { banned, words, block, expansion } = this.framing(phase)
    const network = transformer(architecture, banned)
    const { noise, schedule } = this.corruption(phase)
    const targets = await this.targetsOf(phase)
    // a warm start has its own noise, which may have no such view
    const view = losses[recipe.loss ?? 'cross-entropy'](noise)
    const loss = targets?.loss ?? view ?? noise.loss
    const maskId = tokenizer.special.mask
    const pricing = { maskId, words, schedule, cap: recipe.weightCap }
    const { decomposed } = device
    const graph = trainingGraph(network, { ...noise, loss }, pricing, {
      decomposed,
      paired: block !== undefined,
      uneven: expansion !== undefined,
      relaxed: this.relaxed(phase),
      recipe: phase.causal || targets ? without : recipe,
      doubting: this.progresses(phase),
      watched: this.warp(phase) && noise.loss,
      recompute,
    })
    const predicted = (): EmittedGraph => {
      const { vectors } = noise as VectorNoise
      const ids = input('ids', 'int32', ['B', 'L'])
      const mean = vectors.mean(undone(network, noise, pricing, ids), pricing)
      return emit({ mean }, { decomposed })
    }
    // every batch hides another number of words
    const opened = (graph: EmittedGraph) => device.session(graph, { planned: false })
    return {
      session: await opened(graph),
      targets,
      recaller: noise.vectors?.recalls ? await opened(predicted()) : undefined,
    }
  }

  /** What the network is shown as predicted before: at half of the steps what it predicts when it is shown nothing (arXiv
   * 2208.04202). Gradients know nothing of how it came about. */
  private async recalled(
    feeds: Feeds,
    recaller: Session | undefined,
    random: Random,
    step: number,
  ): Promise<Record<string, HostTensor>> {
    if (!recaller) return {}
    const { dims } = feeds.epsilon
    const none = { recalled: { data: new Float32Array(feeds.epsilon.data.length), dims } }
    if (random.uniform(step, 0, 'recall') < 0.5) return none
    const { mean } = await recaller.run({ ...feeds, ...none, ...this.parameters.tensors })
    return { recalled: mean }
  }

  /** Does a phase learn from texts on their way out of the fog? */
  private progresses(phase: Phase): boolean {
    return this.setup.recipe.progressive > 0 && !phase.causal && !phase.teaching
  }

  /** The texts of a step that are on their way, which begin when it is the first of a chain. */
  private chainOf(
    step: number,
    phase: Phase,
    batch: () => Batch,
    random: Random,
  ): Chain | undefined {
    if (!this.progresses(phase)) {
      this.chain = undefined
      return undefined
    }
    if (!this.chain?.lasts(step)) {
      const { progressive } = this.setup.recipe
      this.chain = new Chain(batch(), this.framing(phase), progressive, random, step)
    }
    return this.chain
  }

  private async targetsOf(phase: Phase): Promise<Targets | undefined> {
    const { device, config, recipe, teacherOf } = this.setup
    const { teaching } = phase
    if (!teaching || !teacherOf) return undefined
    const { schedule } = this.corruption(phase)
    const { architecture } = configOf(config, phase)
    const weights = await teacherOf(phase)
    const framing = this.framing(phase)
    const random = seeded(recipe.seed)
    const parts = { architecture, weights, framing, schedule, teaching, random }
    return openTeacher(device, parts)
  }

  private async closeWorks(): Promise<void> {
    const works = await Promise.all(this.works.values())
    this.works.clear()
    for (const { session, targets, recaller } of works) {
      await session.dispose()
      await targets?.dispose()
      await recaller?.dispose()
    }
  }

  /** Of a phase in which masks stand for any number of words; undefined in others. */
  private expanded(framing: Framing): ReturnType<typeof expandedBatches> | undefined {
    const { expansion } = framing
    if (expansion) this.batchesUnderForests ??= expandedBatches(framing, expansion)
    return expansion && this.batchesUnderForests
  }

  /** How words are shown softly in a phase. */
  private relaxed({ softFrom }: Phase) {
    const { config } = this.setup
    const { relaxed } = noiseOf(config.noise).noise
    if (softFrom === undefined || !relaxed) return undefined
    return { ...relaxed, vocabSize: config.architecture.vocabSize }
  }

  /** Made once a phase: it lists the whole vocabulary, and every step needs it. */
  private framing(phase: Phase): Framing {
    let found = this.framings.get(phase)
    if (!found) {
      const { config, tokenizer } = this.setup
      const within = configOf(config, phase)
      found = framing(within, tokenizer, within.architecture.attention === 'causal')
      this.framings.set(phase, found)
    }
    return found
  }

  /** The warp of a phase that has one. */
  private warp({ causal }: Phase): Warp | undefined {
    const values = this.parameters.tensors[warpName]?.data
    const { vectors } = noiseOf(this.setup.config.noise).noise
    return causal || !values || !vectors ? undefined : warpOf(values, vectors.range)
  }

  private corruption(phase: Phase): Corruption {
    let found = this.corruptions.get(phase)
    if (!found) {
      const { config, recipe } = this.setup
      const { dropAll, dropEach, masking, leastMasked, complementary } = recipe
      const warp = this.warp(phase)
      const schedule = warp ? schedules.linear : noiseOf(config.noise).schedule
      const values = (name: string) => this.parameters.tensors[name]?.data
      const { noise } = noiseOf(configOf(config, phase).noise, values)
      const relaxed = this.relaxed(phase)
      const even = masking ? clippedTimes(schedule, masking) : times[recipe.times]
      const drawn = warp ? warpedTimes(warp) : even
      found = phase.causal
        ? // of no account where words come one by one, and blocks of one word are paid once
          { noise, schedule: schedules.linear, times: times.uniform, dropAll, dropEach }
        : {
            noise: relaxed?.noise ?? noise,
            versions: noise.paces ? versions : 1,
            schedule,
            times: timesAbove(drawn, schedule, leastMasked),
            complementary,
            dropAll,
            dropEach,
            vectorWidth: relaxed?.vocabSize ?? config.architecture.vectors?.width,
          }
      this.corruptions.set(phase, found)
    }
    return found
  }

  /** Batches of a stage's size, and of texts as long as it has them; each text counts as often as it is seen. */
  private batchesOf(stage: Stage, views: number): Batches {
    const { config, dataset, recipe, tokenizer } = this.setup
    const key = `${stage.batch} ${stage.length} ${views}`
    let found = this.batches.get(key)
    if (!found) {
      const length = longestText(config, tokenizer)
      found = dataset.train.training({
        tokensPerBatch: Math.max(1, (recipe.batchTokens * stage.batch) / views),
        length,
        longest: Math.ceil(length * stage.length),
        seed: recipe.seed,
      })
      this.batches.set(key, found)
    }
    return found
  }

  /** Loss and gradients of one batch, without learning from it.
   * @param tokens tokens seen before it
   * @returns tokens of text in the batch, as often as they are seen */
  async measure(
    step: number,
    phase: Phase,
    stage: Stage = whole,
    tokens = phase.softFrom ?? 0,
  ): Promise<number> {
    const corruption = this.corruption(phase)
    const views = viewsIn(corruption)
    const random = seeded(this.setup.recipe.seed)
    const framing = this.framing(phase)
    const drawn = () => this.batchesOf(stage, views).batch(step)
    const chain = this.chainOf(step, phase, drawn, random)
    const batch = chain?.batch ?? drawn()
    const feeds =
      this.expanded(framing)?.(batch, corruption, random, step) ??
      corruptBatch(batch, framing, corruption, random, step, chain?.at)
    if (feeds.rows.data.length === 0) {
      // so little text that nothing was masked: nothing to learn this time
      this.optimiser.gradients.fill(0)
      this.loss.data[0] = 0
      chain?.advance([], [])
    } else {
      const { session, targets, recaller } = await this.workOf(phase)
      const expected = await targets?.feeds(feeds, step)
      const soft = this.softness(feeds, phase, tokens)
      const recalled = await this.recalled(feeds, recaller, random, step)
      const inputs = { ...feeds, ...expected, ...soft, ...recalled, ...this.parameters.tensors }
      const { nats, doubt, watched } = await session.run(inputs, this.outputs)
      if (doubt) chain?.advance(feeds.places.data, doubt.data)
      if (watched) this.followCost(phase, feeds, watched.data as Float32Array)
      if (nats) {
        const into = this.gradients.tensors[paceName].data
        addPaceGradient(into, batch, feeds, nats.data, { ...corruption, framing })
      }
    }
    return views * batch.rows * batch.length
  }

  /** The gradient by which the warp comes nearer to what rows cost. Scaled down: clipping is for the network alone, and
   * AdamW takes no notice. @param nats [R] */
  private followCost(phase: Phase, { time }: Feeds, nats: Float32Array): void {
    const { data } = this.gradients.tensors[warpName]
    const slopes = new Float64Array(data.length)
    this.warp(phase)?.addGradient(slopes, Float64Array.from(time.data, levelOf), nats)
    data.set(slopes.map((slope) => 1e-4 * slope))
  }

  /** How softly the words of a batch are shown. */
  private softness({ time }: Feeds, phase: Phase, tokens: number): Record<string, HostTensor> {
    const relaxed = this.relaxed(phase)
    if (!relaxed) return {}
    const { schedule } = this.corruption(phase)
    const { words } = this.framing(phase)
    const ratio = Float32Array.from(time.data, (t) =>
      relaxed.ratio(schedule.survival(t), words.length),
    )
    const temperature = temperatureAt(phase, tokens)
    // z has the variance 1 + ratio² along its word, and is brought to 1
    const sharpness = ratio.map((r) => 1 / (Math.sqrt(1 + r * r) * temperature))
    return {
      ratio: { data: ratio, dims: time.dims },
      sharpness: { data: sharpness, dims: time.dims },
    }
  }

  /** One step of learning.
   * @param tokens tokens seen before it
   * @param slowed factor on the learning rate */
  async step(step: number, tokens: number, slowed = 1): Promise<StepResult> {
    const { recipe, budget, stages = [] } = this.setup
    const phase = this.phaseAt(tokens)
    const lesson = this.lessonOf(step, phase)
    const seen = await this.measure(step, lesson, stageAt(stages, tokens), tokens)
    const rate = slowed * rateAt(Math.min(1, tokens / budget), recipe)
    const loss = this.loss.data[0]
    const gradient = await this.learn(step, rate)
    const finite = [loss, gradient, this.optimiser.norm(this.buffers.parameters)].every(
      Number.isFinite,
    )
    return { loss, gradient, rate, tokens: seen, phase, lesson, finite }
  }

  /** Moves the parameters along the gradients of the last `measure`.
   * @returns the gradients' norm */
  learn(step: number, rate: number): Promise<number> {
    return this.optimiser.step({ step, rate }, this.setup.recipe)
  }

  async dispose(): Promise<void> {
    await this.closeWorks()
    await this.optimiser.dispose()
  }
}
