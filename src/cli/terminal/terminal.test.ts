// What is drawn: cells say what frames say, lines fit, the plain form and the animation end with the text.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type Denoiser,
  denoise,
  type Frame,
  fogSign,
  makeCanvas,
  makePlan,
} from '../../denoise/index.ts'
import { tell } from '../../tales/index.ts'
import { type Tokenizer, trainTokenizer } from '../../text/index.ts'
import { type Captured, capturedIo } from '../testing/captured-io.ts'
import { cellsOf } from './cells.ts'
import { fogColour, type Palette, paletteFor, plain, wordColour } from './colour.ts'
import { blot, blurred, fogShape } from './fog.ts'
import { Screen } from './screen.ts'
import { watch } from './watch.ts'
import { columnsOf, harmless } from './width.ts'
import { wrap } from './wrap.ts'

const words = await trainTokenizer('words', [tell('small', 1).text, tell('small', 1).text])
const bytes = await trainTokenizer('bytes', [])

/** Frames of a text that stands for itself: position i is written at step i + 1. */
async function* framesOf(text: string, tokenizer: Tokenizer, prompt = ''): AsyncGenerator<Frame> {
  const ids = tokenizer.encode(text)
  const { mask, bos, pad } = tokenizer.special
  const network: Denoiser = {
    vocabSize: tokenizer.size,
    maskId: mask,
    banned: [bos, pad],
    context: 512,
    causal: false,
    logits: async (asks) =>
      asks.map(({ rows }) => {
        const logits = new Float32Array(rows.length * tokenizer.size).fill(-30)
        rows.forEach((row, i) => {
          logits[i * tokenizer.size + ids[row]] = 0
        })
        return logits
      }),
  }
  const plan = makePlan({ length: ids.length, prompt, policy: 'left-to-right' }, network)
  const canvas = makeCanvas(plan, network, tokenizer)
  yield* denoise(network, canvas, plan, { decode: (tokens) => tokenizer.decode(tokens) })
}

const collect = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

describe('cells', () => {
  test.each([
    ['words', tell('small', 1).text, words],
    ['words never met', 'A zebra sighed, “né” 🦓 twice.', words],
    ['bytes of many', 'né 日本 🦓 ok', bytes],
  ])('say what the frame says: %s', async (_, text, tokenizer) => {
    for (const frame of await collect(framesOf(text, tokenizer))) {
      const said = cellsOf(frame, tokenizer).map(({ kind, text }) =>
        kind === 'fog' ? fogSign : text,
      )
      expect(said.join('')).toBe(frame.text)
    }
  })

  test('know what was given, what is fresh, and how sure the model is', async () => {
    const text = tell('small', 1).text
    const frames = await collect(framesOf(text, words, text.slice(0, text.indexOf(' '))))
    const cells = cellsOf(frames[3], words)
    expect(cells.filter(({ kind }) => kind === 'given')).toHaveLength(1)
    expect(cells.filter(({ fresh }) => fresh).map(({ position }) => position)).toEqual([3])
    expect(cells[3].certainty).toBeGreaterThan(0.99)
  })

  test('cannot move the cursor', () => {
    const frame = {
      tokens: bytes.encode('a\x1b[2J'),
      state: new Uint8Array(5).fill(2),
      confidence: new Float32Array(5),
      changed: [],
    } as unknown as Frame
    expect(
      cellsOf(frame, bytes)
        .map(({ text }) => text)
        .join(''),
    ).toBe('a␛[2J')
  })
})

describe('widths', () => {
  test('of letters, accents, wide characters', () => {
    expect(['a', 'é', '\u0301', '日', '🦓', '░'].map(columnsOf)).toEqual([1, 1, 0, 2, 2, 1])
  })

  test('line breaks and tabs stay, everything else that controls is shown', () => {
    expect(harmless('a\tb\nc\r\x07\x9b')).toBe('a\tb\nc␍␇␦')
  })
})

