// The server as others meet it: over a socket, with whatever headers they like.
import { type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http'
import { createServer } from 'node:net'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type TellingModel, tellingModel } from '../../test/support/telling-model.ts'
import { frameFromJSON, policies, policiesFor, ranges } from '../denoise/index.ts'
import { routes } from './routes/index.ts'
import { type ServeOptions, type Serving, serve } from './server.node.ts'

interface Answer {
  status: number
  headers: IncomingHttpHeaders
  body: string
}

let model: TellingModel
let twin: TellingModel
let serving: Serving

beforeAll(async () => {
  model = await tellingModel()
  twin = await tellingModel({ causal: true })
})
afterEach(() => serving.close())

const start = async (options: Partial<ServeOptions> = {}): Promise<Serving> => {
  serving = await serve({ model, port: 0, ...options })
  return serving
}

/** A request with exactly these headers: fetch would set and forbid some. */
function get(path: string, headers: OutgoingHttpHeaders = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port: serving.port, path, method, headers }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (part) => {
        body += part
      })
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      )
    })
      .on('error', reject)
      .end()
  })
}

const json = ({ body }: Answer) => JSON.parse(body)

interface Event {
  event: string
  // biome-ignore lint/suspicious/noExplicitAny: whatever the server says
  data: any
}

const eventsIn = (body: string): Event[] =>
  body
    .split('\n\n')
    .filter(Boolean)
    .map((written) => {
      const [, event, data] = /^event: (.*)\ndata: (.*)$/.exec(written) ?? []
      return { event, data: JSON.parse(data) }
    })

/** A text that is being written: what comes next, and how to go away. */
async function listen(query = '') {
  const leave = new AbortController()
  const response = await fetch(`${serving.url}/generate?${query}`, { signal: leave.signal })
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  let unread = ''
  return {
    leave: () => leave.abort(),
    async next(): Promise<Event> {
      while (!unread.includes('\n\n')) unread += (await reader.read()).value
      const [event] = eventsIn(unread)
      unread = unread.slice(unread.indexOf('\n\n') + 2)
      return event
    },
  }
}

/** Waits until it is so; a test that waits in vain fails by its time. */
async function until(so: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await so())) await new Promise((resolve) => setTimeout(resolve, 5))
}

