// What every family must do: give the logits that the released modelling code gives, from the folder as it is. The
// checkpoints are tiny and random, with weights so large that one wrong norm, bias, angle or mask moves a logit by
// more than 1; two kernels of the same maths differ by 5e-5.
import { afterAll, describe, expect, test } from 'vitest'
import {
  expectedTensors,
  integerRows,
  parityPath,
  worstDifference,
} from '../../../test/support/parity.ts'
import { parameterShapes } from '../../nn/index.ts'
import { cpu } from '../../runtime/cpu.node.ts'
import type { HostTensor } from '../../runtime/index.ts'
import { folderStore } from '../../store/folder.node.ts'
import { releasedTokenizer } from '../../text/index.ts'
import { type Network, openNetwork } from '../network.ts'
import { openModelFolder } from '../open.ts'
import { ConfigFields, families } from './index.ts'

const tolerance = 2e-4

/** folder → family, and the tensors of its expected.safetensors that hold logits: masked, and with all to see */
const fixtures: Record<string, { family: keyof typeof families; masked?: string; open: string }> = {
  llada: { family: 'llada', masked: 'logits', open: 'logits_no_attention_mask' },
  dream: { family: 'dream', masked: 'logits', open: 'logits_no_attention_mask' },
  'dream-bf16': { family: 'dream', open: 'logits_float32_compute' },
  mdlm: { family: 'mdlm', open: 'logits' },
  'a2d-llama': { family: 'a2d-llama', masked: 'logits', open: 'logits_no_attention_mask' },
  'a2d-qwen2': { family: 'a2d-qwen2', masked: 'logits', open: 'logits_no_attention_mask' },
  'a2d-qwen3': { family: 'a2d-qwen3', masked: 'logits', open: 'logits_no_attention_mask' },
  'a2d-qwen3-sharded': { family: 'a2d-qwen3', masked: 'logits', open: 'logits_no_attention_mask' },
}

const opened: Network[] = []
afterAll(async () => {
  for (const network of opened) await network.dispose()
})

async function open(folder: string): Promise<Network> {
  const { config, tokenizerJson, names, tensor } = await openModelFolder(
    folderStore(parityPath(folder)!),
  )
  const { architecture, text } = config
  const shapes = parameterShapes(architecture)
  expect(new Set(names)).toEqual(new Set(Object.keys(shapes)))
  const weights: Record<string, HostTensor> = {}
  for (const name of names) weights[name] = { data: await tensor(name), dims: shapes[name] }
  const tokenizer = releasedTokenizer(tokenizerJson, text.special!, architecture.vocabSize)
  const network = openNetwork(cpu({ threads: 1 }), config, tokenizer, weights)
  opened.push(network)
  return network
}

/** Raw logits of all positions. */
async function logitsOf(network: Network, ids: number[][], seen?: number[][]) {
  const rows = Int32Array.from(ids[0], (_, i) => i)
  const parts = await network.rawLogits(
    ids.map((row, b) => ({ tokens: Int32Array.from(row), rows, visible: seen?.[b] })),
  )
  return parts.flatMap((part) => [...part])
}

test('every family has a fixture', () => {
  const held = new Set(Object.values(fixtures).map(({ family }) => family))
  expect(held).toEqual(new Set(Object.keys(families)))
})

for (const [folder, { family, masked, open: unmasked }] of Object.entries(fixtures)) {
  describe.skipIf(!parityPath(folder))(`${families[family].name}, from ${folder}`, () => {
    test('gives the logits of the released code, padding or none', async () => {
      const network = await open(folder)
      const expected = await expectedTensors(folder)
      const ids = integerRows(expected.get('input_ids')!)
      const all = await logitsOf(network, ids)
      expect(worstDifference(all, expected.get(unmasked)!, network.vocabSize)).toBeLessThan(
        tolerance,
      )
      if (!masked) return
      const seen = integerRows(expected.get('attention_mask')!)
      expect(seen.flat()).toContain(0)
      const some = await logitsOf(network, ids, seen)
      const counts = (row: number) => seen.flat()[row] === 1
      const worst = worstDifference(some, expected.get(masked)!, network.vocabSize, counts)
      expect(worst).toBeLessThan(tolerance)
      // a mask that nobody minds would be no mask
      expect(
        worstDifference(all, expected.get(masked)!, network.vocabSize, counts),
      ).toBeGreaterThan(1)
    })
  })
}

describe('Dream', () => {
  test('predicts a position by the row before it, and the first by its own', async () => {
    const network = await open('dream')
    const expected = await expectedTensors('dream')
    const ids = integerRows(expected.get('input_ids')!)
    const rows = Int32Array.from(ids[0], (_, i) => i)
    const { data, shape } = expected.get('logits_no_attention_mask')!
    const queries = ids.map((row) => ({ tokens: Int32Array.from(row), rows }))
    const [, length, width] = shape
    const shifted = Array.from({ length: ids.length * length }, (_, row) => {
      const from = row - (row % length === 0 ? 0 : 1)
      return [...(data as Float32Array).subarray(from * width, (from + 1) * width)]
    }).flat()
    const parts = (await network.logits(queries)).flatMap((part) => [...part])
    const tensor = { dtype: 'F32', shape, data: Float32Array.from(shifted) } as const
    expect(worstDifference(parts, tensor, width)).toBeLessThan(tolerance)
  })
})

describe('a config is read field by field', () => {
  const fields = (json: object) => new ConfigFields(json as Record<string, unknown>, 'config.json')
  const llada = { model_type: 'llada', d_model: 32, n_heads: 4, n_layers: 2, vocab_size: 96 }

  test('what a family cannot follow is refused by name', () => {
    const read = (more: object) => () => families.llada.read(fields({ ...llada, ...more }))
    expect(read({})).toThrow(
      'config.json: max_sequence_length is missing, but for this family it must be a whole number of at least 1',
    )
    const whole = { ...llada, max_sequence_length: 8, mask_token_id: 95 }
    expect(read(whole)).not.toThrow()
    for (const more of [
      { alibi: true },
      { rope: false },
      { block_type: 'sequential' },
      { layer_norm_type: 'default' },
      { mask_token_id: 96 },
      { rms_norm_eps: 'small' },
      { n_heads: 2.5 },
    ]) {
      expect(read({ ...whole, ...more })).toThrow(`config.json: ${Object.keys(more)[0]} is`)
    }
  })

  test('time conditioning, which unfog does not have, is refused', () => {
    expect(() => families.mdlm.read(fields({ time_conditioning: true }))).toThrow(
      'time_conditioning is true, but for this family it must be false',
    )
  })

  test('both layouts of the Hugging Face libraries say the same', () => {
    const shape = { vocab_size: 96, hidden_size: 32, num_hidden_layers: 1, num_attention_heads: 4 }
    const rest = { intermediate_size: 64, max_position_embeddings: 64, mask_token_id: 1 }
    const four = fields({ ...shape, ...rest, rope_theta: 5e5 })
    const five = fields({
      ...shape,
      ...rest,
      rope_parameters: { rope_theta: 5e5, rope_type: 'default' },
    })
    const read = (config: ConfigFields) => {
      const release = families.dream.read(config)
      return { ...release, tensors: release.tensors() }
    }
    expect(read(five)).toEqual(read(four))
    expect(families.dream.read(four).architecture.ropeTheta).toBe(5e5)
    const scaled = fields({ ...shape, ...rest, rope_parameters: { rope_type: 'yarn' } })
    expect(() => families.dream.read(scaled)).toThrow('rope_parameters: rope_type is "yarn"')
  })
})
