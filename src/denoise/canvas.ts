// What the loop starts from: tokens that are given, and fog. The number of fog tokens is the number of tokens the
// model will write, so a canvas is where prompt, suffix, gaps and length become one thing.
//
// Where words bring their own space (" park" is one token), the space between a gap and the text after it stays with
// that text, and the space after a prompt is left to the word that follows: both are then tokenised as in running
// text. Where a space is a token of its own (characters, bytes), spaces beside a gap are for the gap to write.
import { UnfogError } from '../error/index.ts'
import { blocksOf } from '../noise/index.ts'
import { categorical, seeded, stream } from '../random/index.ts'
import type { Denoiser } from './denoiser.ts'
import { states } from './frame.ts'
import { anyGap, parseInfill } from './infill.ts'
import type { Plan } from './plan.ts'

export interface Canvas {
  /** [L] token ids, the mask where there is fog */
  readonly tokens: Int32Array
  /** [L] a value of `states`. This, not the token, says where the fog is: a mask among given tokens is text */
  readonly state: Uint8Array
}

/** All this room knows of tokenizers. */
export interface Words {
  encode(text: string): ArrayLike<number>
  decode(ids: ArrayLike<number>): string
}

type Network = Pick<Denoiser, 'maskId' | 'context' | 'causal' | 'block' | 'growth'>

/** The canvas of a request.
 * @param lengths how many texts of each length (in tokens) the model was trained on: the histogram from which the
 * length is drawn when the plan has none. Without it a text may take `maximum` tokens, or all of the context
 * @throws UnfogError `context_length`, or `usage` when the parts do not fit each other */
export function makeCanvas(
  plan: Plan,
  { causal, block, maskId, context, growth }: Network,
  words: Words,
  lengths?: ArrayLike<number>,
): Canvas {
  const read = plan.before?.length ?? 0
  if (read >= context) {
    throw tooLong(
      `what was said takes ${read} tokens, and the context is ${context}: leave out some of it`,
      'prompt',
    )
  }
  const network = { causal, maskId, growth, context: context - read }
  const canvas =
    plan.infill === undefined
      ? continued(plan, network, words, lengths)
      : filledIn(plan, network, words, lengths)
  if (network.causal) refuseTextAfterFog(canvas)
  if (block !== undefined) refuseTextAfterBlock(canvas, block, read)
  return canvas
}

/** Prompt, fog, suffix. */
function continued(
  plan: Plan,
  network: Network,
  words: Words,
  lengths?: ArrayLike<number>,
): Canvas {
  const prompt = words.encode(leaveSpace(plan.prompt ?? '', words))
  const suffix = words.encode(plan.suffix ?? '')
  const given = prompt.length + suffix.length
  const length = plan.length ?? unsaidLength(plan, network, given, lengths)
  if (length > network.context) {
    throw tooLong(
      `--length ${length} exceeds the context of ${network.context}: use --length ${network.context} or less`,
      'length',
    )
  }
  if (given > length) {
    const what = plan.suffix ? 'prompt and suffix' : 'the prompt'
    throw new UnfogError(
      'usage',
      `${what} of ${given} tokens cannot fit a text of --length ${length}: use --length ${given + 1} or more`,
      { param: 'length' },
    )
  }
  const fog = network.growth ? masksFor(length - given, plan, network, given) : length - given
  return assemble([prompt, fog, suffix], network.maskId)
}

/** With how many masks a canvas begins that may grow. @param given tokens that stand in it */
function masksFor(words: number, plan: Plan, { growth, context }: Network, given: number): number {
  if (!growth || words < 1) return words
  // not the number by which the length is drawn
  const masks = growth.masks(words, stream(seeded(plan.seed), 'length', 1))
  return Math.min(masks, Math.min(plan.maximum ?? context, context) - given)
}

function filledIn(plan: Plan, network: Network, words: Words, lengths?: ArrayLike<number>): Canvas {
  const found = parseInfill(plan.infill ?? '')
  const texts = found.map((part) => ('text' in part ? part.text : ''))
  const keepsSpace = carriesSpace(words, texts.join(' '))
  const pieces = found.map((part) => {
    if ('gap' in part) return part.gap
    return words.encode(part.spaceBefore && keepsSpace ? ` ${part.text}` : part.text)
  })
  const masks = openMasks(pieces, plan, network, lengths)
  return assemble(
    pieces.map((piece) => (piece === anyGap ? masks.pop()! : piece)),
    network.maskId,
    network.context,
  )
}

/** How many masks each gap of unknown length begins with, the last first: together as many as a text's missing words
 * begin with, its length drawn as when nobody says it; shared evenly, one at least. */
