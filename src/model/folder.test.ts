import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { UnfogError } from '../error/index.ts'
import { folderStore } from '../store/folder.node.ts'
import { memoryStore, readText, type Store, writeText } from '../store/index.ts'
import type { ModelConfig } from './config.ts'
import {
  type ModelParts,
  readModelFolder,
  type Shapes,
  type Weight,
  writeModelFolder,
} from './folder.ts'
import { fromBf16, toBf16 } from './half.ts'
import { writeSafetensors } from './safetensors.ts'

const folder = mkdtempSync(join(tmpdir(), 'unfog-model-'))
afterAll(() => rmSync(folder, { recursive: true }))

const config: ModelConfig = {
  unfog: 1,
  name: 'tiny',
  architecture: {
    vocabSize: 4,
    width: 2,
    layers: 1,
    heads: 1,
    kvHeads: 1,
    headSize: 2,
    hidden: 3,
    activation: 'gelu',
    norm: 'rms',
    normWeight: false,
    normEps: 1e-5,
    qkNorm: 'plain',
    ropeTheta: 10000,
    biases: false,
    tiedHead: true,
    attention: 'full',
    context: 8,
  },
  shift: false,
  noise: { process: 'masked', schedule: 'linear' },
  text: { documents: 'line', exactLength: false, labels: [] },
  weights: { dtype: 'bf16' },
}
const expected = ({ architecture: { vocabSize, width, hidden } }: ModelConfig): Shapes => ({
  embed: [vocabSize, width],
  'block.0.up': [width, hidden],
})
const parts = (seed = 1, over: Partial<ModelParts> = {}): ModelParts => ({
  config,
  tokenizer: { version: '1.0', model: { vocab: { fog: seed } } },
  tensors: [
    {
      name: 'embed',
      shape: [4, 2],
      data: Float32Array.from({ length: 8 }, (_, i) => Math.sin(seed + i)),
    },
    {
      name: 'block.0.up',
      shape: [2, 3],
      data: Float32Array.from({ length: 6 }, (_, i) => seed / (i + 1)),
    },
  ],
  card: `# tiny ${seed}\n`,
  ...over,
})
const withDtype = (dtype: 'bf16' | 'f32', seed = 1) =>
  parts(seed, { config: { ...config, weights: { dtype } } })

const refusal = async (store: Store): Promise<UnfogError> => {
  const error = await readModelFolder(store, expected).catch((reason) => reason)
  expect(error).toBeInstanceOf(UnfogError)
  expect(error.message).not.toContain('\n')
  return error
}
const filesOf = async (store: Store) =>
  Object.fromEntries(
    await Promise.all((await store.list('')).map(async (path) => [path, await store.read(path)])),
  )

const stores: Record<string, (name: string) => Store> = {
  folder: (name) => folderStore(join(folder, name)),
  memory: () => memoryStore(),
}
for (const [kind, make] of Object.entries(stores)) {
  describe(`in a ${kind} store`, () => {
    for (const dtype of ['bf16', 'f32'] as const) {
      test(`${dtype} weights come back bit for bit, and save to the same bytes`, async () => {
        const store = make(dtype)
        await writeModelFolder(store, withDtype(dtype))
        const files = await filesOf(store)
        expect(Object.keys(files)).toEqual([
          'README.md',
          'config.json',
          'model.safetensors',
          'tokenizer.json',
          'tokenizer_config.json',
        ])
        const model = await readModelFolder(store, expected)
        expect(model.tokenizerJson).toEqual(parts().tokenizer)
        expect(model.config).toMatchObject({ ...config, weights: { dtype } })
        expect(model.names).toEqual(['embed', 'block.0.up'])
        for (const { name, data } of parts().tensors) {
          const kept = dtype === 'f32' ? data : fromBf16(toBf16(data as Float32Array))
          expect(await model.tensor(name)).toEqual(kept)
        }
        const again = make(`${dtype}-again`)
        const tensors: Weight[] = []
        for (const { name, shape } of parts().tensors) {
          tensors.push({ name, shape, data: await model.tensor(name) })
        }
        const card = await readText(store, 'README.md')
        await writeModelFolder(again, {
          config: model.config,
          tokenizer: model.tokenizerJson!,
          tensors,
          card,
        })
        expect(await filesOf(again)).toEqual(files)
      })
    }
    test('a model in a folder of the store', async () => {
      const store = make('nested')
      await writeModelFolder(store, parts(1, { prefix: 'models/tiny' }))
      expect(await store.list('models/tiny')).toHaveLength(5)
      const model = await readModelFolder(store, expected, { prefix: 'models/tiny' })
      expect(model.config.name).toBe('tiny')
      expect((await refusal(store)).code).toBe('not_found')
    })
  })
}

