// Runs on several data at once: what is said of them, what is refused, and that a run that was stopped goes on with the
// batches it would have had.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventsOf, ofType, sentences, settingsOf, shortRun } from '../../test/support/training.ts'
import { describeData, train } from '../api/train.node.ts'
import { memoryStore } from '../store/index.ts'
import { mixedData, textData } from './data.ts'

const place = mkdtempSync(join(tmpdir(), 'unfog-mixing-'))
const path = (file: string) => join(place, file)
beforeAll(() => {
  writeFileSync(path('lines.txt'), sentences(60).join('\n'))
  writeFileSync(path('book.txt'), sentences(200).join(' '))
  const pairs = sentences(90, 2).map((answer, i) => ({ question: `What is ${i}?`, answer }))
  writeFileSync(path('chat.jsonl'), pairs.map((pair) => JSON.stringify(pair)).join('\n'))
})
afterAll(() => rmSync(place, { recursive: true, force: true }))

const mixture = () =>
  mixedData([
    { data: textData('one', sentences(60)), weight: 3 },
    { data: textData('two', sentences(40, 9)), weight: 1 },
  ])

test('a run that was stopped goes on bit for bit', async () => {
  const whole = memoryStore()
  const [{ reasons }] = ofType(await eventsOf(settingsOf({ data: mixture(), out: whole })), 'plan')
  expect(reasons.join(' ')).toMatch(
    /75.0 % of what is seen is one: 60 short .* 25.0 % of what is seen is two/,
  )
  const parts = memoryStore()
  const stop = new AbortController()
  await eventsOf(settingsOf({ data: mixture(), out: parts, signal: stop.signal }), (event) => {
    if (event.type === 'report' && event.tokens > 700) stop.abort()
  })
  await eventsOf(settingsOf({ data: mixture(), out: parts }))
  const weights = (store: typeof whole) => store.read('model.safetensors')
  expect(await weights(parts)).toEqual(await weights(whole))
  const other = mixedData(mixture().sources!.map(({ data }) => ({ data, weight: 1 })))
  await expect(eventsOf(settingsOf({ data: other, out: parts }))).rejects.toThrow(
    'was trained on other data',
  )
})

describe('what is mixed', () => {
  test('is described: how each is read, and its part of what is seen', async () => {
    const report = await describeData({
      data: [
        { data: path('lines.txt'), weight: 1 },
        { data: path('chat.jsonl'), weight: 3 },
      ],
      documents: 'line',
    })
    expect(report.sources).toMatchObject([
      { share: 0.25, documents: 60 },
      { share: 0.75, documents: 90 },
    ])
    expect(report.count).toBe(150)
    expect(report.reasons.join(' ')).toMatch(
      /lines.txt: as asked.*chat.jsonl: A record has "question"/,
    )
    expect(report.samples.map(({ before }) => before !== undefined)).toEqual([
      ...[false, false],
      ...[true, true],
    ])
    const texts = sentences(60)
    const bySize = await describeData({ data: [{ data: [...texts, ...texts] }, { data: texts }] })
    expect(bySize.sources[0].share).toBeCloseTo(2 / 3, 1)
  })

  test.each<[object[], string]>([
    [[{ data: 'lines.txt', weight: 0 }], 'a weight of 0 is not a number above 0'],
    [[{ data: 'lines.txt', weight: Number.NaN }], 'a weight of NaN is not a number above 0'],
    [
      [{ data: 'lines.txt', weight: 2 }, { data: 'lines.txt' }],
      '1 of 2 data have a weight: give one to each, or to none',
    ],
    [[{ data: 'lines.txt' }, { data: 'tales:small' }], 'tales:small cannot be mixed'],
    [
      [{ data: 'book.txt' }, { data: 'chat.jsonl' }],
      'conversations cannot be mixed with texts longer than 1023 tokens',
    ],
    [[{ data: 'lines.txt' }, { data: 'gone.txt' }], 'there is no file or folder'],
  ])('is refused: %j', async (sources, message) => {
    const data = (sources as { data: string }[]).map((source) => ({
      ...source,
      data: source.data.startsWith('tales:') ? source.data : path(source.data),
    }))
    await expect(describeData({ data, count: 50 })).rejects.toThrow(message)
  })

  test('is recorded, so that other weights are refused by name', async () => {
    const data = (weight: number) => [
      { data: path('lines.txt'), weight },
      { data: path('chat.jsonl'), weight: 1 },
    ]
    const { tokens, recipe: config } = shortRun
    const options = { out: path('run'), tokens: tokens / 4, config, params: 1e4, documents: 'line' }
    const run = async (weight: number) => {
      const seen: string[] = []
      for await (const { type } of train({ ...options, documents: 'line', data: data(weight) }))
        seen.push(type)
      return seen
    }
    expect(await run(2)).toContain('done')
    await expect(run(3)).rejects.toThrow('was started with --weights [2,1] and not [3,1]')
  })
})

test('what repeats and what is hardly there is said before a run, with an example', async () => {
  const texts = [...sentences(60), sentences(60)[4], sentences(60)[5], 'Oh']
  const events = await eventsOf(
    settingsOf({ data: textData('texts', texts), options: { ...shortRun, tokens: 100 } }),
  )
  const [{ reasons }] = ofType(events, 'plan')
  const [repeated] = [sentences(60)[4]].map((text) => text.slice(0, 24).trim())
  expect(reasons.join('\n')).toContain(`2 documents are equal to an earlier one: "${repeated}`)
  expect(reasons.join('\n')).toContain('1 document has fewer than 4 tokens to learn: "Oh".')
})
