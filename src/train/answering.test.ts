// Training on conversations: what a loss is made of, by hand, and a run that learns to answer.
import { describe, expect, test } from 'vitest'
import { tinyModel } from '../../test/support/tiny-models.ts'
import { eventsOf, ofType, settingsOf, sharedDevice } from '../../test/support/training.ts'
import { Model } from '../api/model.ts'
import { openModel } from '../api/open-model.ts'
import { framing } from '../model/framing.ts'
import { openNetwork } from '../model/network.ts'
import { parameterShapes } from '../nn/index.ts'
import { noises, schedules, times } from '../noise/index.ts'
import { seeded } from '../random/index.ts'
import { flat, layoutOf } from '../runtime/index.ts'
import { memoryStore } from '../store/index.ts'
import { encodeDocuments, idsBefore, makeDataset, withRoles } from '../text/index.ts'
import { corruptBatch } from './corrupt.ts'
import { type Conversation, textData } from './data.ts'
import type { Start } from './design.ts'
import { heldOutMeter } from './evaluate.ts'
import { grownStart } from './grown.ts'
import { phasesOf } from './phases.ts'
import { defaultRecipe } from './recipe.ts'
import { Trainer } from './trainer.ts'

const pairs: [string, string][] = [
  ['What says woof?', 'The dog.'],
  ['What says meow?', 'A small cat.'],
  ['What is red?', 'The kite.'],
  ['What is blue?', 'The sea, and the sky.'],
  ['Who had a kite?', 'Lily.'],
  ['Who had a boat?', 'Ben had.'],
]
const asked = (question: string, answer: string): Conversation => ({
  messages: [
    { role: 'user', content: question },
    { role: 'assistant', content: answer },
  ],
})
const conversations = Array.from({ length: 60 }, (_, i) => asked(...pairs[i % pairs.length]))

async function tiny(causal: boolean) {
  const start = grownStart(
    await tinyModel({ causal }).then(({ weights, ...rest }) => ({
      ...rest,
      weights: new Map(Object.entries(weights).map(([name, { data }]) => [name, data])),
    })),
    { roles: true, growth: false },
  )
  const config = { ...start.config, text: { ...start.config.text, template: 'turns' as const } }
  const encoded = await encodeDocuments(start.tokenizer, textData('t', conversations).texts())
  const dataset = makeDataset(encoded, { seed: 1, context: 46 })
  const shapes = parameterShapes(config.architecture)
  const tensors = Object.fromEntries(
    Object.entries(shapes).map(([name, dims]) => [name, { data: start.weights.get(name)!, dims }]),
  )
  const network = openNetwork(sharedDevice, config, start.tokenizer, tensors)
  return { ...start, config, dataset, network }
}

describe.each([true, false])('the loss of one step, causal %s', (causal) => {
  test('is the mean cost of the tokens of answers, counted by hand', async () => {
    const { config, tokenizer, dataset, network, weights } = await tiny(causal)
    const recipe = { ...defaultRecipe, batchTokens: 90 }
    const phases = phasesOf(config, recipe, 1e6, false)
    const trainer = new Trainer({
      device: sharedDevice,
      config,
      tokenizer,
      dataset,
      recipe,
      budget: 1e6,
      phases,
    })
    trainer.begin(weights)
    const { mask, eos } = tokenizer.special
    for (let step = 0; step < 3; step++) {
      await trainer.measure(step, phases[0])
      const loss = (trainer as unknown as { loss: { data: Float32Array } }).loss.data[0]

      const options = { tokensPerBatch: 90, length: 46, seed: recipe.seed }
      const batch = dataset.train.training(options).batch(step)
      // what the network was shown; the rest is counted here
      const { ids, time } = corruptBatch(
        batch,
        framing(config, tokenizer, causal),
        {
          noise: causal ? noises.autoregressive : noises.masked,
          schedule: schedules.linear,
          times: causal ? times.uniform : times[recipe.times],
          dropAll: 0,
          dropEach: 0,
        },
        seeded(recipe.seed),
        step,
      )
      let nats = 0
      let tokens = 0
      let asked = 0
      for (let row = 0; row < batch.rows; row++) {
        const text = batch.tokens.slice(row * batch.length, (row + 1) * batch.length)
        const shown = ids.data.slice(row * ids.dims[1] + 1, row * ids.dims[1] + 1 + batch.length)
        const given = batch.given[row]
        const answer = text.slice(given)
        expect([...shown.slice(0, given)]).toEqual([...text.slice(0, given)])
        const canvas = causal
          ? Int32Array.from([...answer, eos])
          : Int32Array.from(shown.slice(given))
        const rows = Int32Array.from([...canvas.keys()].filter((i) => causal || canvas[i] === mask))
        const targets = rows.map((i) => (i < answer.length ? answer[i] : eos))
        const before = text.slice(0, given)
        const [costs] = await network.losses([{ before, tokens: canvas, rows, targets }])
        for (const cost of costs) {
          const weight = causal ? 1 : Math.min(recipe.weightCap, 1 / time.data[asked])
          nats += weight * cost
          asked++
        }
        tokens += canvas.length
      }
      expect(asked).toBe(time.data.length)
      // float32 sums in another order
      expect(loss).toBeCloseTo(nats / tokens, 4)
    }
    await trainer.dispose()
    await network.dispose()
  })

  test('and the held-out loss know nothing of what questions cost', async () => {
    const { config, tokenizer, dataset, network } = await tiny(causal)
    const meter = heldOutMeter(config, tokenizer, dataset, { tokens: 1e9, seed: 3 })
    const questions: string[] = []
    const counting = {
      ...network,
      losses: async (queries: Parameters<typeof network.losses>[0]) =>
        queries.map(({ before, tokens, targets, rows }) => {
          questions.push(tokenizer.decode(Int32Array.from(before!)))
          expect(tokens.length).toBeLessThanOrEqual('The sea, and the sky.'.length + 1)
          expect(targets.length).toBe(rows.length)
          return Float32Array.from(rows, () => 2)
        }),
    }
    const { natsPerToken } = await meter(counting)
    expect(questions.length).toBe(dataset.heldOut.documents)
    for (const question of questions) expect(pairs.map(([q]) => q)).toContain(question)
    // an end is one token more to pay, for each answer
    const { characters, documents } = dataset.heldOut
    expect(natsPerToken).toBeCloseTo(causal ? 2 + (2 * documents) / characters : 2, 6)
  })
})