describe('/generate', () => {
  test('sends the frames of the model, bit for bit, with the words of each', async () => {
    await start()
    const query = { prompt: 'One sunny', seed: 7, temperature: 0.7, steps: 6 }
    const written = Object.entries(query).map(([name, value]) => [name, String(value)])
    const answer = await get(`/generate?${new URLSearchParams(written)}`)
    expect(answer.status).toBe(200)
    expect(answer.headers['content-type']).toMatch(/^text\/event-stream/)
    const events = eventsIn(answer.body)
    expect(events.every(({ event }) => event === 'frame')).toBe(true)
    const frames = []
    for await (const frame of model.generate(query)) frames.push(frame)
    expect(frames).toHaveLength(7)
    const received = events.map(({ data }) => {
      const { pieces, check, disobeyed, ...frame } = data
      expect(pieces.map((piece: string | null) => piece ?? '░').join('')).toBe(frame.text)
      return frameFromJSON(frame)
    })
    expect(received).toEqual(frames)
  })

  test('sends the checker’s word with the last frame', async () => {
    await start()
    const verdict = async (query: string) =>
      eventsIn((await get(`/generate?${query}`)).body).map(({ data }) => data.check)
    const told = await verdict('temperature=0')
    expect(told.slice(0, -1).every((check) => check === undefined)).toBe(true)
    expect(told.at(-1)).toEqual({ ok: true, errors: [] })
    const [wrong] = (await verdict('temperature=0&prompt=Lily+cat')).slice(-1)
    expect(wrong.ok).toBe(false)
    expect(wrong.errors[0]).toMatch(/sentence 1/)
  })

  test.each([
    ['colour=red', 'colour', 'there is no parameter "colour"'],
    ['__proto__=x', '__proto__', 'there is no parameter "__proto__"'],
    ['seed=1&seed=2', 'seed', 'seed is given twice'],
    ['steps=0', 'steps', `steps "0" is not ${ranges.steps.says}`],
    ['temperature=warm', 'temperature', 'temperature "warm" is not'],
    ['temperature=', 'temperature', 'temperature "" is not'],
    ['length=1e9', 'length', 'exceeds the context of 128'],
    ['policy=alphabetical', 'policy', Object.keys(policies).join(', ')],
    ['policy=first-hitting&steps=4', 'steps', 'takes no --steps'],
    ['infill=a+[2&prompt=b', 'prompt', 'cannot go together'],
    ['infill=a+[2', 'infill', 'a bracket that is not closed'],
  ])('refuses %s by name', async (query, param, words) => {
    await start()
    const before = model.forwards
    const answer = await get(`/generate?${query}`)
    expect(answer.status).toBe(400)
    const { error } = json(answer)
    expect(error.param).toBe(param)
    expect(error.message).toContain(words)
    expect(Object.keys(error)).toEqual(['code', 'message', 'param'])
    expect(model.forwards).toBe(before)
    expect(json(await get('/health'))).toEqual({ ok: true, busy: 0, waiting: 0 })
  })

  test('stops computing when nobody listens any more', async () => {
    const slow = await tellingModel({ delay: 20 })
    await start({ model: slow })
    const { next, leave } = await listen()
    await next()
    await until(() => slow.forwards > 2)
    leave()
    await until(async () => json(await get('/health')).busy === 0)
    const stopped = slow.forwards
    expect(stopped).toBeLessThan(20)
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(slow.forwards).toBe(stopped)
  })

  test.each([
    ['the reader goes', async (leave: () => void) => leave()],
    ['the server closes', () => serving.close()],
  ])('tells the model to stop when %s, however long a step takes', async (_, end) => {
    let told = false
    const endless: ServeOptions['model'] = {
      ...model,
      async *generate(options) {
        for await (const frame of model.generate(options)) {
          yield frame
          await new Promise((resolve) => options?.signal?.addEventListener('abort', resolve))
          told = true
        }
      },
    }
    await start({ model: endless })
    const { next, leave } = await listen()
    await next()
    await end(leave)
    await until(() => told)
  })

  test('makes some wait and the next come again, and gives places back', async () => {
    const slow = await tellingModel({ delay: 30, batch: { canvases: 1, waiting: 1 } })
    await start({ model: slow })
    const first = await listen('seed=1')
    const second = await listen('seed=2')
    expect((await second.next()).data.step).toBe(0) // its fog is there at once
    expect(await second.next()).toEqual({ event: 'queued', data: { ahead: 1 } })
    const third = await fetch(`${serving.url}/generate?seed=3`)
    expect(third.status).toBe(503)
    expect(third.headers.get('retry-after')).toMatch(/^[1-9]\d*$/)
    expect((await third.json()).error.code).toBe('overloaded')
    expect(json(await get('/health'))).toMatchObject({ busy: 1, waiting: 1 })
    first.leave()
    expect((await second.next()).data).toMatchObject({ step: 1, seed: 2 })
    second.leave()
    await until(async () => json(await get('/health')).busy === 0)
  })

  test('writes for several visitors with the same forwards', async () => {
    const slow = await tellingModel({ delay: 30 })
    await start({ model: slow })
    const alone = eventsIn((await get('/generate?seed=1')).body).at(-1)!.data
    const before = slow.forwards
    const answers = await Promise.all([1, 2, 3].map((seed) => get(`/generate?seed=${seed}`)))
    const [last] = eventsIn(answers[0].body).slice(-1)
    expect(last.data).toEqual(alone)
    // they come one after another, so the first and the last may be alone for a step or two
    expect(slow.forwards - before).toBeLessThan(1.5 * alone.forwards)
  })

  test('gives the place back when who waits goes away', async () => {
    const slow = await tellingModel({ delay: 30, batch: { canvases: 1, waiting: 1 } })
    await start({ model: slow })
    const first = await listen()
    const second = await listen()
    await until(async () => json(await get('/health')).waiting === 1)
    second.leave()
    await until(async () => json(await get('/health')).waiting === 0)
    expect(json(await get('/health')).busy).toBe(1)
    first.leave()
  })

  test('says what breaks on the way as its last event', async () => {
    const broken: ServeOptions['model'] = {
      ...model,
      async *generate(options) {
        for await (const frame of model.generate(options)) {
          if (frame.step === 2) throw new Error('the cat sat on the cable')
          yield frame
        }
      },
    }
    await start({ model: broken })
    const events = eventsIn((await get('/generate')).body)
    expect(events.map(({ event }) => event)).toEqual(['frame', 'frame', 'error'])
    expect(events[2].data.error).toEqual({
      code: 'internal',
      message: 'something went wrong inside: the cat sat on the cable',
    })
    expect(json(await get('/health')).busy).toBe(0)
  })
})

describe('/twin', () => {
  test('writes with the twin, and says its name', async () => {
    await start({ twin })
    expect(json(await get('/model')).twin).toBe('by-heart-ar')
    const before = [model.forwards, twin.forwards]
    expect((await get('/twin?temperature=0&seed=1')).body).toContain('"done":"complete"')
    expect(model.forwards).toBe(before[0])
    expect(twin.forwards).toBeGreaterThan(before[1])
  })

  test('without one there is none', async () => {
    await start()
    expect(json(await get('/model')).twin).toBe(undefined)
    const answer = await get('/twin')
    expect(answer.status).toBe(404)
    expect(json(answer).error.message).toBe(
      'there is no twin here: serve with one, as unfog start --twin does',
    )
  })
})