function openMasks(
  pieces: readonly (ArrayLike<number> | number | typeof anyGap)[],
  plan: Plan,
  network: Network,
  lengths: ArrayLike<number> = [],
): number[] {
  const open = pieces.filter((piece) => piece === anyGap).length
  if (open === 0) return []
  if (!network.growth) {
    throw new UnfogError(
      'usage',
      '--infill has [*], a gap of unknown length, which this model cannot choose: say how many tokens as [2], or train a model with --expand',
      { param: 'infill' },
    )
  }
  const given = pieces.reduce<number>(
    (sum, piece) => sum + (piece === anyGap ? 0 : sizeOf(piece)),
    0,
  )
  const weights = longerThan(given, network.context, lengths)
  const words = weights.some((weight) => weight > 0)
    ? categorical(weights, seeded(plan.seed).uniform(0, 0, 'length')) - given
    : open
  const all = Math.max(open, masksFor(words, plan, network, given))
  return Array.from({ length: open }, (_, i) => Math.floor((all + i) / open))
}

const sizeOf = (piece: ArrayLike<number> | number): number =>
  typeof piece === 'number' ? piece : piece.length

/** How often texts are as long that are longer than what is given. */
const longerThan = (given: number, most: number, lengths: ArrayLike<number>): number[] =>
  Array.from(lengths, (count, length) => (length > given && length <= most ? count : 0))

/** Pieces in order: token ids are given, a number is so much fog. */
function assemble(
  pieces: readonly (ArrayLike<number> | number)[],
  maskId: number,
  context = Number.POSITIVE_INFINITY,
): Canvas {
  const length = pieces.reduce<number>((sum, piece) => sum + sizeOf(piece), 0)
  if (length > context) {
    throw tooLong(
      `--infill makes a text of ${length} tokens, which exceeds the context of ${context}: shorten its gaps or its text`,
      'infill',
    )
  }
  const tokens = new Int32Array(length).fill(maskId)
  const state = new Uint8Array(length).fill(states.fog)
  let at = 0
  for (const piece of pieces) {
    if (typeof piece !== 'number') {
      tokens.set(piece, at)
      state.fill(states.given, at, at + piece.length)
    }
    at += sizeOf(piece)
  }
  return { tokens, state }
}

/** The length of a text when nobody said it: drawn from the histogram among the lengths that leave room to write. */
function unsaidLength(
  plan: Plan,
  network: Network,
  given: number,
  lengths?: ArrayLike<number>,
): number {
  const most = Math.min(plan.maximum ?? network.context, network.context)
  if (given >= most) {
    const [limit, param] =
      plan.maximum === most ? ['--maximum', 'maximum'] : ['the context', 'prompt']
    throw tooLong(
      `the given text of ${given} tokens leaves no room to write: ${limit} is ${most} tokens`,
      param,
    )
  }
  if (!lengths) return most
  const weights = longerThan(given, most, lengths)
  if (!weights.some((weight) => weight > 0)) {
    throw new UnfogError(
      'usage',
      `the model knows no text of ${given + 1} to ${most} tokens: say how long the text is with --length`,
      { param: 'length' },
    )
  }
  return categorical(weights, seeded(plan.seed).uniform(0, 0, 'length'))
}

/** Does this tokenizer write a space and the word after it as one token? */
function carriesSpace(words: Words, text: string): boolean {
  return Array.from(words.encode(`${text} a`)).some((id) => /^ +\S/.test(words.decode([id])))
}

/** A prompt that ends in a space, as typing leaves it: where words bring their space, the next word brings it. */
function leaveSpace(prompt: string, words: Words): string {
  return prompt.endsWith(' ') && carriesSpace(words, prompt) ? prompt.slice(0, -1) : prompt
}

function refuseTextAfterFog({ state }: Canvas): void {
  const fog = state.indexOf(states.fog)
  if (fog >= 0 && state.indexOf(states.given, fog) >= 0) {
    throw new UnfogError(
      'usage',
      'this model sees only what stands to the left and cannot fill a gap before given text: use a masked model, or a prompt alone',
      { param: 'infill' },
    )
  }
}

/** @param read tokens before the canvas, which are counted with it */
function refuseTextAfterBlock({ state }: Canvas, block: number, read: number): void {
  const fog = state.indexOf(states.fog)
  const given = state.lastIndexOf(states.given)
  const end = blocksOf(state.length, block, read).find(([, to]) => fog < to)?.[1] ?? state.length
  if (fog < 0 || given < end) return
  throw new UnfogError(
    'usage',
    `this model writes blocks of ${block} tokens from left to right and sees nothing behind a block, so it cannot fill a gap for text that stands further on: use a masked model, or a prompt alone`,
    { param: 'infill' },
  )
}

const tooLong = (message: string, param: string): UnfogError =>
  new UnfogError('context_length', message, { param })
