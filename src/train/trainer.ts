// The trainer: one network, its flat buffers, and the phases of its run. A step is a pure function of the buffers,
// the data, the recipe and the step's number.
import type { ModelConfig } from '../model/config.ts'
import { type Framing, framing, longestText } from '../model/framing.ts'
import { modelShapes } from '../model/shapes.ts'
import { initialise, transformer } from '../nn/index.ts'
import { clippedTimes, noiseOf, paceName, schedules, times } from '../noise/index.ts'
import { seeded } from '../random/index.ts'
import {
  type Device,
  type Flat,
  flat,
  type HostTensor,
  layoutOf,
  type Session,
} from '../runtime/index.ts'
import type { Batches, Dataset, Tokenizer } from '../text/index.ts'
import { type Corruption, corruptBatch } from './corrupt.ts'
import { gradientName, trainingGraph } from './graph.ts'
import { type Buffers, Optimiser } from './optimiser.ts'
import { addPaceGradient, versions } from './paces.ts'
import { rateAt } from './rate.ts'
import type { Recipe } from './recipe.ts'

/** A part of a run with one objective. */
export interface Phase {
  readonly name: 'left to right' | 'denoising'
  /** tokens of the run after which it ends */
  readonly until: number
  readonly causal: boolean
}

export interface StepResult {
  loss: number
  gradient: number
  rate: number
  tokens: number
  phase: Phase
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
}

/** The model as it is within a phase. */
export function configOf(config: ModelConfig, { causal }: Phase): ModelConfig {
  if (!causal) return config
  const { architecture, noise } = config
  const { blocks } = architecture
  if (blocks)
    return { ...config, architecture: { ...architecture, blocks: { ...blocks, length: 1 } } }
  return {
    ...config,
    architecture: { ...architecture, attention: 'causal' },
    noise: { ...noise, process: 'autoregressive', schedule: 'linear' },
  }
}

/** Phases of a run: a masked model that starts from nothing first learns to write from left to right.
 * @param fresh does it begin with random weights? */
export function phasesOf(
  config: ModelConfig,
  recipe: Recipe,
  budget: number,
  fresh: boolean,
): Phase[] {
  const causal = config.architecture.attention === 'causal'
  if (causal || config.architecture.blocks?.length === 1)
    return [{ name: 'left to right', until: budget, causal: true }]
  // in blocks of one word a model writes from left to right, shifted or not
  const warm =
    fresh && (config.shift || config.architecture.blocks)
      ? Math.round(recipe.warmStart * budget)
      : 0
  const denoising: Phase = { name: 'denoising', until: budget, causal: false }
  return warm > 0 ? [{ name: 'left to right', until: warm, causal: true }, denoising] : [denoising]
}

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
  private readonly batches = new Map<number, Batches>()
  private readonly sessions = new Map<Phase, Promise<Session>>()
  private readonly framings = new Map<Phase, Framing>()

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

  /** Batches of so many tokens, the noisy versions of a text together. */
  private batchesOf({ versions = 1 }: Corruption): Batches {
    let found = this.batches.get(versions)
    if (!found) {
      const { config, dataset, recipe, tokenizer } = this.setup
      found = dataset.train.training({
        tokensPerBatch: Math.ceil(recipe.batchTokens / versions),
        length: longestText(config, tokenizer),
        seed: recipe.seed,
      })
      this.batches.set(versions, found)
    }
    return found
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
  }

  phaseAt(tokens: number): Phase {
    return this.phases.find(({ until }) => tokens < until) ?? this.phases[this.phases.length - 1]
  }

  private session(phase: Phase): Promise<Session> {
    let session = this.sessions.get(phase)
    if (!session) {
      const { device, config, tokenizer, recipe } = this.setup
      const { architecture } = configOf(config, phase)
      const { banned, words, block } = this.framing(phase)
      const network = transformer(architecture, banned)
      const { noise: undone, schedule } = this.corruption(phase)
      const { scoreEntropy } = undone
      const noise =
        recipe.loss === 'score-entropy' && scoreEntropy ? { ...undone, loss: scoreEntropy } : undone
      const maskId = tokenizer.special.mask
      const pricing = { maskId, words, schedule, cap: recipe.weightCap }
      const { decomposed } = device
      session = device.session(
        trainingGraph(network, noise, pricing, { decomposed, paired: block !== undefined }),
      )
      this.sessions.set(phase, session)
    }
    return session
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

  private corruption(phase: Phase): Corruption {
    const { config, recipe } = this.setup
    const { schedule } = noiseOf(config.noise)
    const paces = this.parameters.tensors[paceName]?.data
    const { noise } = noiseOf(configOf(config, phase).noise, paces)
    return {
      noise,
      versions: noise.paces ? versions : 1,
      // of no account where words come one by one, and blocks of one word are paid once
      schedule: phase.causal ? schedules.linear : schedule,
      times: phase.causal
        ? times.uniform
        : recipe.masking
          ? clippedTimes(schedule, recipe.masking)
          : times[recipe.times],
      dropAll: recipe.dropAll,
      dropEach: recipe.dropEach,
      vectorWidth: phase.causal ? 0 : config.architecture.vectors?.width,
    }
  }

  /** Loss and gradients of one batch, without learning from it.
   * @returns tokens of text in the batch, in all their versions */
  async measure(step: number, phase: Phase): Promise<number> {
    const { recipe } = this.setup
    const corruption = this.corruption(phase)
    const framing = this.framing(phase)
    const batch = this.batchesOf(corruption).batch(step)
    const feeds = corruptBatch(batch, framing, corruption, seeded(recipe.seed), step)
    if (feeds.rows.data.length === 0) {
      // so little text that nothing was masked: nothing to learn this time
      this.optimiser.gradients.fill(0)
      this.loss.data[0] = 0
    } else {
      const session = await this.session(phase)
      const { nats } = await session.run({ ...feeds, ...this.parameters.tensors }, this.outputs)
      if (nats) {
        const into = this.gradients.tensors[paceName].data
        addPaceGradient(into, batch, feeds, nats.data, { ...corruption, framing })
      }
    }
    return batch.rows * batch.length * (corruption.versions ?? 1)
  }

  /** One step of learning.
   * @param tokens tokens seen before it
   * @param slowed factor on the learning rate */
  async step(step: number, tokens: number, slowed = 1): Promise<StepResult> {
    const { recipe, budget } = this.setup
    const phase = this.phaseAt(tokens)
    const seen = await this.measure(step, phase)
    const rate = slowed * rateAt(Math.min(1, tokens / budget), recipe)
    const loss = this.loss.data[0]
    const gradient = await this.learn(step, rate)
    const finite = [loss, gradient, this.optimiser.norm(this.buffers.parameters)].every(
      Number.isFinite,
    )
    return { loss, gradient, rate, tokens: seen, phase, finite }
  }

  /** Moves the parameters along the gradients of the last `measure`.
   * @returns the gradients' norm */
  learn(step: number, rate: number): Promise<number> {
    return this.optimiser.step({ step, rate }, this.setup.recipe)
  }

  async dispose(): Promise<void> {
    for (const session of this.sessions.values()) await (await session).dispose()
    await this.optimiser.dispose()
  }
}
