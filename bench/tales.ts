// How true, how varied and how likely the tales of a model are, beside its teller's.
//
//   npm run bench -- tales --model tales --count 1000 --seed 1 [--policy ancestral] [--temperature 1] [--steps N]
//                          [--reader]
//
// Prints: accepted by the checker, distinct, Jensen–Shannon divergence of words, plots and lengths to the teller's
// (nats; the teller against itself, same number of tales, in brackets), ratio of distinct bigrams, what errors remain,
// and the bound per tale against the teller's entropy: exp(-(bound - entropy)) is what the pass rate of a faithful
// sampler at temperature 1 cannot fall below. With --reader it is the model's own reader that writes, from left to right.
import { parseArgs } from 'node:util'
import { loadModel, modelFolder } from '../src/api/load.node.ts'
import type { GenerateOptions } from '../src/api/model.ts'
import { modelCard } from '../src/model/card.ts'
import { memberSeed } from '../src/random/index.ts'
import { folderStore } from '../src/store/folder.node.ts'
import { check } from '../src/tales/index.ts'
import { countOf, divergence, freshTales, usualVariety, varietyOf } from './support/tale-figures.ts'

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: 'tales' },
    count: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    policy: { type: 'string' },
    temperature: { type: 'string' },
    'top-p': { type: 'string' },
    'min-p': { type: 'string' },
    steps: { type: 'string' },
    reader: { type: 'boolean', default: false },
    batch: { type: 'string', default: '64' },
    'score-seconds': { type: 'string', default: '60' },
    'score-tales': { type: 'string', default: '500' },
    show: { type: 'string', default: '0' },
    /** write the figures into the model's README.md */
    card: { type: 'boolean', default: false },
  },
})

const count = Number(values.count)
const seed = Number(values.seed)
const loaded = await loadModel(values.model)
const model = values.reader ? loaded.reader : loaded
if (!model) throw new Error(`${values.model} has not learnt to read from left to right`)
const { world } = model.config.text
if (!world) throw new Error(`${values.model} was not trained on tales`)

const number = (text: string | undefined) => (text === undefined ? undefined : Number(text))
const options: GenerateOptions = {
  policy: values.policy as GenerateOptions['policy'],
  temperature: number(values.temperature),
  topP: number(values['top-p']),
  minP: number(values['min-p']),
  steps: number(values.steps),
}

const start = performance.now()
const texts: string[] = []
let forwards = 0
for (let from = 0; from < count; from += Number(values.batch)) {
  const size = Math.min(Number(values.batch), count - from)
  const batch = await model.complete(
    Array.from({ length: size }, (_, i) => ({ ...options, seed: memberSeed(seed, from + i) })),
  )
  texts.push(...batch.map(({ text }) => text))
  forwards += batch.reduce((sum, one) => sum + one.forwards, 0)
  process.stderr.write(`\r${texts.length}/${count}`)
}
process.stderr.write('\r')
const seconds = (performance.now() - start) / 1000

const checks = texts.map((text) => check(world, text))
const accepted = checks.filter(({ ok }) => ok).length / count
const interval = 1.96 * Math.sqrt((accepted * (1 - accepted)) / count)
const fresh = freshTales(world, count)
const reference = usualVariety(world)
const own = varietyOf(world, texts)
const teller = varietyOf(
  world,
  fresh.map(({ text }) => text),
)

const percent = (part: number) => `${(100 * part).toFixed(1)} %`
console.log(
  `${values.model}: ${count} tales of world ${world}, seed ${seed}, policy ${values.policy ?? 'default'}, temperature ${values.temperature ?? 'default'}`,
)
console.log(`accepted               ${percent(accepted)} ± ${percent(interval)}`)
console.log(`distinct               ${percent(new Set(texts).size / count)}`)
for (const key of ['words', 'plots', 'lengths'] as const) {
  const [mine, theirs] = [
    divergence(own[key], reference[key]),
    divergence(teller[key], reference[key]),
  ]
  console.log(
    `divergence of ${key.padEnd(8)} ${mine.toFixed(4)} nats (teller ${theirs.toFixed(4)})`,
  )
}
console.log(`distinct bigrams       ${(own.bigrams / teller.bigrams).toFixed(3)} of the teller's`)
console.log(
  `forwards per tale      ${(forwards / count).toFixed(1)}; ${(count / seconds).toFixed(1)} tales/s`,
)

const errors = countOf(
  checks.flatMap(({ errors }) =>
    errors[0] ? [errors[0].replace(/"[^"]*"/g, '"…"').replace(/\d+/g, 'n')] : [],
  ),
)
for (const [error, times] of [...errors].sort((a, b) => b[1] - a[1]).slice(0, 12)) {
  console.log(`  ${String(times).padStart(4)} × ${error}`)
}
for (let i = 0; i < Number(values.show); i++)
  console.log(`${checks[i].ok ? '✓' : '✗'} ${texts[i]}\n    ${checks[i].errors[0] ?? ''}`)

const scored = freshTales(world, Number(values['score-tales']))
const entropy = scored.reduce((sum, { nats }) => sum + nats, 0) / scored.length
const result = await model.score(
  scored.map(({ text }) => text),
  { seconds: Number(values['score-seconds']), precision: 0.001 },
)
const bound = result.nats / scored.length
const error = result.stderr / scored.length
const gap = bound - entropy
console.log(
  `nats per tale          ${result.exact ? '=' : '≤'} ${bound.toFixed(2)} ± ${error.toFixed(2)}; the teller's entropy is ${entropy.toFixed(2)} (same tales)`,
)
console.log(
  `exp(-(bound - entropy)) = ${percent(Math.exp(-gap))} (between ${percent(Math.exp(-gap - 2 * error))} and ${percent(Math.exp(-gap + 2 * error))})`,
)

if (values.card) {
  const command = `npm run bench -- tales --model ${values.model} --count ${count} --seed ${seed}`
  const sign = result.exact ? '' : '≤ '
  const folder = folderStore(modelFolder(values.model))
  const card = modelCard(model.config, {
    data: `TinyTales, world ${world}: tales told by the teller as they are needed (see docs/tales.md); nobody's text. ${(Number(model.config.training?.tokens ?? 0) / 1e6).toFixed(1)}M tokens of them were learnt from.`,
    parameters: model.parameters,
    figures: [
      {
        what: `tales the checker accepts, of ${count}, default settings`,
        value: `${percent(accepted)} ± ${percent(interval)}`,
        command,
      },
      { what: 'distinct tales', value: percent(new Set(texts).size / count), command },
      {
        what: 'nats per fresh tale',
        value: `${sign}${bound.toFixed(2)} ± ${error.toFixed(2)} (the teller: ${entropy.toFixed(2)})`,
        command,
      },
    ],
    model: values.model,
    prompt: 'Once upon a time',
    samples: texts.slice(0, 3),
    license: 'Apache-2.0',
    language: 'en',
  })
  await folder.write('README.md', new TextEncoder().encode(card))
}
await loaded.dispose()
