// Folders as their makers released them, through the public interface: recognised, asked, written with, refused.
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  expectedTensors,
  integerRows,
  parityPath,
  worstDifference,
} from '../../test/support/parity.ts'
import { cpu } from '../runtime/cpu.node.ts'
import { folderStore } from '../store/folder.node.ts'
import { memoryStore, type Store, writeText } from '../store/index.ts'
import { loadModel } from './load.node.ts'
import { Model } from './model.ts'
import { openModel } from './open-model.ts'

const device = cpu({ threads: 1 })
const folder = folderStore(parityPath('llada')!)

/** The folder of a fixture in memory, with some files exchanged (text or bytes) or taken out. */
async function copyOf(
  changes: Record<string, string | Uint8Array | undefined> = {},
): Promise<Store> {
  const store = memoryStore()
  for (const file of ['config.json', 'model.safetensors']) {
    if (!(file in changes)) await store.write(file, await folder.read(file))
  }
  for (const [file, content] of Object.entries(changes)) {
    if (typeof content === 'string') await writeText(store, file, content)
    else if (content) await store.write(file, content)
  }
  return store
}

const config = JSON.parse(readFileSync(`${parityPath('llada')}/config.json`, 'utf8'))
const open = async (store: Store) => new Model(await openModel(store, device))

/** Byte-level BPE over single letters, with LLaDA's kind of special tokens: ids 93 to 95. */
const tokenizerJson = JSON.stringify({
  version: '1.0',
  added_tokens: ['<|endoftext|>', '<|eot_id|>', '<|mdm_mask|>'].map((content, i) => ({
    id: 93 + i,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  })),
  normalizer: null,
  pre_tokenizer: {
    type: 'ByteLevel',
    add_prefix_space: false,
    trim_offsets: true,
    use_regex: true,
  },
  post_processor: null,
  decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
  model: {
    type: 'BPE',
    dropout: null,
    unk_token: null,
    vocab: Object.fromEntries(
      [...'abcdefghijklmnopqrstuvwxyz<|>_.,ĠABCDEFGHIJKLMNOPQRSTUVWXYZ'].map((c, id) => [c, id]),
    ),
    merges: [],
  },
})

let model: Awaited<ReturnType<typeof loadModel>>
let speaking: Model
beforeAll(async () => {
  model = await loadModel(parityPath('llada')!, { device })
  speaking = await open(await copyOf({ 'tokenizer.json': tokenizerJson }))
})
afterAll(async () => {
  await model.dispose()
  await speaking.dispose()
})

describe('a released folder', () => {
  test('is recognised, and its logits are those of its own code', async () => {
    expect(model.config).toMatchObject({
      name: 'llada',
      shift: false,
      text: { special: { mask: 95, eos: 93, pad: 93 } },
      weights: { dtype: 'f32' },
    })
    expect(model.context).toBe(128)
    const expected = await expectedTensors('llada')
    const ids = integerRows(expected.get('input_ids')!)
    const attentionMask = integerRows(expected.get('attention_mask')!)
    const { data, dims } = await model.logits({ ids, attentionMask })
    expect(dims).toEqual([2, 16, 96])
    const seen = (row: number) => attentionMask.flat()[row] === 1
    expect(worstDifference(data, expected.get('logits')!, 96, seen)).toBeLessThan(2e-4)
  })

  test('without tokenizer.json fails only on text, in one sentence', async () => {
    const sentence = /^this model came without tokenizer\.json.*into its folder$/
    await expect(model.complete({ prompt: 'a' })).rejects.toThrow(sentence)
    await expect(model.score('a')).rejects.toThrow(sentence)
  })

  test('beside other formats and other .safetensors files is the same model', async () => {
    const store = await copyOf({
      'consolidated.safetensors': 'not one',
      'pytorch_model.bin': 'x',
      'model.safetensors.index.json': '{}',
    })
    const other = await open(store)
    const ids = [[1, 2, 95]]
    expect((await other.logits({ ids })).data).toEqual((await model.logits({ ids })).data)
    await other.dispose()
  })

  test('saved by unfog is the same model', async () => {
    const store = memoryStore()
    await speaking.saveTo(store)
    const again = await open(store)
    const ids = [[1, 2, 95]]
    expect((await again.logits({ ids })).data).toEqual((await model.logits({ ids })).data)
    expect([...again.tokenizer.encode('a b.')]).toEqual([...speaking.tokenizer.encode('a b.')])
    await again.dispose()
  })
})

