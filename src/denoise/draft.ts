// One text on its way from fog to crisp: its canvas, its random numbers, and the steps it takes. It asks, is
// answered, and shows a frame; who runs the network, and for how many drafts at once, is not its business. Nothing
// in it depends on other drafts, so a text is the same alone and in any batch.
import { UnfogError } from '../error/index.ts'
import type { Process } from '../noise/index.ts'
import { type Draw, inverse, normalised, type Random, seeded } from '../random/index.ts'
import { Answer } from './answer.ts'
import { type Bans, bansOf } from './bans.ts'
import type { Keeper } from './caches.ts'
import type { Canvas } from './canvas.ts'
import type { Ask, Denoiser, Helper, Logits, Summarise } from './denoiser.ts'
import { type Frame, states } from './frame.ts'
import { grown, standingIn, stateInPass } from './growth.ts'
import { guide, unprompted } from './guidance.ts'
import type { Medium } from './medium.ts'
import { maskedProcess, mediumOf } from './medium-of.ts'
import type { Plan } from './plan.ts'
import type { Change, PolicyState } from './policy.ts'
import { distribution } from './sample.ts'
import { Sheet } from './sheet.ts'
import { type Stage, stagesOf } from './stages.ts'
import { demandOf, type Known, knownOf } from './summaries.ts'

type Network = Omit<Denoiser, 'logits'>

/** steps for each token of the longest canvas, after which a canvas grows no more */
const mostSteps = 8

export class Draft {
  readonly #network: Network
  readonly #plan: Plan
  readonly #random: Random
  readonly #draw: Draw
  /** numbers that hang on step and position alone may be asked before somebody looks */
  readonly #ownDraw: boolean
  readonly #sheet: Sheet
  #step = 0
  #forwards = 0
  #changed: number[] = []
  /** did the last step change nothing? */
  #quiet = false
  #done: Frame['done']
  /** what is written one after another: the whole text, or its blocks; of a canvas that grows, in the current pass */
  #stages: readonly Stage[] = []
  /** at which its last stage ends */
  #steps = 0
  /** most tokens of a canvas that grows */
  readonly #most: number
  /** from here on eos may be written and ends the text; undefined when the length is given */
  readonly #tail: number | undefined
  /** what is not to be written anywhere, before an end may stand, and where a canvas may grow no more */
  readonly #bans: Record<'anywhere' | 'inside' | 'full', Bans>
  #full = false
  readonly #process: Process
  readonly #medium: Medium
  /** of the text, and with guidance of the text without what is given */
  readonly #keepers: readonly (Keeper | undefined)[]
  /** what the drafter would write at this step, the mask where it has not said */
  readonly #guesses: Int32Array | undefined
  #asked: { view: PolicyState; rows: Int32Array; to?: Helper } | undefined

