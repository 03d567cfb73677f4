// config.json of a model folder: what the network looks like, which noise it was trained against, what its text is.
// Every field used is checked, down to bounds that keep a hostile file from asking for all memory; keys unknown here
// are kept and ignored, since a newer version may have added them.
import * as z from 'zod'
import { UnfogError } from '../error/index.ts'
import { biasedParts, type TransformerConfig } from '../nn/config.ts'
import {
  fewestPieces,
  halfKnown,
  mostPieces,
  type Noise,
  noises,
  type Pieces,
  type SigmaRange,
  schedules,
} from '../noise/index.ts'

export interface ModelConfig {
  /** version of the folder's format */
  unfog: 1
  name: string
  architecture: TransformerConfig
  /** does row i - 1 predict position i, with a begin token in front? An autoregressive start leaves it so. */
  shift: boolean
  /** rows of the tables in src/noise */
  noise: {
    process: string
    schedule: string
    /** the share of words that others replace, of a process that has one (`Noise.replacing`); the row's own without */
    replaced?: number
    /** least and most noise, of a process on embeddings (`Noise.between`); the row's own without */
    sigma?: SigmaRange
    /** is the network shown what it last predicted, of a process that has that (`Noise.recalling`)? */
    selfConditioning?: boolean
    /** is writing stepped through, and noise drawn, as evenly as words cost (src/noise/warp.ts)? Of noise on embeddings */
    timeWarping?: boolean
    /** the chance that a mask stands for several words, and that it stands for none, of a model that chooses how long a
     * text is (`Expansion`); a mask is one word without */
    expands?: number
    /** are words hidden piece by piece, of a process that has that (`Noise.inPieces`)? A reader of such a model keeps it,
     * since the ids of what is half known are in its vocabulary */
    pieces?: Pieces
    /** may the mask be predicted, and does its share count as an error? So LLaDA and Dream were trained; without it
     * the mask has no probability (SUBS, arXiv 2406.07524) */
    predictsMask?: boolean
  }
  /** has it also learnt, under a causal mask, what follows what is to the left? See src/model/reader.ts */
  reads?: boolean
  /** lengths of blocks in which it has learnt to write, where there are several, that of `architecture.blocks` among
   * them, which is the usual one; see src/model/in-blocks.ts */
  blockLengths?: readonly number[]
  text: TextConfig
  weights: {
    /** int8 and int4: of the matrices that are quantised, see src/model/quantise.ts */
    dtype: 'bf16' | 'f32' | 'int8' | 'int4'
    /** of what is not quantised, where something is; float32 without */
    floats?: 'bf16' | 'f32'
    /** SHA-256 of the header of model.safetensors, which holds the hash of every tensor: it ties this file to those
     * weights, so that a save that was interrupted is not taken for a model */
    fingerprint?: string
  }
  /** how it writes unless told, where something else than the defaults was measured to suit it */
  sampling?: { temperature?: number; topP?: number; minP?: number; policy?: string; steps?: number }
  /** recipe and figures, for the card */
  training?: Record<string, unknown>
}

/** tokens → documents */
export type Counts = Record<string, number>

/** Ids that a released tokenizer gives its special tokens. */
export interface SpecialText {
  mask: number
  bos?: number
  eos?: number
  pad?: number
}

export interface TextConfig {
  /** what one document was in the training data */
  documents: 'line' | 'blank-line' | 'file' | 'record'
  /** is a canvas exactly one document, its length drawn from `lengths`? */
  exactLength: boolean
  /** how many documents had how many tokens; `by` label and value, for the labels that say something about length */
  lengths?: { counts: Counts; by?: Record<string, Record<string, Counts>> }
  /** how a conversation is laid out, of which the model writes the last turn: each turn is the token of its role and
   * its content; undefined where texts stand alone */
  template?: 'turns'
  /** label slots in front of the text, in order, with the values each may take */
  labels: { name: string; values: string[] }[]
  /** of a released model, whose tokenizer says only which token is which: then nothing stands in front of a text */
  special?: SpecialText
  /** the TinyTales world it was trained on */
  world?: 'small' | 'full'
}

/** Largest `expands`: beyond it a text takes many times its words in masks that become nothing. */
export const mostExpands = 0.3

/** Names a config may use: those of the noise tables. */
export interface KnownNames {
  processes: readonly string[]
  schedules: readonly string[]
}

