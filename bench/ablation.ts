// What each part of the recipe is worth: it is switched alone against the default, over several seeds.
//
//   npm run bench -- ablation [--time 3m] [--seeds 3] [--rows complementary,focal-1] [--tasks shakespeare,tales]
//                             [--params 200k] [--tokens 2M] [--data tinyshakespeare.txt] [--out FILE]
//
// Every run has a network of the same size and the same time (or --tokens, which no other work on the machine changes).
// Runs are recorded as they end, one line of JSON each; the same command goes on where it was interrupted. Prints for
// every row the mean of held-out loss, lowest and highest, and the difference to the default of the same seeds with its
// standard error.
import { parseArgs } from 'node:util'
import { parseCount } from '../src/cli/count.ts'
import { parseDuration } from '../src/cli/duration.ts'
import type { RunOptions } from '../src/train/plan.ts'
import type { Recipe } from '../src/train/recipe.ts'
import { Ledger } from './support/ledger.ts'
import {
  chosen,
  type Ended,
  ended,
  mean,
  refuse,
  spreadOf,
  type TaskName,
  tasks,
} from './support/runs.ts'

/** What is switched. A new part of the recipe is a new row. */
const rows = {
  default: {},
  'no-warm-start': { warmStart: 0 },
  'warm-start-half': { warmStart: 0.5 },
  'uniform-times': { times: 'uniform' },
  'bell-corrected': { times: 'bellCorrected' },
  'least-masked': { leastMasked: 0.1 },
  complementary: { complementary: true },
  'complementary-uniform-times': { complementary: true, times: 'uniform' },
  'no-cap': { weightCap: 1e9 },
  'uniform-weights': { weighting: 'uniform' },
  'focal-0.5': { focal: 0.5 },
  'focal-1': { focal: 1 },
  'focal-2': { focal: 2 },
  'progressive-8': { progressive: 8 },
  'reading-0.3': { reading: 0.3 },
  'batch-ramp': { batchRamp: 0.3 },
  'length-ramp': { lengthRamp: 0.3 },
  adamw: { optimiser: 'adamw' },
} satisfies Record<string, Partial<Recipe>>
type RowName = keyof typeof rows

const { values } = parseArgs({
  options: {
    time: { type: 'string', default: '3m' },
    tokens: { type: 'string' },
    seeds: { type: 'string', default: '3' },
    params: { type: 'string', default: '200k' },
    rows: { type: 'string' },
    tasks: { type: 'string' },
    data: { type: 'string', default: '../shared/data/tinyshakespeare.txt' },
    out: { type: 'string', default: '.cache/bench/ablation.jsonl' },
  },
})

/** One run, as its line names it. */
interface Question {
  task: TaskName
  row: RowName
  recipe: Partial<Recipe>
  seed: number
  budget: Pick<RunOptions, 'time' | 'tokens'>
  params: number
}

const countOf = (raw: string): number =>
  parseCount(raw) || refuse(`${raw} is not a count such as 500k or 2M`)
const budget = values.tokens
  ? { tokens: countOf(values.tokens) }
  : { time: parseDuration(values.time) || refuse(`${values.time} is not a time such as 90s or 3m`) }
const params = countOf(values.params)
const seeds = Array.from({ length: Number(values.seeds) }, (_, seed) => seed)
const [someTasks, asked] = [
  chosen(values.tasks, tasks, '--tasks'),
  chosen(values.rows, rows, '--rows'),
]
// differences are to the default
const someRows = [...new Set<RowName>(['default', ...asked])]
const questionOf = (task: TaskName, row: RowName, seed: number): Question => ({
  ...{ task, row, recipe: rows[row], seed, budget, params },
})

const ledger = new Ledger<Question, Ended>(values.out)
const data = new Map<TaskName, ReturnType<(typeof tasks)[TaskName]['open']>>()
const dataOf = (task: TaskName) => {
  const found = data.get(task) ?? tasks[task].open(values.data)
  data.set(task, found)
  return found
}

// every row once before any row twice: an early table says something about all, and a machine that grows slower
// grows slower for all
for (const seed of seeds) {
  for (const task of someTasks) {
    for (const row of someRows) {
      const question = questionOf(task, row, seed)
      if (ledger.result(question)) continue
      const { nats } = await ledger.once(question, async () => {
        const options = { ...budget, params: question.params, seed, recipe: rows[row] }
        return ended(task, await dataOf(task), options)
      })
      console.error(`${task} ${row}, seed ${seed}: ${nats.toFixed(4)}`)
    }
  }
}

for (const task of someTasks) {
  const resultsOf = (row: RowName) =>
    seeds.map((seed) => ledger.result(questionOf(task, row, seed)) as Ended)
  const reference = resultsOf('default')
  console.log(
    `\n${tasks[task].about}; ${Math.round(reference[0].parameters / 1e3)}k parameters, ${values.tokens ? `${values.tokens} tokens` : values.time} a run, ${seeds.length} seeds\n`,
  )
  console.log('| row | nats | difference | tokens |\n| --- | --- | --- | --- |')
  for (const row of someRows) {
    const results = resultsOf(row)
    const nats = results.map((result) => result.nats)
    const tokens = mean(results.map((result) => result.tokens)) / 1e6
    const differences = nats.map((value, i) => value - reference[i].nats)
    console.log(
      `| ${row} | ${spreadOf(nats)} | ${row === 'default' ? '' : withError(differences)} | ${tokens.toFixed(2)}M |`,
    )
  }
}

/** '+mean ± standard error' */
function withError(list: readonly number[]): string {
  const middle = mean(list)
  const sign = middle < 0 ? '' : '+'
  if (list.length < 2) return `${sign}${middle.toFixed(3)}`
  const squares = list.reduce((sum, value) => sum + (value - middle) ** 2, 0)
  return `${sign}${middle.toFixed(3)} ± ${Math.sqrt(squares / (list.length - 1) / list.length).toFixed(3)}`
}
