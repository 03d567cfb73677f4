// What distilling is worth: pass rate and variety of tales against forwards, of a teacher and of its student.
//
//   npm run bench -- distill [--teacher tales] [--student runs/fast] [--time 30m] [--steps 64] [--together 2] [--rounds 4]
//                            [--temperature X] [--top-p X] [--tales 200000] [--count 1000] [--seed 1]
//                            [--forwards 64,32,16,12,8,6,5,4,3,2] [--policies confidence,ancestral] [--out FILE]
//
// The student is distilled first, as `unfog distill` does it, or goes on where it was interrupted; --time 0 takes it as
// it is. Then both write in so many forwards by each policy, at the temperature and top-p by which the teacher writes.
// Tales are recorded a hundred at a time, one line of JSON each; the same command goes on where it was interrupted.
// Prints tokens per forward, accepted with its interval, distinct tales, divergence of words and distinct bigrams from
// the teller's, and what the teacher reaches by its own habits.
import { parseArgs } from 'node:util'
import { distill } from '../src/api/distill.node.ts'
import { type LoadedModel, loadModel } from '../src/api/load.node.ts'
import type { GenerateOptions } from '../src/api/model.ts'
import { parseCount } from '../src/cli/count.ts'
import { parseDuration } from '../src/cli/duration.ts'
import { type PolicyName, policies } from '../src/denoise/index.ts'
import { memberSeed } from '../src/random/index.ts'
import { check, type WorldName } from '../src/tales/index.ts'
import { Ledger } from './support/ledger.ts'
import { chosen, mean, refuse } from './support/runs.ts'
import {
  divergence,
  freshTales,
  usualVariety,
  type Variety,
  varietyOf,
} from './support/tale-figures.ts'

const { values } = parseArgs({
  options: {
    teacher: { type: 'string', default: 'tales' },
    student: { type: 'string', default: 'runs/fast' },
    time: { type: 'string', default: '30m' },
    steps: { type: 'string' },
    together: { type: 'string' },
    rounds: { type: 'string' },
    temperature: { type: 'string' },
    'top-p': { type: 'string' },
    tales: { type: 'string' },
    count: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    forwards: { type: 'string', default: '64,32,16,12,8,6,5,4,3,2' },
    policies: { type: 'string', default: 'confidence,ancestral' },
    out: { type: 'string', default: '.cache/bench/distill.jsonl' },
  },
})
const given = (text: string | undefined) => (text === undefined ? undefined : Number(text))
const seconds =
  values.time === '0'
    ? 0
    : parseDuration(values.time) || refuse(`${values.time} is not a time such as 90s or 30m`)

/** tales of one line */
const part = 100
const parts = Math.ceil(Number(values.count) / part)
const budgets = values.forwards.split(',').map(Number)
const names = chosen<PolicyName>(values.policies, policies, '--policies')

if (seconds > 0) {
  const events = distill(values.teacher, {
    out: values.student,
    time: seconds,
    steps: given(values.steps),
    together: given(values.together),
    rounds: given(values.rounds),
    temperature: given(values.temperature),
    topP: given(values['top-p']),
    count: values.tales === undefined ? undefined : parseCount(values.tales),
  })
  for await (const event of events) {
    if (event.type === 'phase') console.error(event.phase)
    if (event.type === 'report')
      console.error(`${event.tokens} of ${event.budget} tokens, loss ${event.loss}`)
  }
}

/** A hundred tales, as their line names them. */
interface Question {
  /** fingerprint of its weights */
  model: string
  how: GenerateOptions
  part: number
  seed: number
}

interface Written {
  tales: number
  accepted: number
  tokens: number
  forwards: number
  distinct: number
  /** from the teller's words, nats */
  words: number
  /** of the teller's, as many tales */
  bigrams: number
}

const ledger = new Ledger<Question, Written>(values.out)
const [teacher, student] = [await loadModel(values.teacher), await loadModel(values.student)]
const { world } = teacher.config.text
if (!world) refuse(`${values.teacher} was not trained on tales`)
const { temperature = 1, topP = 1 } = teacher.config.sampling ?? {}
let usual: Variety | undefined
const teller = varietyOf(
  world,
  freshTales(world, part).map(({ text }) => text),
)

async function written(model: LoadedModel, world: WorldName, question: Question): Promise<Written> {
  usual ??= usualVariety(world)
  const { how, seed } = question
  const tasks = Array.from({ length: part }, (_, i) => ({
    ...how,
    seed: memberSeed(seed, question.part * part + i),
  }))
  const done = await model.complete(tasks)
  const texts = done.map(({ text }) => text)
  const own = varietyOf(world, texts)
  return {
    tales: part,
    accepted: texts.filter((text) => check(world, text).ok).length,
    tokens: done.reduce((sum, { tokens }) => sum + tokens, 0),
    forwards: done.reduce((sum, { forwards }) => sum + forwards, 0),
    distinct: new Set(texts).size,
    words: divergence(own.words, usual.words),
    bigrams: own.bigrams / teller.bigrams,
  }
}

/** One line of the table. */
async function row(name: string, model: LoadedModel, how: GenerateOptions): Promise<string> {
  const found: Written[] = []
  for (let at = 0; at < parts; at++) {
    const { fingerprint = name } = model.config.weights
    const question = { model: fingerprint, how, part: at, seed: Number(values.seed) }
    found.push(await ledger.once(question, () => written(model, world as WorldName, question)))
  }
  const total = (key: keyof Written) => found.reduce((sum, one) => sum + one[key], 0)
  const share = total('accepted') / total('tales')
  const interval = 1.96 * Math.sqrt((share * (1 - share)) / total('tales'))
  const percent = (part: number) => `${(100 * part).toFixed(1)} %`
  const cells = [
    name,
    how.policy ?? 'its own',
    (total('forwards') / total('tales')).toFixed(1),
    (total('tokens') / total('forwards')).toFixed(1),
    `${percent(share)} ± ${percent(interval)}`,
    percent(total('distinct') / total('tales')),
    mean(found.map(({ words }) => words)).toFixed(4),
    mean(found.map(({ bigrams }) => bigrams)).toFixed(2),
  ]
  return `| ${cells.join(' | ')} |`
}

console.log(
  `${values.teacher} and ${values.student}, temperature ${temperature}, top-p ${topP}, ${parts * part} tales\n`,
)
console.log(
  '| model | policy | forwards | tokens/forward | accepted | distinct | divergence of words | bigrams |',
)
console.log('| --- | --- | --- | --- | --- | --- | --- | --- |')
console.log(await row('teacher', teacher, {}))
console.log(await row('student', student, {}))
for (const steps of budgets) {
  for (const policy of names) {
    const how = { policy, steps, temperature, topP }
    console.log(await row('teacher', teacher, how))
    console.log(await row('student', student, how))
  }
}
await teacher.dispose()
await student.dispose()
