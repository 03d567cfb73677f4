// What a network answers: the rows that framing promises (against plain loops in float64), and the same numbers, bit
// for bit, whoever else is in the batch.
import { afterAll, describe, expect, test } from 'vitest'
import { randomText, type TinyModel, tinyModel } from '../../test/support/tiny-models.ts'
import { referenceLogits } from '../../test/support/transformer-reference.ts'
import { UnfogError } from '../error/index.ts'
import { parameterShapes } from '../nn/index.ts'
import { below, seeded, stream } from '../random/index.ts'
import { cpu } from '../runtime/cpu.node.ts'
import type { Device } from '../runtime/index.ts'
import { framing, longestText, writePrefix } from './framing.ts'
import { type Network, openNetwork } from './network.ts'
import { formOf, quantiseWeights, storedShapes } from './quantise.ts'
import type { Query } from './query.ts'

const networks: Network[] = []
afterAll(async () => {
  for (const network of networks) await network.dispose()
})
function open(
  { config, tokenizer, weights }: TinyModel,
  device: Device = cpu({ threads: 1 }),
  fixed = true,
): Network {
  const network = openNetwork(device, config, tokenizer, weights, { fixed })
  networks.push(network)
  return network
}

const labels = [
  { name: 'style', values: ['plain', 'dialogue'] },
  { name: 'who', values: ['Lily', 'Max', 'Ben'] },
]
const rowsOf = (...rows: number[]) => Int32Array.from(rows)

describe('position i is predicted from row prefix + i - shift', () => {
  for (const causal of [false, true]) {
    for (const shift of [false, true]) {
      for (const said of [[], labels]) {
        const name = `${causal ? 'causal' : 'full'}, ${shift ? 'shifted' : 'not shifted'}, ${said.length} labels`
        test(name, async () => {
          const model = await tinyModel({ causal, shift, labels: said })
          const { config, tokenizer, weights } = model
          const network = open(model)
          const given =
            said.length > 0 ? [tokenizer.labels[0].ids[1], tokenizer.labels[1].ids[2]] : []
          const unsaid = tokenizer.labels.map(({ unknown }) => unknown)
          const queries: Query[] = [
            { tokens: randomText(model, 6, 1), rows: rowsOf(0, 2, 5), labels: given },
            { tokens: randomText(model, 9, 2), rows: rowsOf(8) },
            { tokens: randomText(model, 1, 3), rows: rowsOf(0), labels: unsaid },
            { tokens: randomText(model, 4, 4), rows: rowsOf() },
          ]
          if (!causal) for (const { tokens } of queries) tokens[0] = network.maskId
          const answers = await network.logits(queries)
          queries.forEach(({ tokens, rows, labels }, q) => {
            const { bos, eos } = tokenizer.special
            const end = config.text.exactLength && !causal ? [eos] : []
            const canvas = [bos, ...Array.from(labels ?? unsaid), ...tokens, ...end]
            const expected = referenceLogits(config.architecture, weights, canvas)
            expect(answers[q].length).toBe(rows.length * network.vocabSize)
            rows.forEach((position, r) => {
              const row = expected[1 + said.length + position - (shift ? 1 : 0)]
              for (let id = 0; id < network.vocabSize; id++) {
                const got = answers[q][r * network.vocabSize + id]
                if (network.banned.includes(id)) expect(got).toBeLessThan(-1e8)
                // float32 through two blocks
                else expect(Math.abs(got - row[id])).toBeLessThan(1e-4)
              }
            })
          })
        })
      }
    }
  }
})

describe('framing', () => {
  test('a causal model of exact lengths ends its texts, every other one does not', async () => {
    for (const [causal, exactLength, ends] of [
      [true, true, true],
      [true, false, false],
      [false, true, false],
      [false, false, false],
    ]) {
      const model = await tinyModel({ causal, exactLength, labels })
      const { config, tokenizer } = model
      const { eos } = tokenizer.special
      const network = open(model)
      expect(network.eosId).toBe(ends ? eos : undefined)
      // an end token is predicted where texts end, and inside packed windows, which hold ends; never in one exact text
      expect(network.banned.includes(eos)).toBe(exactLength && !causal)
      expect([...network.banned]).toEqual(expect.arrayContaining([...tokenizer.banned]))
      // begin, two labels, and room for an end, which a masked model leaves free
      expect(longestText(config, tokenizer)).toBe(48 - 3 - (exactLength ? 1 : 0))
      expect(network.context).toBe(longestText(config, tokenizer) + (ends ? 1 : 0))
    }
  })

  test('a prefix is the begin token and a slot for each label', async () => {
    const { config, tokenizer } = await tinyModel({ labels })
    const frame = framing(config, tokenizer, false)
    const [style, who] = tokenizer.labels
    const canvas = new Int32Array(5)
    writePrefix(frame, canvas, [style.ids[0], who.ids[1]])
    expect([...canvas]).toEqual([tokenizer.special.bos, style.ids[0], who.ids[1], 0, 0])
    writePrefix(frame, canvas)
    expect([...canvas.slice(0, 3)]).toEqual([tokenizer.special.bos, style.unknown, who.unknown])
    expect(frame.prefix).toBe(3)
  })

  test('a text that is too long is refused, the longest is not', async () => {
    const model = await tinyModel()
    const network = open(model)
    const query = (length: number) => ({ tokens: randomText(model, length, 1), rows: rowsOf(0) })
    await network.logits([query(network.context)])
    const error = await network.logits([query(network.context + 1)]).catch((error) => error)
    expect(error).toBeInstanceOf(UnfogError)
    expect(error.code).toBe('context_length')
    expect(error.message).toBe(
      `a text of ${network.context + 1} tokens exceeds the ${network.context} this model can see`,
    )
  })
})