export const knownNames: KnownNames = {
  processes: Object.keys(noises),
  schedules: Object.keys(schedules),
}

/** Checks a parsed config.json.
 * @param where what a refusal calls the file
 * @throws UnfogError `bad_model`: one sentence with field, value and what it must be */
export function parseConfig(
  json: unknown,
  where: string,
  known: KnownNames = knownNames,
): ModelConfig {
  const result = configSchema(known).safeParse(json)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const field = issue.path.join('.') || 'config.json'
  const value = issue.path.reduce<unknown>((at, key) => (at as never)?.[key], json)
  const found = value === undefined ? 'is missing' : `is ${shown(value)}`
  throw new UnfogError(
    'bad_model',
    `${where}: ${field} ${found}, but it must be ${issue.message}`,
    {
      param: field,
    },
  )
}

/** Names of the processes of which something holds. */
export const processesWith = (has: (noise: Noise) => unknown): string[] =>
  Object.values<Noise>(noises)
    .filter(has)
    .map(({ name }) => name)

/** processes with a share of replaced words that can be chosen */
export const replaceable = processesWith(({ replacing }) => replacing)

/** processes whose least and most noise can be chosen */
export const ranging = processesWith(({ between }) => between)

/** processes under which a network can be shown what it last predicted */
export const recallable = processesWith(({ recalling }) => recalling)

/** processes in which words can vanish piece by piece */
export const divisible = processesWith(({ inPieces }) => inPieces)

/** processes in which words can learn paces */
export const learnable = processesWith(({ learning }) => learning)

/** processes that blocks can have: words settle, in any order */
const inBlocks = processesWith(({ causal, settles }) => settles && !causal)

const shown = (value: unknown) => {
  const text = JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}

// Every rule says what a field must be, as the end of the sentence "it must be …".
const integer = (least: number, most: number) => {
  const rule = `a whole number from ${least} to ${most}`
  return z.int(rule).min(least, rule).max(most, rule)
}
const positive = (most: number) => {
  const rule = `a number above 0, at most ${most}`
  return z.number(rule).positive(rule).max(most, rule)
}
const flag = z.boolean('true or false')
const text = z.string('a text').min(1, 'a text that is not empty').max(1000, 'a short text')
const oneOf = <const T extends readonly string[]>(names: T) =>
  z.enum(names, `one of ${names.join(', ')}`)
const named = (names: readonly string[]) =>
  z.string(`one of ${names.join(', ')}`).refine((name) => names.includes(name), {
    error: `one of ${names.join(', ')}`,
  })
const object = <S extends z.ZodRawShape>(shape: S) => z.looseObject(shape, 'an object')
const listOf = <T extends z.ZodType>(item: T, most: number) =>
  z.array(item, 'a list').max(most, `a list of at most ${most}`)
const distinct = (names: readonly string[]) => new Set(names).size === names.length

const architecture = object({
  vocabSize: integer(2, 2 ** 24),
  width: integer(1, 65536),
  layers: integer(1, 1024),
  heads: integer(1, 8192),
  kvHeads: integer(1, 8192),
  headSize: integer(2, 4096).multipleOf(2, 'an even number: rotary angles turn pairs'),
  hidden: integer(1, 2 ** 20),
  activation: oneOf(['swiglu', 'relu2', 'gelu', 'gelu-tanh']),
  norm: oneOf(['rms', 'layer']),
  normWeight: flag,
  normEps: positive(1),
  qkNorm: oneOf(['none', 'plain', 'gain']),
  ropeTheta: positive(1e12),
  biases: z.union(
    [flag, listOf(oneOf(biasedParts), 5)],
    `true, false or a list of ${biasedParts.join(', ')}`,
  ),
  tiedHead: flag,
  attention: oneOf(['full', 'causal', 'block']),
  blocks: object({ length: integer(1, 2 ** 24), from: integer(0, 2 ** 24) }).optional(),
  context: integer(1, 2 ** 24),
  timeWidth: integer(1, 65536).optional(),
  vectors: object({ width: integer(1, 4096), shown: integer(1, 8192) }).optional(),
})
  .refine(({ heads, kvHeads }) => heads % kvHeads === 0, {
    path: ['kvHeads'],
    error: 'a divisor of heads',
  })
  .refine(({ attention, blocks }) => (attention === 'block') === (blocks !== undefined), {
    path: ['blocks'],
    error: 'there with attention block, and only then',
  })
  .refine(({ heads, headSize }) => heads * headSize <= 65536, {
    path: ['headSize'],
    error: 'at most 65536 when multiplied by heads',
  })

