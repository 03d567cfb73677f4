import { expect, test } from 'vitest'
import {
  type Canvas,
  makeCanvas,
  makePlan,
  type PlanOptions,
  parseInfill,
  states,
  type Words,
} from './index.ts'

/** Words that bring their own space, as GPT-2 cuts them; signs alone; spaces that are left over. */
function wordTokens(): Words {
  const known: string[] = []
  const id = (piece: string) => {
    if (!known.includes(piece)) known.push(piece)
    return known.indexOf(piece)
  }
  return {
    encode: (text) => (text.match(/ ?\w+| ?[^\s\w]+|\s+(?!\S)|\s+/g) ?? []).map(id),
    decode: (ids) => Array.from(ids, (i) => known[i]).join(''),
  }
}
const characters: Words = {
  encode: (text) => Array.from(text, (c) => c.codePointAt(0)!),
  decode: (ids) => String.fromCodePoint(...Array.from(ids)),
}

const network = { maskId: 999_999, context: 40, causal: false }
const make = (options: PlanOptions, words = wordTokens(), lengths?: number[], net = network) => {
  const canvas = makeCanvas(makePlan(options, net), net, words, lengths)
  return { canvas, look: look(canvas, words) }
}
/** Tokens between bars, fog as ░. */
const look = ({ tokens, state }: Canvas, words: Words) =>
  Array.from(tokens, (id, i) => (state[i] === states.fog ? '░' : words.decode([id]))).join('|')

test('an infill text is cut at its gaps; spaces beside a gap belong to it', () => {
  expect(parseInfill('Lily lost her [2] in the [1].')).toEqual([
    { text: 'Lily lost her', spaceBefore: false },
    { gap: 2 },
    { text: 'in the', spaceBefore: true },
    { gap: 1 },
    { text: '.', spaceBefore: false },
  ])
  expect(parseInfill('[1] [2]')).toEqual([{ gap: 1 }, { gap: 2 }])
  expect(parseInfill(' a ')).toEqual([{ text: ' a ', spaceBefore: false }])
  expect(parseInfill('a \\[2] ] [1]')).toEqual([
    { text: 'a [2] ]', spaceBefore: false },
    { gap: 1 },
  ])
  expect(parseInfill('')).toEqual([])
})

test('words that bring their space keep the one before the text that follows a gap', () => {
  const { canvas, look } = make({ infill: 'Lily lost her [2] in the [1].' })
  expect(look).toBe('Lily| lost| her|░|░| in| the|░|.')
  expect([...canvas.state]).toEqual([0, 0, 0, 1, 1, 0, 0, 1, 0])
  expect(make({ infill: '[1] ran. [2]' }).look).toBe('░| ran|.|░|░')
  expect(make({ infill: 'A  [1]   ran' }).look).toBe('A|░| ran')
})

test('where a space is a token of its own, it is for the gap to write', () => {
  expect(make({ infill: 'a [3] b.' }, characters).look).toBe('a|░|░|░|b|.')
})

test('prompt, fog and suffix fill the length; the space after a prompt is left to the next word', () => {
  expect(make({ prompt: 'Once upon ', suffix: ' the end.', length: 7 }).look).toBe(
    'Once| upon|░|░| the| end|.',
  )
  expect(make({ prompt: 'ab ', length: 5 }, characters).look).toBe('a|b| |░|░')
  expect(make({ length: 2 }).look).toBe('░|░')
})

test('a text without a gap, or a prompt that fills the length, has no fog', () => {
  expect(make({ infill: 'Just text.' }).look).toBe('Just| text|.')
  expect(make({ prompt: 'Just text.', length: 3 }).look).toBe('Just| text|.')
})

test('an unsaid length is drawn from the lengths that leave room; else it is the most', () => {
  const lengths = [0, 5, 0, 0, 3, 1, 0, 9]
  const found = new Map<number, number>()
  for (let seed = 0; seed < 2000; seed++) {
    const { length } = make({ prompt: 'One two', seed, maximum: 6 }, undefined, lengths).canvas
      .tokens
    found.set(length, (found.get(length) ?? 0) + 1)
  }
  expect([...found.keys()].sort()).toEqual([4, 5])
  // 3 in 4 of them have 4 tokens: within four deviations of sqrt(2000 · 3/16)
  expect(Math.abs(found.get(4)! - 1500)).toBeLessThan(4 * 19.4)
  expect(make({ prompt: 'One two' }).canvas.tokens.length).toBe(40)
  expect(make({ prompt: 'One two', maximum: 9 }).canvas.tokens.length).toBe(9)
  expect(make({ prompt: 'One two', maximum: 99 }).canvas.tokens.length).toBe(40)
})

const bad: [PlanOptions, string, string][] = [
  [{ infill: 'a [0]' }, 'usage', '--infill has [0], a gap of no tokens'],
  [
    { infill: 'a [*]' },
    'usage',
    '--infill has [*], a gap of unknown length, which this model cannot',
  ],
  [{ infill: 'a [two]' }, 'usage', '--infill has [two], which is no number of tokens'],
  [{ infill: 'a [-1]' }, 'usage', '[-1]'],
  [{ infill: 'a []' }, 'usage', '--infill has [], which'],
  [{ infill: 'a [99999999999999999999]' }, 'usage', 'no number of tokens'],
  [{ infill: 'a [2' }, 'usage', 'a bracket that is not closed'],
  [{ infill: 'a [2 [1]' }, 'usage', 'a bracket that is not closed'],
  [
    { infill: 'a b [39]' },
    'context_length',
    'a text of 41 tokens, which exceeds the context of 40',
  ],
  [{ infill: 'a [9007199254740991]' }, 'context_length', 'exceeds the context of 40'],
  [
    { length: 41 },
    'context_length',
    '--length 41 exceeds the context of 40: use --length 40 or less',
  ],
  [
    { prompt: 'a b c', length: 2 },
    'usage',
    'the prompt of 3 tokens cannot fit a text of --length 2',
  ],
  [{ prompt: 'a b', suffix: ' c', length: 2 }, 'usage', 'prompt and suffix of 3 tokens cannot fit'],
  [
    { prompt: 'a '.repeat(40) },
    'context_length',
    'given text of 40 tokens leaves no room to write: the context is 40',
  ],
  [{ prompt: 'a b c', maximum: 3 }, 'context_length', 'leaves no room to write: --maximum is 3'],
]
for (const [options, code, message] of bad) {
  test(`refused: ${message}`, () => {
    expect(() => make(options)).toThrow(message)
    expect(() => make(options)).toThrow(expect.objectContaining({ code }))
  })
}

test('a prompt longer than every text the model knows asks for a length', () => {
  expect(() => make({ prompt: 'a b c' }, undefined, [0, 1, 1, 1])).toThrow(
    'knows no text of 4 to 40 tokens: say how long the text is with --length',
  )
})

test('a causal model continues text and refuses gaps before text', () => {
  const causal = { ...network, causal: true }
  expect(make({ prompt: 'a', length: 3 }, undefined, undefined, causal).look).toBe('a|░|░')
  expect(() => make({ infill: 'a [1] b' }, undefined, undefined, causal)).toThrow(
    'only what stands to the left',
  )
  expect(() =>
    make({ prompt: 'a', suffix: ' b', length: 5 }, undefined, undefined, causal),
  ).toThrow('masked model')
})