describe('a save that was interrupted', () => {
  /** Stops before the write number `last`, as a killed process would. */
  const stopping = (store: Store, last: number): Store => {
    let writes = 0
    return {
      ...store,
      write: (path, data) =>
        writes++ === last ? Promise.reject(new Error('killed')) : store.write(path, data),
    }
  }
  for (const last of [0, 1, 2, 3, 4]) {
    test(`before write ${last}, where nothing was: no model`, async () => {
      const store = memoryStore()
      await expect(writeModelFolder(stopping(store, last), parts())).rejects.toThrow('killed')
      const { message } = await refusal(store)
      expect(message).toMatch(last === 0 ? /is not a model folder/ : /lacks config\.json/)
    })
    test(`before write ${last}, over an older model: that model, or none`, async () => {
      const store = memoryStore()
      await writeModelFolder(store, parts(1))
      await expect(writeModelFolder(stopping(store, last), parts(2))).rejects.toThrow('killed')
      if (last === 0) {
        const model = await readModelFolder(store, expected)
        expect(await model.tensor('embed')).toEqual(
          fromBf16(toBf16(parts(1).tensors[0].data as Float32Array)),
        )
      } else {
        expect((await refusal(store)).message).toMatch(/were not saved together: the save was/)
      }
      await writeModelFolder(store, parts(2))
      expect((await readModelFolder(store, expected)).tokenizerJson).toEqual(parts(2).tokenizer)
    })
  }
  test('nothing is written of a model that would not load again', async () => {
    const store = memoryStore()
    const broken = { ...config, architecture: { ...config.architecture, heads: 0 } }
    await expect(writeModelFolder(store, parts(1, { config: broken }))).rejects.toThrow(
      'heads is 0',
    )
    const [embed, up] = parts().tensors
    const nan = { ...up, data: up.data.map(() => NaN) }
    await expect(writeModelFolder(store, parts(1, { tensors: [embed, nan] }))).rejects.toThrow(
      'NaN',
    )
    expect(await store.list('')).toEqual([])
  })
})

