// Does a model find and mend wrong words? Tales the teller tells, one word in ten replaced by another at random, go
// through the last steps of the posterior sampler, from the time at which so many words would be wrong.
//
//   npm run bench -- repair --model runs/hybrid [--count 200] [--share 0.1] [--steps 32] [--seed 1]
//
// Prints the share of replaced words that are the teller's again, of words that were right and no longer are, and of
// replaced words that stand unchanged. A model of masked noise believes what stands: it mends none.
import { parseArgs } from 'node:util'
import { modelFolder } from '../src/api/load.node.ts'
import { openModel } from '../src/api/open-model.ts'
import { denoiseBatch, type Frame, makePlan, states } from '../src/denoise/index.ts'
import { openNetwork } from '../src/model/network.ts'
import { modelShapes } from '../src/model/shapes.ts'
import { memberSeed, seeded } from '../src/random/index.ts'
import { cpu } from '../src/runtime/cpu.node.ts'
import { folderStore } from '../src/store/folder.node.ts'
import { tell } from '../src/tales/index.ts'

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: 'tales' },
    count: { type: 'string', default: '200' },
    share: { type: 'string', default: '0.1' },
    steps: { type: 'string', default: '32' },
    seed: { type: 'string', default: '1' },
  },
})
const [count, share, steps, seed] = [values.count, values.share, values.steps, values.seed].map(
  Number,
)
const device = cpu()
const { config, tokenizer, weights } = await openModel(
  folderStore(modelFolder(values.model)),
  device,
)
const { world } = config.text
if (!world) throw new Error(`${values.model} was not trained on tales`)
const shapes = Object.entries(modelShapes(config))
const network = openNetwork(
  device,
  config,
  tokenizer,
  Object.fromEntries(shapes.map(([name, dims]) => [name, { data: weights.get(name)!, dims }])),
)
const { noise, words, schedule } = network.process
const process = { vocabSize: network.vocabSize, maskId: network.maskId, words, schedule }
// the chain of `total` steps of which the last `steps` begin where a share of the words is lost
const [, first, other] = words
let total = steps
if (noise.vectors) throw new Error(`under ${noise.name} noise no word is swapped for another`)
while (1 - noise.forward(first, 0, steps / total, process)[first] > share) total++

const random = seeded(seed)
const tales = Array.from({ length: count }, (_, i) =>
  tokenizer.encode(tell(world, memberSeed(seed, i) % 2 ** 45).text),
).filter(({ length }) => length <= network.context)
const broken = tales.map((tale, i) =>
  tale.map((token, position) => {
    if (random.uniform(i, position, 'mask') >= share) return token
    const at = Math.floor(random.uniform(i, position, 'token') * words.length)
    return words[at] === token ? (token === other ? first : other) : words[at]
  }),
)
const tasks = broken.map((tokens, i) => {
  const member = memberSeed(seed, i)
  const plan = makePlan({ policy: 'posterior', steps: total, seed: member }, network)
  const from: Frame = {
    step: total - steps,
    forwards: 0,
    tokens,
    state: new Uint8Array(tokens.length).fill(states.settled),
    confidence: new Float32Array(tokens.length),
    entropy: new Float32Array(tokens.length),
    changed: [],
    text: '',
    seed: member,
  }
  return { from, plan }
})
const sums = { words: 0, replaced: 0, mended: 0, left: 0, spoilt: 0 }
for (let from = 0; from < tasks.length; from += 32) {
  for await (const { task, frame } of denoiseBatch(network, tasks.slice(from, from + 32))) {
    if (!frame.done) continue
    tales[from + task].forEach((token, position) => {
      const was = broken[from + task][position]
      const is = frame.tokens[position]
      sums.words++
      if (was === token) sums.spoilt += Number(is !== token)
      else {
        sums.replaced++
        sums.mended += Number(is === token)
        sums.left += Number(is === was)
      }
    })
  }
}
await network.dispose()
const percent = (part: number, whole: number) => `${((100 * part) / whole).toFixed(1)} %`
console.log(
  [
    `${values.model}: ${noise.name} noise, ${tales.length} tales, ${steps} steps of ${total}, seed ${seed}`,
    `replaced  ${sums.replaced} of ${sums.words} words`,
    `mended    ${percent(sums.mended, sums.replaced)}`,
    `unchanged ${percent(sums.left, sums.replaced)}`,
    `spoilt    ${percent(sums.spoilt, sums.words - sums.replaced)} of the words that were right`,
  ].join('\n'),
)
