// Asks the server, and reads its stream of events. EventSource would do, but for two things: it hides why a request was
// refused, and it asks again by itself when a stream ends.

/** A refusal, in the server's words. */
export class Refusal extends Error {
  /** @param {{ message: string, param?: string }} error */
  constructor({ message, param }) {
    super(message)
    this.param = param
  }
}

/** @returns {Promise<any>} what the server says at `path` */
export async function fetchJSON(path) {
  const response = await answered(path)
  return response.json()
}

/** The events of one text, as they come.
 * @param {string} path who is to write it  @param {URLSearchParams} query  @param {AbortSignal} signal
 * @returns {AsyncGenerator<{ event: string, data: any }>}
 * @throws {Refusal} when it is refused, or fails on the way */
export async function* ask(path, query, signal) {
  const response = await answered(`${path}?${query}`, signal)
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  let unread = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    const events = (unread + value).split('\n\n')
    unread = events.pop()
    for (const { event, data } of events.map(parsed)) {
      if (event === 'error') throw new Refusal(data.error)
      yield { event, data }
    }
  }
}

async function answered(path, signal) {
  let response
  try {
    response = await fetch(path, { signal })
  } catch (error) {
    if (signal?.aborted) throw error
    throw new Refusal({
      message: 'The server does not answer: is the command that opened this page still running?',
    })
  }
  if (response.ok) return response
  const body = await response.json().catch(() => undefined)
  throw new Refusal(body?.error ?? { message: `The server answers ${response.status}.` })
}

/** One event: lines `event: name` and `data: json`. */
function parsed(written) {
  const fields = Object.fromEntries(
    written.split('\n').map((line) => {
      const colon = line.indexOf(': ')
      return [line.slice(0, colon), line.slice(colon + 2)]
    }),
  )
  return { event: fields.event, data: JSON.parse(fields.data) }
}