describe('what is wrong is said in one sentence', () => {
  const saved = async () => {
    const store = memoryStore()
    await writeModelFolder(store, parts())
    return store
  }
  /** The saved model with other weights, as a foreign library would have written them. */
  const foreign = async (
    tensors: Parameters<typeof writeSafetensors>[0],
    dtype: ModelConfig['weights']['dtype'] = 'bf16',
  ) => {
    const store = await saved()
    const file = await writeSafetensors(tensors)
    const length = Number(new DataView(file.buffer).getBigUint64(0, true))
    const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length)))
    delete header.__metadata__
    const bytes = new TextEncoder().encode(JSON.stringify(header).padEnd(length))
    file.set(bytes, 8)
    await store.write('model.safetensors', file)
    await writeText(store, 'config.json', JSON.stringify({ ...config, weights: { dtype } }))
    return store
  }
  const f32 = parts().tensors.map((tensor) => ({ ...tensor, dtype: 'F32' as const }))

  test('foreign weights without hashes are good when they fit', async () => {
    const model = await readModelFolder(await foreign(f32), expected)
    expect(await model.tensor('block.0.up')).toEqual(f32[1].data)
  })

  const cases: Record<string, [() => Promise<Store>, UnfogError['code'], RegExp]> = {
    'no such folder': [
      async () => folderStore(join(folder, 'nowhere')),
      'not_found',
      /nowhere is not a model folder: name one that holds config\.json, model\.safetensors, tokenizer/,
    ],
    'an empty folder': [
      async () => {
        mkdirSync(join(folder, 'empty'))
        return folderStore(join(folder, 'empty'))
      },
      'not_found',
      /empty is not a model folder: name one/,
    ],
    'a file where a folder is expected': [
      async () => {
        writeFileSync(join(folder, 'story.txt'), 'Once')
        return folderStore(join(folder, 'story.txt'))
      },
      'not_found',
      /story\.txt is not a model folder \(.* is a file, not a folder\): name one/,
    ],
    ...Object.fromEntries(
      ['config.json', 'model.safetensors', 'tokenizer.json'].map((file) => [
        `${file} is missing`,
        [
          async () => {
            const store = await saved()
            await store.remove(file)
            return store
          },
          'bad_model',
          new RegExp(`^memory lacks ${file}: the save was interrupted or the copy is incomplete`),
        ],
      ]),
    ),
    'two files are missing': [
      async () => {
        const store = await saved()
        await store.remove('config.json')
        await store.remove('tokenizer.json')
        return store
      },
      'bad_model',
      /lacks config\.json and tokenizer\.json/,
    ],
    'a config that is no JSON': [
      async () => {
        const store = await saved()
        await writeText(store, 'config.json', '{"unfog": 1,')
        return store
      },
      'bad_model',
      /^memory\/config\.json is not valid JSON: get/,
    ],
    'a config of zero bytes': [
      async () => {
        const store = await saved()
        await writeText(store, 'config.json', '')
        return store
      },
      'bad_model',
      /^memory\/config\.json is not valid JSON: get/,
    ],
    "another library's config": [
      async () => {
        const store = await saved()
        await writeText(store, 'config.json', '{"model_type":"llada"}')
        return store
      },
      'bad_model',
      /^memory\/config\.json: unfog is missing/,
    ],
    'a tokenizer that is no object': [
      async () => {
        const store = await saved()
        await writeText(store, 'tokenizer.json', '"fog"')
        return store
      },
      'bad_model',
      /tokenizer\.json is not a JSON object/,
    ],
    'weights cut short': [
      async () => {
        const store = await saved()
        await store.truncate('model.safetensors', 300)
        return store
      },
      'bad_model',
      /^memory\/model\.safetensors /,
    ],
    'the weights of another save': [
      async () => {
        const [store, other] = [await saved(), memoryStore()]
        await writeModelFolder(other, parts(2))
        await store.write('model.safetensors', await other.read('model.safetensors'))
        return store
      },
      'bad_model',
      /^memory holds a config\.json and a model\.safetensors that were not saved together/,
    ],
    'a tensor missing': [
      () => foreign(f32.slice(0, 1)),
      'bad_model',
      /lacks the tensor "block\.0\.up", which its config\.json calls for/,
    ],
    'tensors too many': [
      () =>
        foreign([
          ...f32,
          ...[1, 2, 3, 4].map((i) => ({ ...f32[0], name: `constructor${i}` })),
          { ...f32[0], name: 'constructor' },
        ]),
      'bad_model',
      /holds the tensors "constructor1", "constructor2", "constructor3" and 2 more, which its config/,
    ],
    'a tensor of another shape': [
      () => foreign([{ ...f32[0], shape: [2, 4] }, f32[1]]),
      'bad_model',
      /holds tensor "embed" in the shape \[2,4\], but its config\.json calls for \[4,2\]/,
    ],
    'bytes in a model that is not quantised': [
      () => foreign([f32[0], { ...f32[1], dtype: 'I8', data: new Int8Array(6) }]),
      'bad_model',
      /holds tensor "block\.0\.up" as I8, but weights are F32, BF16 or F16$/,
    ],
    'bytes without scales': [
      () => foreign([f32[0], { ...f32[1], dtype: 'I8', data: new Int8Array(6) }], 'int8'),
      'bad_model',
      /lacks the tensor "block\.0\.up\.scale"/,
    ],
    'scales of another number': [
      () => {
        const scale = { name: 'block.0.up.scale', shape: [2], data: new Float32Array(2) }
        const bytes = { ...f32[1], dtype: 'I8' as const, data: new Int8Array(6) }
        return foreign([f32[0], bytes, { ...scale, dtype: 'F32' }], 'int8')
      },
      'bad_model',
      /holds tensor "block\.0\.up\.scale" in the shape \[2\], but its config\.json calls for \[3\]/,
    ],
    'half bytes in the shape of bytes': [
      () => {
        const scale = { name: 'block.0.up.scale', shape: [3, 1], data: new Float32Array(3) }
        const bytes = { ...f32[1], dtype: 'U8' as const, data: new Uint8Array(6) }
        return foreign([f32[0], bytes, { ...scale, dtype: 'F32' }], 'int4')
      },
      'bad_model',
      /holds tensor "block\.0\.up" in the shape \[2,3\], but its config\.json calls for \[3,1,16\]/,
    ],
    'a tensor of whole numbers': [
      () => foreign([f32[0], { ...f32[1], dtype: 'I32', data: new Int32Array(6) }]),
      'bad_model',
      /holds tensor "block\.0\.up" as I32, but weights are/,
    ],
  }
  for (const [name, [make, code, sentence]] of Object.entries(cases)) {
    test(name, async () => {
      const error = await refusal(await make())
      expect(error.message).toMatch(sentence)
      expect(error.code).toBe(code)
    })
  }
})
