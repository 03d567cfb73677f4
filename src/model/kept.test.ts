// What is kept changes no number where it is exact, bit for bit on the cpu; where it is approximate the answer is that
// of one forward in which the other positions have the keys and values of an earlier canvas.
import { afterAll, describe, expect, test } from 'vitest'
import { randomText, type TinyModel, tinyModel } from '../../test/support/tiny-models.ts'
import { type CacheName, denoiseBatch, makePlan, states } from '../denoise/index.ts'
import { cpu } from '../runtime/cpu.node.ts'
import type { Device } from '../runtime/index.ts'
import { type Network, openNetwork } from './network.ts'
import type { Query } from './query.ts'

const networks: Network[] = []
afterAll(async () => {
  for (const network of networks) await network.dispose()
})
function open(
  { config, tokenizer, weights }: TinyModel,
  fixed = true,
  device: Device = cpu({ threads: 1 }),
): Network {
  const network = openNetwork(device, config, tokenizer, weights, { fixed })
  networks.push(network)
  return network
}
/** A device that notes how many positions each run is shown. */
const watching = (device: Device, positions: number[]): Device => ({
  ...device,
  async session(graph, options) {
    const session = await device.session(graph, options)
    const { inputs, outputs } = session
    return {
      inputs,
      outputs,
      run(given, preallocated, wanted) {
        positions.push(given.ids.data.length)
        return session.run(given, preallocated, wanted)
      },
      profile: () => session.profile(),
      dispose: () => session.dispose(),
    }
  },
})
const bits = (values: Float32Array) =>
  Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64')
const rowsOf = (...rows: number[]) => Int32Array.from(rows)
const labels = [{ name: 'style', values: ['plain', 'dialogue'] }]

const shapes = {
  'tiny, gain on queries and keys': {},
  'odd sizes, one key head, layer norm, biases': {
    width: 20,
    kvHeads: 1,
    headSize: 10,
    hidden: 28,
    norm: 'layer',
    normWeight: true,
    biases: true,
    qkNorm: 'none',
    tiedHead: true,
  },
  'as trained, four heads over two': {
    width: 128,
    heads: 4,
    kvHeads: 2,
    headSize: 32,
    hidden: 352,
    context: 140,
  },
} as const

describe('a causal network that keeps keys and values gives the same numbers, bit for bit', () => {
  for (const [shape, architecture] of Object.entries(shapes)) {
    for (const shift of [true, false]) {
      test(`${shape}${shift ? '' : ', not shifted'}`, async () => {
        const model = await tinyModel({ architecture, causal: true, shift, labels })
        const network = open(model)
        const lengths = [network.context - 1, 9, 30]
        const texts = lengths.map((length, i) => randomText(model, length, i))
        const reuse = texts.map(() => ({ of: new Int32Array() }))
        for (let step = 0; step < network.context - 1; step++) {
          const asks: Query[] = texts.flatMap((tokens, i) =>
            step < tokens.length ? [{ tokens, rows: rowsOf(step), reuse: reuse[i] }] : [],
          )
          const kept = await network.logits(asks)
          const plain = await network.logits(asks.map(({ reuse: _, ...ask }) => ask))
          for (const [i, row] of kept.entries()) expect(bits(row)).toBe(bits(plain[i]))
        }
      })
    }
  }

  test('when what was written changes, earlier rows are asked, others join, or one asks for many', async () => {
    const model = await tinyModel({ causal: true, architecture: { kvHeads: 1 } })
    for (const network of [open(model), open(model, false)]) {
      const of = new Int32Array()
      const ask = async (tokens: Int32Array, rows: Int32Array, beside: Query[] = []) => {
        const [kept] = await network.logits([{ tokens, rows, reuse: { of } }, ...beside])
        const [plain] = await network.logits([{ tokens, rows }])
        // fixed weights alone promise the bits
        expect(kept.length).toBe(plain.length)
        for (const [i, value] of kept.entries()) expect(value).toBeCloseTo(plain[i], 4)
        if (network === networks.at(-2)) expect(bits(kept)).toBe(bits(plain))
      }
      const tokens = randomText(model, 20, 1)
      await ask(tokens, rowsOf(15))
      tokens[7] = 70
      await ask(tokens, rowsOf(16))
      await ask(tokens, rowsOf(3))
      const other = randomText(model, 12, 2)
      await ask(tokens, rowsOf(2, 9, 17), [
        { tokens: other, rows: rowsOf(5), reuse: { of: new Int32Array(1) } },
        { tokens: other, rows: rowsOf(4) },
      ])
      tokens[0] = 71
      await ask(tokens, rowsOf(19))
    }
  })

  test('a text that is too long is refused', async () => {
    const model = await tinyModel({ causal: true })
    const network = open(model)
    const tokens = randomText(model, network.context + 1, 1)
    const asked = network.logits([{ tokens, rows: rowsOf(0), reuse: { of: new Int32Array() } }])
    await expect(asked).rejects.toThrow(`exceeds the ${network.context} this model can see`)
  })
})