test('a model without roles gets them, and says of text what it said before', async () => {
  const { config, tokenizer, weights } = await tinyModel()
  const start = {
    config,
    tokenizer,
    weights: new Map(Object.entries(weights).map(([name, { data }]) => [name, data])),
  }
  const grown = grownStart(start, { roles: true, growth: false })
  expect(grown.tokenizer.toJSON()).toEqual(withRoles(tokenizer).toJSON())
  expect(grownStart(grown, { roles: true, growth: false })).toBe(grown)
  const logits = async ({ config, tokenizer, weights }: Start) => {
    const model = new Model({ device: sharedDevice, config, tokenizer, weights, now: () => 0 })
    const { data, dims } = await model.logits({ ids: [tokenizer.encode('Lily had')] })
    await model.dispose()
    return Array.from({ length: dims[1] }, (_, row) => [
      ...data.slice(row * dims[2], row * dims[2] + tokenizer.special.mask),
    ])
  }
  expect(await logits(grown)).toEqual(await logits(start))
})

describe.each([false, true])('a run, autoregressive %s', (ar) => {
  test('learns the answers, and the model gives them when asked', { timeout: 60_000 }, async () => {
    const out = memoryStore()
    const events = await eventsOf(
      settingsOf({
        data: textData('pairs', conversations),
        out,
        options: {
          tokens: 25_000,
          params: 3e4,
          ar,
          tokenizer: 'words',
          recipe: { batchTokens: 200 },
        },
      }),
    )
    const [{ reasons }] = ofType(events, 'plan')
    expect(reasons[0]).toBe('each answer is one document (--documents line).')
    const [{ heldOut }] = ofType(events, 'done')
    expect(heldOut.natsPerToken).toBeLessThan(0.4)
    for (const { before } of ofType(events, 'sample')) expect(before?.length).toBeGreaterThan(0)
    const model = new Model(await openModel(out, sharedDevice))
    expect(model.config.text.template).toBe('turns')
    for (const [question, answer] of pairs) {
      const length = ar ? {} : { length: model.tokenizer.encode(answer).length }
      const { text } = await model.complete({ prompt: question, temperature: 0, ...length })
      expect(text).toBe(answer)
    }
    // the template is the one of training: a prompt is a conversation of one message
    const messages = [{ role: 'user' as const, content: pairs[0][0] }]
    const [one, two] = await model.complete([
      { messages, seed: 3 },
      { prompt: pairs[0][0], seed: 3 },
    ])
    expect(one.text).toBe(two.text)
    await expect(model.complete({})).rejects.toThrow('this model answers')
    await expect(model.complete({ messages: conversations[0].messages })).rejects.toThrow(
      'the last message is an answer already',
    )
    await model.dispose()
  })
})

test('a model that has learnt no conversations refuses messages', async () => {
  const { config, tokenizer, weights } = await tinyModel()
  const named = new Map(Object.entries(weights).map(([name, { data }]) => [name, data]))
  const model = new Model({ device: sharedDevice, config, tokenizer, weights: named, now: () => 0 })
  const { messages } = asked('Who?', '')
  await expect(model.complete({ messages: messages.slice(0, 1) })).rejects.toThrow(
    'this model has learnt no conversations',
  )
  await model.dispose()
})

test('a canvas counts the answer alone, and what stands before it leaves less room', async () => {
  const { config, tokenizer, network, weights } = await tiny(false)
  const model = new Model({ device: sharedDevice, config, tokenizer, weights, now: () => 0 })
  const question = 'x'.repeat(20)
  const before = idsBefore(tokenizer, [{ role: 'user', content: question }])
  const room = network.context - before.length
  const written = await model.complete({ prompt: question, length: room, seed: 1 })
  expect(written.tokens).toBe(room)
  await expect(model.complete({ prompt: question, length: room + 1 })).rejects.toThrow(
    `--length ${room + 1} exceeds the context of ${room}`,
  )
  await expect(model.complete({ prompt: 'x'.repeat(50) })).rejects.toThrow(
    `what was said takes 52 tokens, and the context is ${network.context}: leave out some of it`,
  )
  await model.dispose()
  await network.dispose()
})

test('flat buffers hold what was grown', async () => {
  const { config, weights } = await tiny(false)
  const { tensors } = flat(layoutOf(parameterShapes(config.architecture)))
  for (const [name, { data }] of Object.entries(tensors))
    expect(weights.get(name)!.length).toBe(data.length)
})
