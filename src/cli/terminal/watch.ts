// A text on its way from fog to crisp, in a terminal: repainted in place where that is possible, else a few frames one
// below the other. It reads frames and nothing else.
import { type Frame, states } from '../../denoise/index.ts'
import type { Tokenizer } from '../../text/index.ts'
import type { Io, Output } from '../io.ts'
import { cellsOf } from './cells.ts'
import { fogColour, type Ink, lively, type Palette, paletteFor, wordColour } from './colour.ts'
import { blot, blurred, type FogShape, fogShape } from './fog.ts'
import { Screen } from './screen.ts'
import { harmless } from './width.ts'
import { type Piece, wrap } from './wrap.ts'

export interface Watched {
  /** the last frame */
  frame: Frame
  /** milliseconds of writing, without the pauses for the eye */
  ms: number
}

/** Shows frames as they come.
 * @param output where: the animation needs a terminal */
export async function watch(
  frames: AsyncIterable<Frame>,
  tokenizer: Tokenizer,
  io: Io,
  output: Output = io.stdout,
): Promise<Watched> {
  const show = lively(output, io.env)
    ? animation(tokenizer, io, output)
    : plainFrames(tokenizer, output)
  let ms = 0
  let last: Frame | undefined
  const iterator = frames[Symbol.asyncIterator]()
  try {
    for (;;) {
      const asked = io.clock.now()
      const { value, done } = await iterator.next()
      ms += io.clock.now() - asked
      if (done) break
      last = value
      await show.frame(value)
    }
  } finally {
    await show.end()
  }
  return { frame: last as Frame, ms: Math.round(ms) }
}

interface Show {
  frame(frame: Frame): Promise<void>
  end(): Promise<void>
}

/** Milliseconds: the eye wants a few seconds in all, a terminal not more than thirty pictures a second. */
const pace = { whole: 3500, slowest: 160, fastest: 8, picture: 33, first: 450 }

function animation(tokenizer: Tokenizer, io: Io, output: Output): Show {
  const screen = new Screen(output)
  const palette = paletteFor(output, io.env)
  const shape = fogShape(tokenizer)
  let due = Number.NEGATIVE_INFINITY
  let painted = Number.NEGATIVE_INFINITY
  let height = 0
  let start = 0
  return {
    async frame(frame) {
      if (frame.step === 0) start = fogOf(frame)
      await io.clock.sleep(due - io.clock.now())
      const now = io.clock.now()
      const gap = Math.min(pace.slowest, Math.max(pace.fastest, pace.whole / Math.max(1, start)))
      // a step that writes several words at once is worth as many pauses
      due = now + (frame.step === 0 ? pace.first : gap * Math.max(1, frame.changed.length))
      if (!frame.done && now - painted < pace.picture) return
      painted = now
      const lines = picture(frame, tokenizer, shape, palette, Math.min(output.columns, 92))
      // while it changes, the picture only grows: what jumps is hard to read
      height = Math.max(height, lines.length)
      const space = Array(frame.done ? 0 : height - lines.length).fill('')
      await screen.paint([...lines, ...space, '', `  ${gauge(frame, start, palette)}`])
    },
    async end() {
      screen.end()
    },
  }
}

const margin = '  '

function picture(
  frame: Frame,
  tokenizer: Tokenizer,
  shape: FogShape,
  palette: Palette,
  columns: number,
): string[] {
  const pieces = piecesOf(frame, tokenizer, shape)
  return ['', ...wrap(pieces, Math.max(8, columns - 2 * margin.length), palette)].map(
    (line) => margin + line,
  )
}

function piecesOf(frame: Frame, tokenizer: Tokenizer, shape: FogShape): Piece[] {
  const pieces: Piece[] = []
  let end = ' '
  for (const { kind, text, position, certainty, fresh } of cellsOf(frame, tokenizer)) {
    if (kind === 'fog') {
      const apart = shape.spaced && !/\s$/.test(end) ? ' ' : ''
      const drawn = apart + blot(shape, position, certainty, frame.step)
      pieces.push({ text: drawn, ink: { colour: fogColour(certainty) } })
      end = drawn
      continue
    }
    const ink: Ink =
      kind === 'given'
        ? { bold: true }
        : { colour: wordColour(certainty), bold: fresh && !frame.done }
    const near = frame.vectors && kind === 'settled' && !frame.done
    const shown = near ? blurred(text, position, certainty, frame.step) : text
    pieces.push({ text: pieces.length === 0 ? shown.trimStart() : shown, ink })
    end = shown || end
  }
  return pieces
}

const fogOf = ({ state }: Frame): number =>
  state.reduce((sum, value) => sum + (value === states.fog ? 1 : 0), 0)

/** How far it is, 0 to 1: by the fog that is lifted, or the steps that are done where there was none. */
function progress(frame: Frame, start: number): number {
  if (frame.done) return 1
  return start > 0 ? 1 - fogOf(frame) / start : frame.step / (frame.steps ?? frame.step + 1)
}

/** How far it is, and what the colours mean. */
function gauge(frame: Frame, start: number, palette: Palette): string {
  const length = 16
  const full = Math.round(length * Math.max(0, progress(frame, start)))
  const bar = Array.from({ length }, (_, i) =>
    palette.paint(i < full ? '━' : '┄', {
      colour: i < full ? wordColour(i / length) : fogColour(0.3),
    }),
  ).join('')
  const legend = ['unsure', 'fairly', 'sure'].map((word, i) =>
    palette.paint(word, { colour: wordColour(i / 2) }),
  )
  const said = frame.done ? legend.join(' ') : palette.paint(`step ${frame.step}`, { dim: true })
  return `${bar}  ${said}`
}

/** pictures of the plain form beside the first */
const plainPictures = 6

/** For files, pipes and terminals that want no colours: frames as text, each with how far it is. */
function plainFrames(tokenizer: Tokenizer, output: Output): Show {
  const shape = fogShape(tokenizer)
  let start = 0
  let shown = -1
  let last: Frame | undefined
  return {
    async frame(frame) {
      if (frame.step === 0) start = fogOf(frame)
      last = frame
      const lifted = progress(frame, start)
      const picture = frame.done ? plainPictures : Math.floor(lifted * plainPictures)
      if (picture === shown || frame.done === 'abort') return
      shown = picture
      const label = `[${String(Math.round(100 * lifted)).padStart(3)} %]`
      const text = piecesOf(frame, tokenizer, shape)
        .map(({ text }) => text)
        .join('')
      await output.write(`${label} ${text.trim()}\n`)
    },
    async end() {
      if (last?.done === 'complete') await output.write(`\n${harmless(last.text.trim())}\n`)
    },
  }
}
