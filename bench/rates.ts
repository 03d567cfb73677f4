// Is the default learning rate near the best? A grid of five rates at three sizes of network.
//
//   npm run bench -- rates [--tokens 500k] [--seeds 2] [--sizes 300k,1M,5M] [--data tinyshakespeare.txt] [--out FILE]
//
// Rates are the default times 1/4, 1/2, 1, 2 and 4, tokens are fixed. Runs are recorded as they end, one line of JSON
// each; the same command goes on where it was interrupted. Prints held-out nats/char of each rate, mean over the seeds
// with lowest and highest, and how far the default lies from the best.
import { parseArgs } from 'node:util'
import { parseCount } from '../src/cli/count.ts'
import { defaultRecipe } from '../src/train/recipe.ts'
import { Ledger } from './support/ledger.ts'
import { type Ended, ended, mean, refuse, spreadOf, tasks } from './support/runs.ts'

const factors = [1 / 4, 1 / 2, 1, 2, 4]

const { values } = parseArgs({
  options: {
    tokens: { type: 'string', default: '500k' },
    seeds: { type: 'string', default: '2' },
    sizes: { type: 'string', default: '300k,1M,5M' },
    data: { type: 'string', default: '../shared/data/tinyshakespeare.txt' },
    out: { type: 'string', default: '.cache/bench/rates.jsonl' },
  },
})

/** One run, as its line names it. */
interface Question {
  params: number
  rate: number
  seed: number
  tokens: number
}

const countOf = (raw: string): number =>
  parseCount(raw) || refuse(`${raw} is not a count such as 500k or 2M`)
const tokens = countOf(values.tokens)
const sizes = values.sizes.split(',').map(countOf)
const seeds = Array.from({ length: Number(values.seeds) }, (_, seed) => seed)
const rates = factors.map((factor) => factor * defaultRecipe.rate)

const ledger = new Ledger<Question, Ended>(values.out)
const data = await tasks.shakespeare.open(values.data)
for (const seed of seeds) {
  for (const params of sizes) {
    for (const rate of rates) {
      const question = { params, rate, seed, tokens }
      if (ledger.result(question)) continue
      const options = { tokens, params, seed, recipe: { rate } }
      const { nats } = await ledger.once(question, () => ended('shakespeare', data, options))
      console.error(`${params} parameters, rate ${rate}, seed ${seed}: ${nats.toFixed(4)}`)
    }
  }
}

console.log(`\n${tasks.shakespeare.about}; ${values.tokens} tokens a run, ${seeds.length} seeds\n`)
console.log(`| parameters | ${rates.map((rate) => `rate ${rate}`).join(' | ')} | best |`)
console.log(`| --- | ${rates.map(() => '---').join(' | ')} | --- |`)
const faults: string[] = []
for (const params of sizes) {
  const results = rates.map((rate) =>
    seeds.map((seed) => ledger.result({ params, rate, seed, tokens }) as Ended),
  )
  const nats = results.map((some) => some.map((result) => result.nats))
  const means = nats.map(mean)
  const best = means.indexOf(Math.min(...means))
  const far = Math.max(factors[best], 1 / factors[best])
  const size = (results[0][0].parameters / 1e6).toFixed(2)
  if (far > 2) faults.push(`${size}M parameters: ${far} times as far`)
  console.log(
    `| ${size}M | ${nats.map((list) => spreadOf(list)).join(' | ')} | ${rates[best]}, ${factors[best]}x the default |`,
  )
}
console.log(
  faults.length === 0
    ? `\nThe default, ${defaultRecipe.rate}, lies within 2x of the best at every size.`
    : `\nThe default, ${defaultRecipe.rate}, lies further than 2x from the best: ${faults.join('; ')}.`,
)