describe('wrapping', () => {
  const columns = (line: string) => [...line].reduce((sum, c) => sum + columnsOf(c), 0)

  test('no line is wider than it may be, and no letter is lost', () => {
    const texts = fc.array(fc.string({ unit: 'grapheme', maxLength: 30 }), { maxLength: 6 })
    fc.assert(
      fc.property(texts, fc.integer({ min: 2, max: 40 }), (texts, width) => {
        const given = texts.map(harmless)
        const lines = wrap(
          given.map((text) => ({ text, ink: {} })),
          width,
          plain,
        )
        for (const line of lines) expect(columns(line)).toBeLessThanOrEqual(width)
        const bare = (text: string) => text.replace(/[ \n\t]/g, '')
        expect(bare(lines.join(''))).toBe(bare(given.join('')))
      }),
    )
  })

  test('breaks at spaces, and within words only where it must', () => {
    const lines = (text: string, width: number) => wrap([{ text, ink: {} }], width, plain)
    expect(lines('the fog lifts slowly', 9)).toEqual(['the fog', 'lifts', 'slowly'])
    expect(lines('the fog', 7)).toEqual(['the fog'])
    expect(lines('one two\nthree', 40)).toEqual(['one two', 'three'])
    expect(lines('abcdefgh', 3)).toEqual(['abc', 'def', 'gh'])
  })

  test('paints runs of one ink together', () => {
    const brackets: Palette = { paint: (text, { bold }) => (bold ? `<${text}>` : text) }
    const pieces = [
      { text: 'dark ', ink: {} },
      { text: 'light fog', ink: { bold: true } },
    ]
    expect(wrap(pieces, 10, brackets)).toEqual(['dark <light>', '<fog>'])
  })
})

describe('fog', () => {
  test('grows denser as the model grows surer', () => {
    const shape = fogShape(words)
    const density = (certainty: number) =>
      Array.from({ length: 50 }, (_, i) => blot(shape, i, certainty, 3))
        .join('')
        .split('')
        .reduce((sum, grain) => sum + '░▒▓'.indexOf(grain), 0)
    expect(density(0)).toBeLessThan(density(0.5))
    expect(density(0.5)).toBeLessThan(density(1))
  })

  test('looks like words where tokens are words, like letters where they are letters', () => {
    expect(fogShape(words)).toMatchObject({ spaced: true })
    expect(fogShape(bytes)).toMatchObject({ spaced: false })
    expect(blot(fogShape(bytes), 5, 0.5, 0)).toHaveLength(1)
  })
})

describe('colours', () => {
  const on = { isTTY: true } as never

  test('go from a guess to certainty without a jump, and leave their ends nowhere', () => {
    for (const colour of [fogColour, wordColour]) {
      expect(colour(-1)).toEqual(colour(0))
      expect(colour(2)).toEqual(colour(1))
      for (let i = 0; i < 100; i++) {
        const step = colour((i + 1) / 100).map((c, k) => Math.abs(c - colour(i / 100)[k]))
        expect(Math.max(...step)).toBeLessThanOrEqual(4)
      }
    }
  })

  test('are the nearest that the terminal has', () => {
    const red = { colour: [255, 0, 0] as const }
    const grey = { colour: [128, 128, 128] as const, bold: true }
    const [rich, poor] = [{ COLORTERM: 'truecolor' }, {}].map((env) => paletteFor(on, env))
    expect(rich.paint('x', red)).toBe('\x1b[38;2;255;0;0mx\x1b[0m')
    expect(poor.paint('x', red)).toBe('\x1b[38;5;196mx\x1b[0m')
    expect(poor.paint('x', grey)).toBe('\x1b[1;38;5;244mx\x1b[0m')
  })

  test.each([
    ['NO_COLOR', on, { NO_COLOR: '1' }],
    ['a dumb terminal', on, { TERM: 'dumb' }],
    ['a pipe', { isTTY: false } as never, {}],
  ])('are none with %s', (_, output, env) => {
    expect(paletteFor(output, env).paint('x', { colour: [255, 0, 0], bold: true })).toBe('x')
  })
})