test('no more is computed than can have changed', async () => {
  const model = await tinyModel({ causal: true })
  const positions: number[] = []
  const network = open(model, true, watching(cpu({ threads: 1 }), positions))
  const tokens = randomText(model, 40, 1)
  const reuse = { of: new Int32Array() }
  for (const row of [30, 31, 32]) await network.logits([{ tokens, rows: rowsOf(row), reuse }])
  // the begin token and what is written; then one position, which is never asked alone
  expect(positions).toEqual([31, 2, 2])
  tokens[25] = 70
  await network.logits([{ tokens, rows: rowsOf(33), reuse }])
  expect(positions.at(-1)).toBe(34 - 26)
})

test('a causal model writes the same frames with its cache as without', async () => {
  const model = await tinyModel({ causal: true, labels })
  const network = open(model)
  const canvases = [3, 0, 6].map((given, i) => ({
    tokens: Int32Array.from({ length: 40 }, (_, at) =>
      at < given ? randomText(model, given, i)[at] : network.maskId,
    ),
    state: Uint8Array.from({ length: 40 }, (_, at) => (at < given ? states.given : states.fog)),
  }))
  const frames = async (cache?: CacheName) => {
    const tasks = canvases.map((from, seed) => ({
      from,
      plan: makePlan({ seed, cache, guidance: seed === 2 ? 0.5 : 0 }, network),
    }))
    const all = []
    for await (const frame of denoiseBatch(network, tasks)) all.push(frame)
    return all
  }
  expect(makePlan({}, network).cache.name).toBe('exact')
  expect(await frames()).toEqual(await frames('none'))
})

describe('a network that sees blocks gives the same numbers, bit for bit', () => {
  for (const [shape, architecture] of Object.entries(shapes)) {
    test.each([1, 4, 7])(`${shape}: blocks of %i`, async (length) => {
      const blocks = { length, from: 1 + labels.length }
      const model = await tinyModel({
        architecture: { ...architecture, attention: 'block', blocks },
        shift: false,
        labels,
      })
      const network = open(model)
      const whole = randomText(model, 30, length)
      const tokens = new Int32Array(30).fill(network.maskId)
      const of = new Int32Array()
      for (let begin = 0; begin < tokens.length; begin += length) {
        const end = Math.min(tokens.length, begin + length)
        // from the last of a block to the first: whatever is written changes what all of it sees
        for (let at = end - 1; at >= begin; at--) {
          const rows = Int32Array.from({ length: at + 1 - begin }, (_, i) => begin + i)
          const [kept] = await network.logits([{ tokens, rows, reuse: { of } }])
          const [plain] = await network.logits([{ tokens, rows }])
          expect(bits(kept)).toBe(bits(plain))
          tokens[at] = whole[at]
        }
      }
    })
  }

  test('and no more is computed than the block, and the one before it when that has just been finished', async () => {
    const model = await tinyModel({
      architecture: { attention: 'block', blocks: { length: 8, from: 1 } },
      shift: false,
    })
    const windows: number[] = []
    const network = open(model, true, watching(cpu({ threads: 1 }), windows))
    const tokens = randomText(model, 24, 1)
    for (let at = 8; at < 24; at++) tokens[at] = network.maskId
    const reuse = { of: new Int32Array() }
    const ask = (at: number) => network.logits([{ tokens, rows: rowsOf(at), reuse }])
    for (const at of [9, 12]) {
      await ask(at)
      tokens[at] = 70
    }
    await ask(17)
    await ask(18)
    // the begin token and two blocks; a block; it and the next; the next again
    expect(windows).toEqual([17, 8, 16, 8])
  })

  test('a model of blocks writes the same frames with its cache as without', async () => {
    const blocks = { length: 4, from: 1 }
    const network = open(
      await tinyModel({ architecture: { attention: 'block', blocks }, shift: false }),
    )
    const from = {
      tokens: new Int32Array(16).fill(network.maskId),
      state: new Uint8Array(16).fill(states.fog),
    }
    const frames = async (cache?: CacheName) => {
      const tasks = [1, 2, 3].map((seed) => ({ from, plan: makePlan({ seed, cache }, network) }))
      const all = []
      for await (const frame of denoiseBatch(network, tasks)) all.push(frame)
      return all
    }
    expect(makePlan({}, network).cache.name).toBe('exact')
    expect(await frames()).toEqual(await frames('none'))
  })
})