describe('every route', () => {
  test.each(Object.keys(routes))(
    '%s is safe to show in a browser, and to its own only',
    async (path) => {
      await start({ twin })
      const { status, headers } = await get(path)
      expect(status).toBe(200)
      expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'self';")
      expect(headers['content-security-policy']).not.toContain('unsafe')
      expect(headers['x-content-type-options']).toBe('nosniff')
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([])
    },
  )

  test.each([
    ['another name', { Host: 'evil.example' }],
    ['another name with our port', { Host: 'evil.example:7860' }],
    ['a name that ends like ours', { Host: 'localhost.evil.example' }],
    ['an address of ours that others reach', { Host: '192.168.1.2' }],
    ['another site', { Origin: 'https://evil.example' }],
    ['another port of this machine', { Origin: 'http://127.0.0.1:1' }],
    ['a sandboxed page', { Origin: 'null' }],
    ['an image on another site', { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Dest': 'image' }],
    ['a script on another port', { 'Sec-Fetch-Site': 'same-site', 'Sec-Fetch-Dest': 'script' }],
  ])('refuses %s', async (_, headers) => {
    await start()
    const before = model.forwards
    for (const path of [...Object.keys(routes), '/nowhere']) {
      const answer = await get(path, headers)
      expect(answer.status).toBe(403)
      expect(json(answer).error.code).toBe('forbidden')
      expect(answer.headers['x-content-type-options']).toBe('nosniff')
    }
    expect(model.forwards).toBe(before)
  })

  test('answers its own page, a typed address, and a tunnel', async () => {
    const { port, url } = await start()
    const tries: OutgoingHttpHeaders[] = [
      { Host: `localhost:${port}` },
      { Host: '[::1]:9000' },
      { Host: `127.0.0.1:${port}`, Origin: url, 'Sec-Fetch-Site': 'same-origin' },
      { 'Sec-Fetch-Site': 'none' },
    ]
    for (const headers of tries) expect((await get('/model', headers)).status).toBe(200)
  })

  test('a link on another site leads to the page, and to nothing else', async () => {
    await start()
    const link = { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Dest': 'document' }
    const open = []
    for (const path of Object.keys(routes)) {
      if ((await get(path, link)).status === 200) open.push(path)
    }
    expect(open).toEqual(['/'])
  })

  test.each(['POST', 'HEAD', 'OPTIONS', 'DELETE'])('refuses %s', async (method) => {
    await start()
    const before = model.forwards
    expect((await get('/generate', {}, method)).status).toBe(404)
    expect(model.forwards).toBe(before)
  })
})

test('an unknown path is answered in a sentence', async () => {
  await start()
  for (const path of ['/nowhere', '/..%2fpackage.json', '/constructor']) {
    const answer = await get(path)
    expect(answer.status).toBe(404)
    expect(json(answer).error.message).toContain('this server answers GET for /, ')
  }
})

test('/model says what can be asked for', async () => {
  await start()
  const about = json(await get('/model'))
  expect(about).toMatchObject({
    name: 'by-heart',
    context: 128,
    causal: false,
    world: 'small',
    policy: 'confidence',
  })
  expect(about.labels.map(({ name }: { name: string }) => name)).toEqual([
    'style',
    'words',
    'who',
    'what',
  ])
  expect(about.policies.map(({ name }: { name: string }) => name)).toEqual(
    policiesFor({ causal: false }).map(({ name }) => name),
  )
  expect(about.examples.length).toBeGreaterThan(2)
  for (const text of about.examples) {
    const query = new URLSearchParams({ [text.includes('[') ? 'infill' : 'prompt']: text })
    expect((await get(`/generate?${query}`)).status).toBe(200)
  }
})

describe('a server', () => {
  test('says which port is in use, and what to do', async () => {
    const { port } = await start()
    await expect(serve({ model, port })).rejects.toMatchObject({
      code: 'busy',
      param: 'port',
      message: `port ${port} is in use: choose another with --port, or stop what uses it`,
    })
  })

  test.each([
    [{ port: 70000 }, 'port'],
    [{ port: 1.5 }, 'port'],
    [{ host: '0.0.0.0' as '127.0.0.1' }, 'host'],
  ])('refuses %o', async (options, param) => {
    await start()
    await expect(serve({ model, ...options })).rejects.toMatchObject({ code: 'usage', param })
  })

  test('stops what it was writing when it closes, and leaves the port', async () => {
    const slow = await tellingModel({ delay: 20 })
    const { port } = await start({ model: slow })
    const { next } = await listen()
    await next()
    await until(() => slow.forwards > 1)
    await serving.close()
    await new Promise((resolve) => setTimeout(resolve, 60))
    const stopped = slow.forwards
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(slow.forwards).toBe(stopped)
    const other = createServer()
    await new Promise<void>((resolve, reject) => {
      other.once('error', reject)
      other.listen(port, '127.0.0.1', resolve)
    })
    await new Promise((resolve) => other.close(resolve))
  })
})
