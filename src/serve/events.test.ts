import { expect, test } from 'vitest'
import { eventStream, type ServerEvent } from './events.ts'

/** A stream of numbers, and what has happened to it. */
function numbers(most: number) {
  const seen = { made: 0, ended: false, gone: 0 }
  async function* make(): AsyncGenerator<ServerEvent, void, undefined> {
    try {
      while (seen.made < most) yield { event: 'number', data: { n: ++seen.made, text: 'a\n\nb' } }
    } finally {
      seen.ended = true
    }
  }
  const response = eventStream(make(), () => seen.gone++)
  return { seen, response, body: response.body! }
}

const soon = () => new Promise((resolve) => setTimeout(resolve, 10))

test('events are written as browsers read them', async () => {
  const { response, seen } = numbers(2)
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
  expect(await response.text()).toBe(
    'event: number\ndata: {"n":1,"text":"a\\n\\nb"}\n\nevent: number\ndata: {"n":2,"text":"a\\n\\nb"}\n\n',
  )
  expect(seen).toEqual({ made: 2, ended: true, gone: 0 })
})

test('the reader sets the pace, and nothing is made after it has gone', async () => {
  const { body, seen } = numbers(100)
  const reader = body.getReader()
  await reader.read()
  await soon()
  expect(seen.made).toBeLessThan(4)
  await reader.cancel()
  const { made } = seen
  await soon()
  expect(seen).toEqual({ made, ended: true, gone: 1 })
})

test('a reader that never came has gone too', async () => {
  const { body, seen } = numbers(100)
  await body.cancel()
  await soon()
  expect(seen).toMatchObject({ made: 0, gone: 1 })
})