describe('losses', () => {
  test('are -log of the probability that the logits give the targets, fixed weights or not', async () => {
    const model = await tinyModel({ labels })
    const [fixed, loose] = [open(model), open(model, undefined, false)]
    const tokens = randomText(model, 7, 1)
    const rows = rowsOf(0, 3, 6)
    const targets = rowsOf(70, 71, 200)
    const masked = tokens.map((id, i) => (rows.includes(i) ? fixed.maskId : id))
    const query = { tokens: masked, rows, targets }
    const single = { tokens: masked, rows: rowsOf(3), targets: rowsOf(71) }
    const [logits] = await fixed.logits([query])
    const expected = [...targets].map((target, r) => {
      const row = logits.subarray(r * fixed.vocabSize, (r + 1) * fixed.vocabSize)
      return Math.log(row.reduce((sum, logit) => sum + Math.exp(logit), 0)) - row[target]
    })
    for (const network of [fixed, loose]) {
      const [all, one, none] = await network.losses([
        query,
        single,
        { tokens: masked, rows: rowsOf(), targets: rowsOf() },
      ])
      expect(all.length).toBe(3)
      all.forEach((nats, i) => {
        expect(nats).toBeCloseTo(expected[i], 4)
      })
      expect(one[0]).toBeCloseTo(expected[1], 4)
      expect(none.length).toBe(0)
      // a single row of the whole batch
      expect((await network.losses([single]))[0][0]).toBeCloseTo(expected[1], 4)
    }
  })

  test('weights that are not fixed are read at every run', async () => {
    const model = await tinyModel()
    const network = open(model, undefined, false)
    const query = { tokens: randomText(model, 5, 1), rows: rowsOf(1, 2), targets: rowsOf(70, 71) }
    const [before] = await network.losses([query])
    const kept = model.weights.head.data.slice()
    model.weights.head.data.fill(0)
    const [flat] = await network.losses([query])
    model.weights.head.data.set(kept)
    const [after] = await network.losses([query])
    for (const nats of flat) {
      expect(nats).toBeCloseTo(Math.log(network.vocabSize - network.banned.length), 5)
    }
    expect(after).toEqual(before)
  })
})

