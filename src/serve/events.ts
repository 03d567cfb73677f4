// Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html) from an async generator. The
// reader sets the pace: nothing is made before it is asked for, and when the reader goes, the work is aborted.

export interface ServerEvent {
  event: string
  data: object
}

/** @param abort called when the reader has gone
 * @param events must end soon after that */
export function eventStream(
  events: AsyncGenerator<ServerEvent, void, undefined>,
  abort: () => void,
): Response {
  const encoder = new TextEncoder()
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await events.next()
      if (done) controller.close()
      else controller.enqueue(encoder.encode(written(value)))
    },
    async cancel() {
      abort()
      await events.return()
    },
  })
  return new Response(stream, {
    headers: { 'Content-Type': 'text/event-stream; charset=utf-8', 'Cache-Control': 'no-store' },
  })
}

const written = ({ event, data }: ServerEvent): string =>
  `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