/** What a terminal shows after these bytes: enough of one to follow a screen. */
function terminalAfter(written: string, rows = 24): string[] {
  const lines: string[] = ['']
  let row = 0
  for (const [part] of written
    .replaceAll('\x1b', '⎋')
    .matchAll(/⎋\[\??[\d;]*[A-Za-z]|\n|\r|[^⎋\n\r]+/g)) {
    if (part === '\n') {
      row++
      lines[row] ??= ''
    } else if (/^⎋.*A$/.test(part)) {
      const up = Number.parseInt(part.slice(2), 10)
      expect(up).toBeLessThan(rows)
      row -= up
    } else if (part === '⎋[2K') lines[row] = ''
    else if (part === '⎋[J') lines.splice(row, lines.length, '')
    else if (!/^[⎋\r]/.test(part)) lines[row] += part
  }
  return lines
}

describe('the screen', () => {
  test('repaints in place, prints above, and never scrolls what it repaints', async () => {
    const io = capturedIo({ tty: true, rows: 4 })
    const screen = new Screen(io.stdout)
    await screen.paint(['a', 'b', 'c', 'd', 'e'])
    expect(terminalAfter(io.out, 4).filter(Boolean)).toEqual(['c', 'd', 'e'])
    await screen.print('stays\n')
    await screen.paint(['f', 'g'])
    await screen.paint(['h'])
    expect(terminalAfter(io.out, 4).filter(Boolean)).toEqual(['stays', 'h'])
    screen.end()
    expect(io.out.endsWith('\x1b[?25h')).toBe(true)
  })
})

describe('watching', () => {
  const { text } = tell('small', 3)
  const watched = async (options: Parameters<typeof capturedIo>[0]): Promise<Captured> => {
    const io = capturedIo(options)
    const { frame } = await watch(framesOf(text, words), words, io)
    expect(frame.text).toBe(text)
    return io
  }
  const unpainted = (line: string) => line.trim()

  test('in a terminal, the last picture is the text, in place, within its width', async () => {
    const io = await watched({ tty: true, columns: 50 })
    const lines = terminalAfter(io.out).map(unpainted).filter(Boolean)
    expect(lines.slice(0, -1).join(' ')).toBe(text)
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(50)
    expect(io.out).toMatch(/░/)
    expect(io.out.endsWith('\x1b[?25h')).toBe(true)
  })

  test('takes a few seconds and shows at most thirty pictures a second', async () => {
    const io = await watched({ tty: true })
    const pictures = io.out.split('\x1b[?2026h').length - 1
    const seconds = io.clock.now() / 1000
    expect(seconds).toBeGreaterThan(1.5)
    expect(seconds).toBeLessThan(6)
    expect(pictures).toBeGreaterThan(20)
    expect(pictures / seconds).toBeLessThanOrEqual(31)
  })

  test.each([
    ['a pipe', {}],
    ['NO_COLOR', { tty: true, env: { NO_COLOR: '1' } }],
  ])('without colours: five frames or more, then the text: %s', async (_, options) => {
    const io = await watched(options)
    expect(io.out).not.toContain('\x1b')
    const frames = io.out.split('\n').filter((line) => line.startsWith('['))
    expect(frames.length).toBeGreaterThanOrEqual(5)
    expect(frames[0]).toMatch(/^\[ {2}0 %\] [░ ]+$/)
    expect(io.out.trimEnd().split('\n').at(-1)).toBe(text)
    expect(io.clock.now()).toBe(0)
  })

  test('few steps are all shown', async () => {
    const io = capturedIo()
    await watch(framesOf('a b c d', bytes), bytes, io)
    expect(io.out.split('\n').filter((line) => line.startsWith('['))).toHaveLength(7)
  })

  test('where no word is in the fog, steps say how far it is, and unsure words are blurred', async () => {
    const frames = await collect(framesOf('a b c d', bytes))
    const last = frames[frames.length - 1]
    const drifting = frames.map(
      (frame, step): Frame => ({
        ...last,
        step,
        steps: frames.length - 1,
        done: frame.done,
        vectors: new Float32Array(7),
        confidence: last.confidence.map(() => step / frames.length),
      }),
    )
    const io = capturedIo()
    await watch(
      (async function* () {
        yield* drifting
      })(),
      bytes,
      io,
    )
    const lines = io.out.split('\n').filter((line) => line.startsWith('['))
    expect(lines).toHaveLength(7)
    expect(lines[0]).toMatch(/^\[ {2}0 %\] [░▒▓ ]+$/)
    expect(lines[6]).toBe('[100 %] a b c d')
  })

  test('a failure gives the cursor back', async () => {
    const io = capturedIo({ tty: true })
    const breaking = (async function* () {
      yield* (await collect(framesOf(text, words))).slice(0, 2)
      throw new Error('broken')
    })()
    await expect(watch(breaking, words, io)).rejects.toThrow('broken')
    expect(io.out.endsWith('\x1b[?25h')).toBe(true)
  })
})

test('a word whose vector is only near it shows as many letters as it is sure', () => {
  const text = ' a word of several letters'
  const letters = (certainty: number) =>
    [...blurred(text, 3, certainty, 1)].filter((letter) => /[a-z]/.test(letter)).length
  expect(blurred(text, 3, 1, 1)).toBe(text)
  expect(letters(0)).toBe(0)
  expect(letters(0.5)).toBeGreaterThan(4)
  expect(letters(0.5)).toBeLessThan(18)
  expect([...blurred(text, 3, 0, 1)].map((letter) => letter === ' ')).toEqual(
    [...text].map((letter) => letter === ' '),
  )
})