  /** @param from a canvas, or a frame to go on from (of the same plan)
   * @throws UnfogError `context_length`; `usage` for a frame of another seed */
  constructor(
    network: Network,
    from: Canvas | Frame,
    plan: Plan,
    random: (seed: number) => Random = seeded,
    draw: Draw = inverse,
  ) {
    checkStart(network, from, plan)
    this.#network = network
    this.#plan = plan
    this.#random = random(plan.seed)
    this.#draw = draw
    this.#ownDraw = random === seeded && draw === inverse
    this.#sheet = new Sheet(from, network, plan)
    if ('step' in from) {
      this.#step = from.step
      this.#forwards = from.forwards
      // an aborted text says nothing of its last step
      this.#quiet = from.step > 0 && from.changed.length === 0 && from.done !== 'abort'
    }
    if (plan.policy.guesses && network.drafter)
      this.#guesses = new Int32Array(from.tokens.length).fill(network.maskId)
    this.#most = Math.min(
      plan.maximum ?? network.context,
      network.context - (plan.before?.length ?? 0),
    )
    this.#beginPass()
    const open = plan.length === undefined && plan.infill === undefined
    this.#tail =
      open && network.eosId !== undefined
        ? this.#sheet.state.lastIndexOf(states.given) + 1
        : undefined
    const { ban } = plan
    const { eosId, growth } = network
    this.#bans = {
      anywhere: bansOf(network, ban),
      inside: bansOf(network, eosId === undefined ? ban : [...ban, eosId]),
      full: bansOf(network, growth ? [...ban, growth.expand] : ban),
    }
    this.#keepers = [plan.cache.keep?.(), plan.cache.keep?.()]
    this.#process = network.process ?? maskedProcess(this.#bans.anywhere)
    this.#medium = mediumOf(network, this.#process, from)
    if (!('step' in from)) this.#begin()
    this.#finish()
  }

  /** All there is to write, or what has become two masks. */
  #beginPass(): void {
    const began = this.#sheet.pass
    this.#stages = stagesOf(this.#passState(), this.#plan, this.#network.block).map((stage) => ({
      ...stage,
      first: began + stage.first,
    }))
    this.#steps = this.#stages.reduce((sum, { steps }) => sum + steps, began)
  }

  /** The state as a policy sees it. */
  #passState(): Uint8Array {
    const { tokens, state, keys } = this.#sheet
    const { growth } = this.#network
    return growth && keys ? stateInPass(tokens, state, keys, growth) : state
  }

  /** Where nothing is given stands what the noise has left at t = 1: fog, or words drawn at random. */
  #begin(): void {
    if (this.#process.noise.settles) return
    const { tokens, state } = this.#sheet
    for (const position of [...positionsInFog(state)]) {
      // not the numbers that tokens are drawn with at the first step
      const token = this.#medium.begin(position, this.#random.uniform(0, position, 'mask'))
      tokens[position] = token
      if (token !== this.#network.maskId) state[position] = states.settled
    }
  }

  get done(): Frame['done'] {
    return this.#done
  }

  get changed(): readonly number[] {
    return this.#changed
  }

  /** tokens that its next question puts into a forward */
  get size(): number {
    const { before, guidance } = this.#plan
    return (this.#sheet.length + (before?.length ?? 0)) * (guidance === 0 ? 1 : 2)
  }

  /** The next question to the network, and with guidance the same one without what is given; or one to a helper. Steps
   * at which the policy wants nothing pass without one. */
  ask(): Ask[] {
    for (; this.#step < this.#steps; this.#step++) {
      this.#full = this.#isFull()
      const view = this.#view()
      const { from } = this.#stage
      const draft = this.#askDrafter(view)
      if (draft) return [draft]
      const rows = this.#plan.policy.wants(view).map((position) => from + position)
      if (rows.length > 0) {
        const to = this.#plan.policy.reads?.(view) ? 'reader' : undefined
        this.#asked = { view, rows, to }
        const { labels, before } = this.#plan
        const plain = {
          tokens: to ? this.#sheet.tokens : this.#hidden(rows),
          rows,
          labels,
          before,
          summarise: this.#summarise(rows, view),
        }
        if (to) return [{ ...plain, to }]
        const seen = this.#seen(plain.tokens)
        const places = seen.places ? rows.map((row) => seen.places![row]) : rows
        const canvas = { ...plain, tokens: seen.tokens, rows: places }
        const ask = this.#medium.asked(canvas, seen.state, this.#timeOf(view))
        const asks =
          this.#plan.guidance === 0
            ? [ask]
            : [ask, unprompted(ask, seen.state, this.#network.maskId)]
        return asks.map((one, i) => ({ ...one, reuse: this.#keepers[i]?.(one.tokens, view) }))
      }
    }
    throw new UnfogError(
      'internal',
      `policy ${this.#plan.policy.name} did not finish in the ${this.#steps} steps it promised`,
    )
  }

  /** Where the policy wants guesses that are not there yet: the text as long as it is thought to be, for the drafter. */
  #askDrafter(view: PolicyState): Ask | undefined {
    const { policy, before, labels, draftLength } = this.#plan
    const { drafter, maskId } = this.#network
    const guesses = this.#guesses
    if (!policy.guesses || !drafter || !guesses) return undefined
    const { from } = this.#stage
    const { tokens, state } = this.#sheet
    const room = drafter.context - (before?.length ?? 0)
    const written = state.indexOf(states.fog)
    const length = Math.min(draftLength?.(written) ?? tokens.length, room)
    const rows = policy
      .guesses(view)
      .map((position) => from + position)
      .filter((position) => position < length && guesses[position] === maskId)
    if (rows.length === 0) return undefined
    this.#asked = { view, rows, to: 'drafter' }
    const summarise = this.#summarise(rows, view)
    return { tokens: tokens.slice(0, length), rows, labels, before, summarise, to: 'drafter' }
  }

  /** The canvas as the network sees it, see `grown`. */
  #seen(tokens: Int32Array): { tokens: Int32Array; state: Uint8Array; places?: Int32Array } {
    const { growth, maskId } = this.#network
    const { state } = this.#sheet
    return growth ? grown(tokens, state, growth, maskId, this.#most) : { tokens, state }
  }

  /** The canvas with guesses where there are some, or with the asked positions in the fog, where some are not. */
  #hidden(rows: Int32Array): Int32Array {
    const { tokens, state } = this.#sheet
    if (this.#plan.policy.redraws) return tokens
    const guesses = this.#guesses
    if (guesses) return tokens.map((id, i) => (state[i] === states.fog ? guesses[i] : id))
    const { maskId } = this.#network
    if (rows.every((position) => tokens[position] === maskId)) return tokens
    const hidden = tokens.slice()
    for (const position of rows) hidden[position] = maskId
    return hidden
  }

  /** The step whose random numbers draw a position's token. */
  #drawnAt(position: number, view: PolicyState): number {
    const { from, first } = this.#stage
    const { drawnAt } = this.#plan.policy
    return drawnAt ? first + drawnAt(position - from, view) : this.#step
  }

  #summarise(rows: Int32Array, view: PolicyState): Summarise | undefined {
    const uniforms = () =>
      Array.from(rows, (row) => this.#random.uniform(this.#drawnAt(row, view), row, 'token'))
    const demand = demandOf(this.#plan, this.#ownDraw ? uniforms : undefined)
    return demand && { ...demand, banned: Array.from(rows, (row) => this.#bansAt(row).ids) }
  }

  #bansAt(position: number): Bans {
    if (this.#full) return this.#bans.full
    const inside = this.#tail === undefined || position < this.#tail
    return inside ? this.#bans.inside : this.#bans.anywhere
  }

  /** May a canvas grow no more? One that has been asked so often would never end. */
  #isFull(): boolean {
    const { growth } = this.#network
    if (!growth) return false
    const { tokens, state } = this.#sheet
    const { expands, deletes } = standingIn(tokens, state, growth)
    const length = tokens.length + expands - deletes
    return length >= this.#most || this.#step >= mostSteps * this.#most
  }

  /** The answers, in the order of the questions. */
  take([conditional, unconditional]: readonly Logits[]): void {
    if (!this.#asked) throw new UnfogError('internal', 'an answer came that nobody had asked for')
    const { view, rows, to } = this.#asked
    const logits: Logits = unconditional
      ? guide(conditional, unconditional, this.#plan.guidance)
      : conditional
    const apart =
      unconditional && !this.#process.noise.settles ? ([conditional, unconditional] as const) : []
    const answers = Array.from(
      rows,
      (position, i) => [position, this.#answer(position, logits, i, view, apart)] as const,
    )
    const guesses = this.#guesses
    if (to === 'drafter' && guesses) {
      for (const [position, { token }] of answers) guesses[position] = token
      this.#forwards++
      this.#changed = []
      return
    }
    for (const [position, answer] of answers)
      this.#sheet.judge(position, answer, this.#plan.candidates)
    const { from } = this.#stage
    const changes = this.#plan.policy
      .choose(
        answers.map(([, answer]) => answer),
        view,
      )
      // a prediction may be given back as it is, and its token is no property of its own
      .map(({ position, token, vector, slope, mean }) => ({
        position: from + position,
        token,
        vector,
        slope,
        mean,
      }))
    this.#apply(changes, new Map(answers))
    this.#quiet = this.#changed.length === 0
    this.#asked = undefined
    guesses?.fill(this.#network.maskId)
    this.#forwards += unconditional ? 2 : 1
    this.#step++
    this.#finish()
  }

  abort(): void {
    this.#done ??= 'abort'
    this.#changed = []
  }

  /** @param decode token ids to text */
  frame(decode: (ids: ArrayLike<number>) => string): Frame {
    return {
      step: this.#step,
      // a text that may end early, or grow, does not know
      steps: this.#tail === undefined && !this.#sheet.keys ? this.#steps : undefined,
      forwards: this.#forwards,
      ...this.#sheet.copy(),
      ...this.#medium.shown(this.#sheet.length),
      changed: this.#changed.slice(),
      text: this.#sheet.text(this.#end(), decode),
      seed: this.#plan.seed,
      done: this.#done,
    }
  }

  get #stage(): Stage {
    return this.#stages.findLast(({ first }) => first <= this.#step) ?? this.#stages[0]
  }

  /** The current stage as if it were the whole text; its random numbers are those of its own steps and positions. */
  #view(): PolicyState {
    const { from, to, first, steps, start, settings } = this.#stage
    const state = this.#passState().subarray(from, to)
    const { tokens, confidence, entropy } = this.#sheet
    return {
      step: this.#step - first,
      steps,
      tokens: tokens.subarray(from, to),
      state,
      confidence: confidence.subarray(from, to),
      entropy: entropy.subarray(from, to),
      maskId: this.#network.maskId,
      fog: Int32Array.from(positionsInFog(state)),
      guesses: this.#guesses?.subarray(from, to),
      start,
      settings,
      random: {
        uniform: (step, position, purpose) =>
          this.#random.uniform(first + step, from + position, purpose),
      },
    }
  }

  #timeOf(view: PolicyState): number {
    return this.#plan.policy.time?.(view) ?? 1
  }

  /** @param index of the row that answers for the position
   * @param apart with guidance both answers, where steps are mixed in place of logits */
  #answer(
    position: number,
    answered: Logits,
    index: number,
    view: PolicyState,
    apart: readonly Logits[],
  ): Answer {
    const { flags: banned } = this.#bansAt(position)
    const heard = this.#medium.heard?.(position, this.#timeOf(view))
    const known = knownOf(answered, index, banned, heard)
    const step = this.#drawnAt(position, view)
    const weightsOf = ({ logits, row }: Known = known) =>
      distribution(logits(), banned, this.#plan, row)
    const [conditional = known, unconditional] = apart.map((said) =>
      knownOf(said, index, banned, heard),
    )
    const draw = (weights: Float64Array) => this.#draw(weights, this.#random, step, position)
    return new Answer(
      position - this.#stage.from,
      known,
      banned,
      (stay) => {
        if (stay === 0 && this.#plan.temperature === 0) return known.row.best
        if (stay === 0 && known.drawn !== undefined) return known.drawn
        const weights = weightsOf()
        if (stay > 0) leave(weights, this.#network.maskId, stay)
        return draw(weights)
      },
      (from, to, how, fresh = 0) => ({
        position: position - this.#stage.from,
        ...this.#medium.earlier({
          position,
          token: this.#sheet.tokens[position],
          prediction: normalised(weightsOf(conditional)),
          unprompted: unconditional && normalised(weightsOf(unconditional)),
          guidance: this.#plan.guidance,
          from,
          to,
          how,
          fresh,
          eta: this.#plan.eta,
          draw,
          // the first of them are those of the beginning
          uniform: () => this.#random.uniform(step + 1, position, 'mask'),
        }),
      }),
    )
  }

  #apply(changes: readonly Change[], answers: ReadonlyMap<number, Answer>): void {
    const changed: number[] = []
    for (const change of changes) {
      const { position, token } = change
      if (this.#sheet.state[position] === states.given) {
        throw new UnfogError('internal', `policy ${this.#plan.policy.name} changed given text`)
      }
      const { maskId, growth } = this.#network
      // what is to become two masks is still fog, and so is what is half known
      const partly = this.#process.noise.pieces?.partly(token) ?? false
      const fog = token === maskId || token === growth?.expand || partly
      const answer = token === maskId || partly ? undefined : answers.get(position)
      const state = fog ? states.fog : states.settled
      if (this.#sheet.write(position, token, state, answer)) changed.push(position)
      this.#medium.write(change)
    }
    this.#changed = changed.sort((a, b) => a - b)
  }

  /** The position of the eos that ends the text, -1 when there is none. */
  #end(): number {
    if (this.#tail === undefined) return -1
    const { eosId } = this.#network
    const { tokens, state } = this.#sheet
    return tokens.findIndex((id, i) => id === eosId && state[i] === states.settled)
  }

  /** A pass is over: what stands for two masks becomes two, what stands for none goes.
   * @returns is there fog for another pass? */
  #grow(): boolean {
    const { growth, maskId } = this.#network
    if (!growth) return false
    const { tokens, state } = this.#sheet
    const after = grown(tokens, state, growth, maskId, this.#most)
    const { places, origins } = after
    this.#sheet.become(after, this.#step)
    const kept = this.#changed.flatMap((position) => (places[position] < 0 ? [] : places[position]))
    const made = [...origins.keys()].filter((position) => origins[position] < 0)
    this.#changed = [...new Set([...kept, ...made])].sort((a, b) => a - b)
    return made.length > 0
  }

  /** Is the text finished? Then what lies behind its end is dropped; the eos itself stays, as its last token. */
  #finish(): void {
    const end = this.#end()
    const length = end < 0 ? this.#sheet.length : end + 1
    for (;;) {
      const { from, to, start, first, steps } = this.#stage
      const finished = this.#plan.policy.done
        ? start === 0 || this.#settledForGood()
        : !this.#passState().subarray(from, Math.min(to, length)).includes(states.fog)
      if (!finished) return
      // a text ends with its last stage, or with the stage in which its end was written
      if (first + steps >= this.#steps || length <= to) {
        if (!this.#grow()) break
        this.#beginPass()
        return
      }
      this.#step = first + steps
      this.#quiet = false
    }
    this.#done = 'complete'
    if (this.#sheet.keys) return
    this.#sheet.cut(length)
    this.#changed = this.#changed.filter((position) => position < length)
  }

  /** A policy that changes what is settled says when the text is finished; steps at which it wants nothing may lie
   * between now and then, and pass here. */
  #settledForGood(): boolean {
    const { first, steps } = this.#stage
    for (; ; this.#step++) {
      const view = this.#view()
      if (this.#plan.policy.done?.(view, this.#quiet)) return true
      if (this.#step >= first + steps || this.#plan.policy.wants(view).length > 0) return false
    }
  }
}

function checkStart(network: Network, from: Canvas | Frame, plan: Plan): void {
  const length = from.tokens.length
  if (length > network.context) {
    throw new UnfogError(
      'context_length',
      `a canvas of ${length} tokens exceeds the context of ${network.context}`,
      { param: 'length' },
    )
  }
  if ('seed' in from && from.seed !== plan.seed) {
    throw new UnfogError(
      'usage',
      `a frame of seed ${from.seed} cannot go on with --seed ${plan.seed}: use the plan it came from`,
      { param: 'seed' },
    )
  }
}

/** Gives the mask its share of a distribution. */
function leave(weights: Float64Array, maskId: number, share: number): void {
  const rest = (1 - share) / weights.reduce((sum, weight) => sum + weight, 0)
  for (let id = 0; id < weights.length; id++) weights[id] *= rest
  weights[maskId] = share
}

function* positionsInFog(state: Uint8Array): Generator<number> {
  for (let i = 0; i < state.length; i++) if (state[i] === states.fog) yield i
}