const counts = z
  .record(z.string().regex(/^[1-9]\d{0,7}$/), integer(1, 2 ** 40), {
    error: ({ code }) =>
      code === 'invalid_key' ? 'there only for lengths in tokens' : 'an object of counts',
  })
  .refine((counts) => Object.keys(counts).length > 0, 'an object with at least one length')

const lengths = object({
  counts,
  by: z
    .record(z.string(), z.record(z.string(), counts, 'an object of counts by value'), 'an object')
    .optional(),
})

const label = object({
  name: text,
  values: listOf(text, 2 ** 16)
    .min(1, 'a list with at least one value')
    .refine(distinct, 'a list without repeats'),
})

const tokenId = integer(0, 2 ** 24)

const textual = object({
  documents: oneOf(['line', 'blank-line', 'file', 'record']),
  exactLength: flag,
  lengths: lengths.optional(),
  labels: listOf(label, 64).refine(
    (labels) => distinct(labels.map(({ name }) => name)),
    'a list without two labels of one name',
  ),
  template: oneOf(['turns']).optional(),
  special: object({
    mask: tokenId,
    bos: tokenId.optional(),
    eos: tokenId.optional(),
    pad: tokenId.optional(),
  }).optional(),
  world: oneOf(['small', 'full']).optional(),
}).refine(({ exactLength, lengths }) => !exactLength || lengths !== undefined, {
  path: ['lengths'],
  error: 'there when exactLength is true',
})

/** Has a network the vectors that its noise needs? Those of another noise may stay. */
function hasVectorsFor(
  { process, selfConditioning }: ModelConfig['noise'],
  vectors: TransformerConfig['vectors'],
): boolean {
  const row: Noise | undefined = noises[process as keyof typeof noises]
  const noise = selfConditioning ? row?.recalling?.() : row
  return !noise?.vectors || vectors?.shown === noise.vectors.shownWidth(vectors?.width ?? 0)
}

const rangeRule = 'two numbers above 0 and up to 1000, the smaller first'
const sigmaRange = z
  .tuple([z.number(rangeRule), z.number(rangeRule)], rangeRule)
  .refine(([low, high]) => low > 0 && low < high && high <= 1000, rangeRule)

