// A text as a stream of frames. Whatever is wrong with a request is said before the stream begins, as an error with
// its status; what goes wrong later is an event `error`.
import {
  type FrameJSON,
  frameToJSON,
  type Moment,
  momentsOf,
  piecesOf,
} from '../../denoise/index.ts'
import { UnfogError } from '../../error/index.ts'
import type { Frame, GenerateOptions } from '../../index.ts'
import { check } from '../../tales/index.ts'
import { eventStream, type ServerEvent } from '../events.ts'
import { failureJSON } from '../failure.ts'
import { generateParameters } from '../query.ts'
import { type Route, route, type Served, type Service } from '../service.ts'

/** A frame on the wire. */
export interface FrameEvent extends Omit<FrameJSON, 'candidates'> {
  /** the text of each position, null where there is fog; joined they are `text` */
  pieces: (string | null)[]
  /** where `candidates` were asked for: what this step changed, and what else was close */
  moments?: Moment[]
  /** with the last frame of a tale: does the checker accept it, and if not, what is wrong where? */
  check?: { ok: boolean; errors: string[] }
  /** with the last frame: labels that were asked and are not obeyed, in sentences */
  disobeyed?: string[]
}

export const generate = writingBy(
  'Writes a text: events `frame`, the last with `done`; `queued` while others are written first; `error`.',
  ({ model }) => model,
)

export const twin = writingBy('The same by the twin of the model.', ({ twin }) => {
  if (twin) return twin
  throw new UnfogError(
    'not_found',
    'there is no twin here: serve with one, as unfog start --twin does',
  )
})

function writingBy(about: string, modelOf: (service: Service) => Served): Route {
  const handle = async (given: GenerateOptions, service: Service, signal: AbortSignal) => {
    const model = modelOf(service)
    const frames = model.generate({ ...given, signal })
    const first = await frames.next()
    // it came last, so it waits for all that wait
    const ahead = model.load.waiting
    const shown = (frame: Frame) => ({ event: 'frame', data: frameEvent(frame, model, given) })
    // a stream that nobody begins to read does not come to its own end
    return eventStream(events(frames, first, ahead, shown), () => void frames.return())
  }
  return route({ about, parameters: generateParameters, handle })
}

async function* events(
  frames: AsyncGenerator<Frame, void, undefined>,
  first: IteratorResult<Frame, void>,
  ahead: number,
  shown: (frame: Frame) => ServerEvent,
): AsyncGenerator<ServerEvent, void, undefined> {
  try {
    if (!first.done) yield shown(first.value)
    if (ahead > 0) yield { event: 'queued', data: { ahead } }
    for await (const frame of frames) yield shown(frame)
  } catch (error) {
    yield { event: 'error', data: failureJSON(error) }
  } finally {
    await frames.return()
  }
}

function frameEvent(frame: Frame, model: Served, asked: GenerateOptions): FrameEvent {
  // moments carry the candidates that matter; those of all positions at every step would be a hundred times as much, and
  // so would vectors, of which the words tell enough
  const { candidates, vectors: _, slopes: __, recalled: ___, ...json } = frameToJSON(frame)
  const event: FrameEvent = { ...json, pieces: piecesOf(frame, model.tokenizer) }
  if (candidates) event.moments = momentsOf(frame, model.tokenizer)
  if (frame.done !== 'complete') return event
  const { world } = model.config.text
  if (world) {
    const { ok, errors } = check(world, frame.text)
    event.check = { ok, errors }
  }
  event.disobeyed = model.obeys(frame.text, asked)
  return event
}