describe('a network that sees both sides', () => {
  test('answers as the whole forward where the canvas did not change, and within its window', async () => {
    for (const architecture of Object.values(shapes)) {
      const model = await tinyModel({ architecture, labels, shift: false })
      const network = open(model)
      const tokens = randomText(model, 21, 4)
      for (let i = 8; i < 21; i++) tokens[i] = network.maskId
      const of = tokens.slice()
      const fresh = { from: 8, to: 14 }
      const rows = rowsOf(8, 9, 13)
      const [plain] = await network.logits([{ tokens, rows }])
      for (let times = 0; times < 2; times++) {
        const [kept] = await network.logits([{ tokens, rows, reuse: { of, fresh } }])
        expect(bits(kept)).toBe(bits(plain))
      }
      // everything computed anew is exact too, whatever is kept
      tokens[10] = 70
      const all = { of, fresh: { from: -2 } }
      const [anew] = await network.logits([{ tokens, rows, reuse: all }])
      const [exact] = await network.logits([{ tokens, rows }])
      expect(bits(anew)).toBe(bits(exact))
      // a window is not, beyond one block of the network
      const [approximate] = await network.logits([{ tokens, rows, reuse: { of, fresh } }])
      const furthest = Math.max(...approximate.map((value, i) => Math.abs(value - exact[i])))
      expect(furthest).toBeGreaterThan(1e-4)
      expect(furthest).toBeLessThan(10)
    }
  })

  test('keeps what a list had computed, each position as it was then', async () => {
    for (const shift of [true, false]) {
      const model = await tinyModel({
        architecture: shapes['tiny, gain on queries and keys'],
        labels,
        shift,
      })
      const network = open(model)
      const tokens = randomText(model, 21, 4)
      for (let i = 8; i < 21; i++) tokens[i] = network.maskId
      const of = tokens.slice()
      const answer = async (rows: number[], reuse?: Query['reuse']) =>
        bits((await network.logits([{ tokens, rows: rowsOf(...rows), reuse }]))[0])
      const listed = (at: number[], rows: number[]) =>
        answer(rows, { of, fresh: { at: Int32Array.from(at) } })
      // nothing has changed: whatever is computed anew, it is the whole forward
      const plain = await answer([9, 13])
      expect(await listed([], [9, 13])).toBe(plain)
      expect(await listed([9, 13, 20], [9, 13])).toBe(plain)
      // a changed word alone, between others that are kept, is what a window of it gives
      tokens[10] = 70
      const rows = shift ? [11] : [10]
      const window = { of: of.slice(), fresh: { from: 10, to: 11 } }
      expect(await listed([10], rows)).toBe(await answer(rows, window))
      // it is kept from then on
      const both = await listed([10, 15, 16], [16])
      expect(await listed([15, 16], [16])).toBe(both)
      expect(both).not.toBe(await answer([16]))
    }
  })
})