const configSchema = ({ processes, schedules }: KnownNames) =>
  object({
    unfog: z.literal(1, 'the format version 1: update unfog to read newer ones'),
    name: text,
    architecture,
    shift: flag,
    noise: object({
      process: named(processes),
      schedule: named(schedules),
      replaced: z
        .number('a number above 0 and below 1')
        .gt(0, 'a number above 0')
        .lt(1, 'a number below 1')
        .optional(),
      sigma: sigmaRange.optional(),
      selfConditioning: flag.optional(),
      timeWarping: flag.optional(),
      expands: z
        .number(`a number above 0, up to ${mostExpands}`)
        .gt(0, 'a number above 0')
        .max(mostExpands, `a number up to ${mostExpands}`)
        .optional(),
      pieces: object({
        count: integer(fewestPieces, mostPieces),
        of: integer(2, 2 ** 20),
      }).optional(),
      predictsMask: flag.optional(),
    }),
    reads: flag.optional(),
    blockLengths: z
      .array(integer(1, 2 ** 24), 'a list of lengths')
      .min(2, 'two lengths or more')
      .max(64, 'at most 64 lengths')
      .optional(),
    text: textual,
    weights: object({
      dtype: oneOf(['bf16', 'f32', 'int8', 'int4']),
      floats: oneOf(['bf16', 'f32']).optional(),
      fingerprint: z
        .string('a SHA-256')
        .regex(/^[0-9a-f]{64}$/, 'a SHA-256 in hexadecimal')
        .optional(),
    }),
    sampling: object({
      temperature: z
        .number('a number of at least 0')
        .min(0, 'a number of at least 0')
        .max(100, 'a number up to 100')
        .optional(),
      topP: z
        .number('a number above 0, up to 1')
        .gt(0, 'a number above 0')
        .max(1, 'a number up to 1')
        .optional(),
      minP: z
        .number('a number from 0 to 1')
        .min(0, 'a number of at least 0')
        .max(1, 'a number up to 1')
        .optional(),
      policy: z.string('a name').max(100, 'a name of at most 100 characters').optional(),
      steps: integer(1, 2 ** 24).optional(),
    }).optional(),
    training: z.record(z.string(), z.unknown(), 'an object').optional(),
  })
    .refine(
      ({ architecture: { context }, text: { lengths } }) =>
        Object.keys(lengths?.counts ?? {}).every((length) => Number(length) <= context),
      { path: ['text', 'lengths'], error: 'lengths within the context of the architecture' },
    )
    .refine(
      ({ noise: { process, replaced } }) => replaced === undefined || replaceable.includes(process),
      { path: ['noise', 'replaced'], error: `there for ${replaceable.join(', ')} noise alone` },
    )
    .refine(
      ({ noise: { process, schedule, expands }, architecture: { attention }, text: { lengths } }) =>
        expands === undefined ||
        (process === 'masked' && schedule !== 'learnt' && attention === 'full' && lengths),
      {
        path: ['noise', 'expands'],
        error: 'there for masked noise alone, on whole texts whose lengths are known',
      },
    )
    .refine(
      ({ reads, noise: { process, expands }, architecture: { attention }, shift }) =>
        !reads || (process === 'masked' && expands === undefined && attention === 'full' && shift),
      {
        path: ['reads'],
        error: 'true for masked noise alone, with shift and attention full, and without expands',
      },
    )
    .refine(
      ({ blockLengths, architecture: { blocks, context } }) =>
        !blockLengths ||
        (blocks &&
          blockLengths.includes(blocks.length) &&
          new Set(blockLengths).size === blockLengths.length &&
          blockLengths.every((length) => blocks.from + length <= context)),
      {
        path: ['blockLengths'],
        error: 'different lengths within the context, that of architecture.blocks among them',
      },
    )
    .refine(
      ({ noise: { pieces, process, schedule, expands }, reads, architecture }) => {
        if (!pieces) return true
        if (architecture.vocabSize !== pieces.of + halfKnown(pieces)) return false
        if (architecture.attention === 'causal') return true
        const whole = architecture.attention === 'full' && expands === undefined && !reads
        return divisible.includes(process) && schedule !== 'learnt' && whole
      },
      {
        path: ['noise', 'pieces'],
        error: `there for ${divisible.join(', ')} noise alone, on whole texts of any schedule but learnt, with ids for what is half known`,
      },
    )
    .refine(
      ({ noise: { process, schedule, timeWarping } }) =>
        !timeWarping || (ranging.includes(process) && schedule === 'linear'),
      {
        path: ['noise', 'timeWarping'],
        error: `true for ${ranging.join(', ')} noise alone, with the linear schedule`,
      },
    )
    .refine(({ noise: { process, sigma } }) => sigma === undefined || ranging.includes(process), {
      path: ['noise', 'sigma'],
      error: `there for ${ranging.join(', ')} noise alone`,
    })
    .refine(
      ({ noise: { process, selfConditioning } }) =>
        !selfConditioning || recallable.includes(process),
      {
        path: ['noise', 'selfConditioning'],
        error: `true for ${recallable.join(', ')} noise alone`,
      },
    )
    .refine(({ architecture: { vectors }, noise }) => hasVectorsFor(noise, vectors), {
      path: ['architecture', 'vectors'],
      error: 'there as noise on embeddings needs them',
    })
    .refine(
      ({ architecture: { attention }, noise: { process, schedule } }) =>
        schedule !== 'learnt' || (learnable.includes(process) && attention !== 'block'),
      {
        path: ['noise', 'schedule'],
        error: `learnt for ${learnable.join(', ')} noise alone, and not in blocks`,
      },
    )
    .refine(
      ({ architecture: { attention }, noise: { process } }) =>
        attention !== 'block' || inBlocks.includes(process),
      { path: ['noise', 'process'], error: `${inBlocks.join(' or ')} with attention block` },
    )
    .refine(
      ({ architecture: { vocabSize }, text: { special = {} } }) =>
        Object.values(special).every((id) => typeof id !== 'number' || id < vocabSize),
      { path: ['text', 'special'], error: 'ids within the vocabulary of the architecture' },
    ) satisfies z.ZodType<ModelConfig>
