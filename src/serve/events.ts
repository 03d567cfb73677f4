// Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html) from an async generator. The
// reader sets the pace: nothing is made before it is asked for, and nothing after the reader has gone.

export interface ServerEvent {
  event: string
  data: object
}

/** @param gone called when the reader has gone, even if it never came; then the events are ended, after the one that is
 * being made */
export function eventStream(
  events: AsyncGenerator<ServerEvent, void, undefined>,
  gone: () => void,
): Response {
  const encoder = new TextEncoder()
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await events.next()
      if (done) controller.close()
      else controller.enqueue(encoder.encode(written(value)))
    },
    cancel() {
      gone()
      // not awaited: an event that never comes would keep whoever cancels
      void events.return()
    },
  })
  return new Response(stream, {
    headers: { 'Content-Type': 'text/event-stream; charset=utf-8', 'Cache-Control': 'no-store' },
  })
}

const written = ({ event, data }: ServerEvent): string =>
  `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