describe('text of a released model', () => {
  test('never becomes a special token, however it is written', async () => {
    const { tokenizer } = speaking
    const text = 'a <|mdm_mask|> b <|eot_id|>'
    const ids = [...tokenizer.encode(text)]
    expect(ids.every((id) => id < 93)).toBe(true)
    expect(tokenizer.decode(ids)).toBe(text)
    // as tokens they print as nothing
    expect(tokenizer.decode([0, 95, 94, 1])).toBe('ab')
    expect(tokenizer.token(95)).toBe('<|mdm_mask|>')
  })

  test('a mask written in a prompt stays text: it is given, and no fog', async () => {
    const prompt = 'a<|mdm_mask|>b'
    let first: Uint8Array | undefined
    for await (const frame of speaking.generate({ prompt, maximum: prompt.length + 4, seed: 1 })) {
      first ??= frame.state
      expect(frame.text.startsWith(prompt)).toBe(true)
    }
    expect([...first!]).toEqual([...prompt].map(() => 0).concat([1, 1, 1, 1]))
  })

  test('writes, ends at its end token, and keeps its promise about batches', async () => {
    const options = { prompt: 'abc', maximum: 16, seed: 4, temperature: 1 }
    const alone = await speaking.complete(options)
    const [, among] = await speaking.complete([{ prompt: 'x', maximum: 30 }, options])
    expect(among.text).toBe(alone.text)
    expect(alone.text.startsWith('abc')).toBe(true)
  })

  test('is scored by a bound', async () => {
    const score = await speaking.score('abcabc', { precision: 0.3, seconds: 5 })
    expect(score.exact).toBe(false)
    expect(score.nats).toBeGreaterThan(0)
  })
})

describe('a folder that cannot be used is refused in one sentence', () => {
  const refused = async (changes: Record<string, string | Uint8Array | undefined>) => {
    const error = await openModel(await copyOf(changes), device).then(
      () => undefined,
      (cause) => cause,
    )
    expect(error?.message).not.toContain('\n')
    return error
  }
  const configWith = (more: object) => JSON.stringify({ ...config, ...more })

  test('another family, other settings, sizes beyond reason', async () => {
    const cases: [object, string][] = [
      [{ model_type: 'gpt2' }, 'model_type is "gpt2", but the families known here are llada'],
      [{ alibi: true }, 'alibi is true'],
      [{ d_model: 33 }, 'headSize is 8.25'],
      [{ n_layers: 1e9 }, 'architecture.layers is 1000000000'],
      [{ n_layers: 3 }, 'lacks the tensor "model.transformer.blocks.2.attn_norm.weight"'],
      [{ n_layers: 1 }, 'which its config.json does not call for'],
      [{ mlp_hidden_size: 64 }, 'in the shape [72,32], but its config.json calls for [64,32]'],
    ]
    for (const [more, sentence] of cases) {
      const error = await refused({ 'config.json': configWith(more) })
      expect(error).toMatchObject({ code: 'bad_model' })
      expect(error.message).toContain(sentence)
    }
  })

  test('no weights, a damaged index, an index that leads out of the folder', async () => {
    const file = 'model.safetensors.index.json'
    const cases: [Record<string, string | undefined>, string][] = [
      [{}, 'holds neither model.safetensors nor model.safetensors.index.json'],
      [{ [file]: 'x' }, 'is not valid JSON'],
      [{ [file]: '{}' }, 'has no weight_map'],
      [{ [file]: '{"weight_map":{"a":"../a.safetensors"}}' }, 'which is no file name'],
      [{ [file]: '{"weight_map":{"a":"b.safetensors"}}' }, 'lacks "b.safetensors"'],
    ]
    for (const [changes, sentence] of cases) {
      const error = await refused({ 'model.safetensors': undefined, ...changes })
      expect(error).toMatchObject({ code: 'bad_model' })
      expect(error.message).toContain(sentence)
    }
  })

  test('a tokenizer that is none, or has ids the model has not', async () => {
    const big = JSON.parse(tokenizerJson)
    big.model.vocab.z = 96
    const cases = [
      ['[', 'is not valid JSON'],
      ['{"added_tokens":[]}', 'it has no vocabulary'],
      ['{"added_tokens":{}}', 'its added_tokens are not a list'],
      [JSON.stringify(big), 'it has the token id 96, and the model has ids 0 to 95'],
      [tokenizerJson.replace('"decoder":{"type":"ByteLevel"', '"decoder":{"type":"X"'), 'Decoder'],
    ]
    for (const [content, sentence] of cases) {
      const error = await refused({ 'tokenizer.json': content })
      expect(error).toMatchObject({ code: 'bad_tokenizer' })
      expect(error.message).toContain(sentence)
    }
  })

  test('an attention mask that is none', async () => {
    const ids = [[1, 2]]
    await expect(model.logits({ ids, attentionMask: [[1]] })).rejects.toMatchObject({
      code: 'bad_shape',
    })
    await expect(model.logits({ ids, attentionMask: [[1, 2]] })).rejects.toThrow(
      'attentionMask holds 2',
    )
  })
})
