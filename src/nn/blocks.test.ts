// Attention in blocks: one forward over noisy and clean text answers what a forward for each block would, its gradient
// is a difference, and nothing leaks from a block's own clean words, nor from later ones.
import { afterAll, describe, expect, test } from 'vitest'
import { expectedTensors, integerRows, parityPath } from '../../test/support/parity.ts'
import { randomWeights, tinyArchitecture } from '../../test/support/tiny-models.ts'
import { referenceLogits } from '../../test/support/transformer-reference.ts'
import { crossEntropy, emit, gradients, input, sum } from '../graph/index.ts'
import { blockMask } from '../graph/ops/attention-masks.ts'
import { seeded, stream } from '../random/index.ts'
import { cpu } from '../runtime/cpu.node.ts'
import type { HostTensor, Session } from '../runtime/index.ts'
import { type TransformerConfig, transformer } from './index.ts'

const sessions: Session[] = []
afterAll(async () => {
  for (const session of sessions) await session.dispose()
})

const length = 9
const from = 2
const configOf = (block: number): TransformerConfig => ({
  ...tinyArchitecture,
  context: 12,
  attention: 'block',
  blocks: { length: block, from },
})
const weightsOf = (config: TransformerConfig) =>
  Object.fromEntries(
    Object.entries(randomWeights(config, 3)).map(([name, { data, dims }]) => [
      name,
      { data: Float64Array.from(data), dims },
    ]),
  )
const maskId = 31
const uniform = stream(seeded(8), 'token')
const clean = Array.from({ length }, () => Math.floor(uniform() * 30))
const noisy = clean.map((id, i) => (i >= from && uniform() < 0.5 ? maskId : id))

const ints = (data: ArrayLike<number>, dims: readonly number[]): HostTensor => ({
  data: Int32Array.from(data),
  dims,
})

/** Asks a network for all rows of one canvas, or of a pair. */
async function asker(config: TransformerConfig, paired: boolean) {
  const ids = input('ids', 'int32', paired ? ['B', 2, 'L'] : ['B', 'L'])
  const logits = transformer(config).logits(ids, input('rows', 'int32', ['R']))
  const session = await cpu({ threads: 1 }).session(emit({ logits }, { precision: 'float64' }))
  sessions.push(session)
  const weights = weightsOf(config)
  return async (text: readonly number[]): Promise<number[][]> => {
    const dims = paired ? [1, 2, text.length / 2] : [1, text.length]
    const rows = ints([...text.keys()], [text.length])
    const { logits } = await session.run({ ...weights, ids: ints(text, dims), rows })
    const { data } = logits
    const size = config.vocabSize
    return text.map((_, r) => Array.from(data.subarray(r * size, (r + 1) * size)))
  }
}

const gap = (a: readonly ArrayLike<number>[], b: readonly ArrayLike<number>[]): number =>
  Math.max(...a.map((row, r) => Math.max(...Array.from(row, (v, i) => Math.abs(v - b[r][i])))))

const blockOf = (position: number, block: number) => Math.floor((position - from) / block)

describe.each([1, 2, 3, 7])('blocks of %i', (block) => {
  const config = configOf(block)

  test('noisy and clean text together are the plain loops in float64', async () => {
    const pair = [...noisy, ...clean]
    const ask = await asker(config, true)
    const expected = referenceLogits(config, weightsOf(config), pair, undefined, true)
    expect(gap(await ask(pair), expected)).toBeLessThan(1e-6)
  })

  test('each is asked as when it is written: behind finished blocks, before anything', async () => {
    const together = await (await asker(config, true))([...noisy, ...clean])
    const one = await asker(config, false)
    for (let start = from; start < length; start += block) {
      const end = Math.min(length, start + block)
      // what is behind the block does not matter, so that it may as well be there
      for (const rest of [[], clean.slice(end)]) {
        const canvas = [...clean.slice(0, start), ...noisy.slice(start, end), ...rest]
        const alone = await one(canvas)
        expect(gap(alone.slice(start, end), together.slice(start, end))).toBeLessThan(1e-12)
      }
    }
  })

  test('a clean word is seen from later blocks, and only from there', async () => {
    const ask = await asker(config, true)
    const before = await ask([...noisy, ...clean])
    for (let changed = from; changed < length; changed++) {
      const other = clean.map((id, i) => (i === changed ? (id + 1) % 30 : id))
      const after = await ask([...noisy, ...other])
      for (let row = from; row < length; row++) {
        const moved = gap([before[row]], [after[row]]) > 1e-9
        expect(moved).toBe(blockOf(changed, block) < blockOf(row, block))
      }
    }
  })

  test('gradients are differences', async () => {
    const network = transformer(config)
    const ids = input('ids', 'int32', ['B', 2, 'L'])
    const targets = input('targets', 'int32', ['R'])
    const loss = sum(crossEntropy(network.logits(ids, input('rows', 'int32', ['R'])), targets))
    const slopes = gradients(loss, network.parameters)
    const outputs = Object.fromEntries(
      slopes.map((slope, i) => [`grad.${network.parameters[i].name}`, slope]),
    )
    const session = await cpu({ threads: 1 }).session(
      emit({ loss, ...outputs }, { precision: 'float64' }),
    )
    sessions.push(session)
    const weights = weightsOf(config)
    const rows = [...noisy.keys()].filter((i) => noisy[i] === maskId)
    const feeds = {
      ...weights,
      ids: ints([...noisy, ...clean], [1, 2, length]),
      rows: ints(rows, [rows.length]),
      targets: ints(
        rows.map((row) => clean[row]),
        [rows.length],
      ),
    }
    const result = await session.run(feeds)
    const next = stream(seeded(6), 'data')
    for (const name of ['embed', 'block.0.attn.qkv', 'block.1.attn.qkv', 'block.0.attn.knorm']) {
      const { data } = weights[name]
      const kept = data.slice()
      const direction = Float64Array.from(data, () => next() - 0.5)
      const at = async (step: number) => {
        for (let i = 0; i < data.length; i++) data[i] = kept[i] + step * direction[i]
        return (await session.run(feeds)).loss.data[0]
      }
      const h = 1e-5
      const difference = ((await at(h)) - (await at(-h))) / (2 * h)
      data.set(kept)
      const slope = result[`grad.${name}`].data as Float64Array
      const along = slope.reduce((total, g, i) => total + g * direction[i], 0)
      expect(Math.abs(along - difference)).toBeLessThan(1e-7 * Math.max(1, Math.abs(along)))
    }
  })
})

test('one block over everything is full attention, and the clean text is not seen', async () => {
  const config = { ...configOf(1), blocks: { length: 12, from: 0 } }
  const { blocks: _, ...open } = { ...config, attention: 'full' as const }
  const full = await (await asker(open, false))(noisy)
  const paired = (await (await asker(config, true))([...noisy, ...clean])).slice(0, length)
  expect(gap(await (await asker(config, false))(noisy), full)).toBeLessThan(1e-12)
  expect(gap(paired, full)).toBeLessThan(1e-12)
})

test.skipIf(!parityPath('bd3lm'))('the mask is that of the released code', async () => {
  const recorded = integerRows((await expectedTensors('bd3lm')).get('mask_2n')!)
  const size = recorded.length
  const blocks = { length: 4, from: 0, context: size / 2, paired: true }
  const session = await cpu({ threads: 1 }).session(emit({ mask: blockMask(size, blocks) }))
  sessions.push(session)
  const { mask } = await session.run({})
  expect(Array.from(mask.data, (v) => Number(v === 0))).toEqual(recorded.flat())
})