describe('the numbers of a text do not depend on its batch, bit for bit', () => {
  // The sizes that models are made in, and sizes that no vector width divides.
  const shapes = {
    tiny: {},
    odd: {
      width: 20,
      kvHeads: 1,
      headSize: 10,
      hidden: 28,
      norm: 'layer',
      normWeight: true,
      biases: true,
      tiedHead: true,
    },
    'as trained': {
      width: 128,
      heads: 4,
      kvHeads: 4,
      headSize: 32,
      hidden: 352,
      context: 140,
    },
  } as const
  const bits = (values: Float32Array) =>
    Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64')

  for (const [shape, architecture] of Object.entries(shapes)) {
    for (const causal of [false, true]) {
      for (const threads of shape === 'as trained' ? [1, 2] : [1]) {
        test(`${shape}, ${causal ? 'causal' : 'full'}, ${threads} threads`, async () => {
          const model = await tinyModel({ architecture, causal, labels })
          const network = open(model, cpu({ threads }))
          const uniform = stream(seeded(causal ? 2 : 1), 'data')
          const some = (most: number) => 1 + below(most, uniform())
          /** @param asked how many rows; any number without */
          const query = (length: number, asked = some(length)): Query => {
            const tokens = randomText(model, length, some(2 ** 20))
            const masked = tokens.map((id) => (!causal && uniform() < 0.5 ? network.maskId : id))
            const rows = Array.from(tokens.keys(), (row) => ({ row, key: uniform() }))
              .sort((a, b) => a.key - b.key)
              .slice(0, asked)
              .map(({ row }) => row)
            return { tokens: masked, rows: Int32Array.from(rows).sort() }
          }
          const longest = Math.min(network.context, 120)
          /** alone and at a place among peers whose lengths are drawn by `other` */
          const compare = async (own: Query, peers: number, other: () => number) => {
            const [alone] = await network.logits([own])
            const batch = Array.from({ length: peers }, () => query(other()))
            const at = below(peers + 1, uniform())
            batch.splice(at, 0, own)
            const together = (await network.logits(batch))[at]
            expect(bits(together)).toBe(bits(alone))
          }
          for (const length of [1, 2, 7, 8, 15, 16, 17, 31, 40]) {
            const members = [1, some(6), length < 17 ? 63 : 12]
            for (const peers of members) {
              // one row only is the product that kernels treat apart
              await compare(query(length, 1), peers, () => some(longest))
              await compare(query(length), peers, () => length)
              await compare(query(length), peers, () => some(length))
              await compare(query(length), 1, () => longest)
            }
          }
          // nor on which other rows are asked
          const long = query(33, 33)
          const [all] = await network.logits([long])
          for (const rows of [[0], [5, 32], [1, 2, 3, 30]]) {
            const [part] = await network.logits([{ ...long, rows: Int32Array.from(rows) }])
            const same = rows.flatMap((row) => [
              ...all.subarray(row * network.vocabSize, (row + 1) * network.vocabSize),
            ])
            expect(bits(part)).toBe(bits(Float32Array.from(same)))
          }
        })
      }
    }
  }

  test('nor on how many logits fit into memory at once', async () => {
    // more than 2^23 logits: asked in two runs
    const model = await tinyModel({ architecture: { layers: 1, context: 140 } })
    const network = open(model)
    const rows = Int32Array.from({ length: 130 }, (_, i) => i)
    const queries = Array.from({ length: 260 }, (_, i) => ({
      tokens: randomText(model, 130, i % 3),
      rows,
    }))
    expect(260 * 130 * network.vocabSize).toBeGreaterThan(2 ** 23)
    const answers = await network.logits(queries)
    expect(answers.length).toBe(260)
    const [alone] = await network.logits([queries[0]])
    for (const i of [0, 129, 258]) expect(bits(answers[i])).toBe(bits(alone))
  })
})

describe('with quantised weights', () => {
  for (const form of ['int8', 'int4'] as const) {
    for (const tiedHead of [false, true]) {
      const name = `${form}, head ${tiedHead ? 'tied' : 'of its own'}`
      test(`${name}: the numbers of the weights it holds, the same bits in any batch`, async () => {
        const model = await tinyModel({ architecture: { tiedHead } })
        const shapes = parameterShapes(model.config.architecture)
        const floats = new Map(Object.entries(model.weights).map(([n, { data }]) => [n, data]))
        const bytes = quantiseWeights(floats, shapes, form, 'all')
        const stored = storedShapes(shapes, (n) => formOf(bytes.get(n)))
        const weights = Object.fromEntries(
          Object.entries(stored).map(([n, dims]) => [n, { data: bytes.get(n)!, dims }]),
        )
        const open = (fixed: boolean, decomposed: boolean) => {
          const device = cpu({ threads: 1 })
          const apart = decomposed
            ? { ...device, decomposed: ['int8Matmul', 'int4Matmul'] }
            : device
          const network = openNetwork(apart, model.config, model.tokenizer, weights, { fixed })
          networks.push(network)
          return network
        }
        const queries = [6, 9, 1, 14].map((length, seed) => ({
          tokens: randomText(model, length, seed + 1),
          rows: Int32Array.from({ length }, (_, i) => i),
        }))
        const [own, fed, meaning] = [open(true, false), open(false, false), open(true, true)]
        const together = await own.logits(queries)
        for (const [i, query] of queries.entries()) {
          expect((await own.logits([query]))[0]).toEqual(together[i])
        }
        const [inputs, exact] = [await fed.logits(queries), await meaning.logits(queries)]
        together.forEach((part, i) => {
          part.forEach((logit, at) => {
            // activations of int8 are rounded to 1/127 of their row, through two blocks
            const near = form === 'int8' ? 0.5 : 1e-4
            if (logit > -1e8) expect(Math.abs(logit - exact[i][at])).toBeLessThan(near)
            if (logit > -1e8) expect(Math.abs(logit - inputs[i][at])).toBeLessThan(1e-4)
          })
        })
      })
    }
  }
})
