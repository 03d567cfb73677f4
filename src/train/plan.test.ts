import { describe, expect, test } from 'vitest'
import { tinyModel } from '../../test/support/tiny-models.ts'
import { memoryStore, writeText } from '../store/index.ts'
import { phasesOf } from './phases.ts'
import { checkSame, extended, planFile, type RunPlan, readPlan, writePlan } from './plan.ts'
import { defaultRecipe } from './recipe.ts'

const { config } = await tinyModel()
const plan = (changes: Partial<RunPlan> = {}): RunPlan => ({
  unfog: 1,
  options: { tokens: 1000 },
  data: { name: 'story.txt', hash: 'abc', context: 255 },
  config,
  recipe: defaultRecipe,
  budget: 1000,
  phases: phasesOf(config, defaultRecipe, 1000, true),
  before: 0,
  ...changes,
})
const data = { name: 'story.txt', hash: 'abc' }
const refusal = (work: () => unknown) => {
  try {
    work()
  } catch (error) {
    return error
  }
  throw new Error('nothing was refused')
}

describe('the same run', () => {
  test('is the same flags and data; budgets may differ', () => {
    checkSame(plan(), { tokens: 1000 }, data, 'runs/a')
    checkSame(plan(), { tokens: 5000 }, data, 'runs/a')
    checkSame(plan(), {}, data, 'runs/a')
    checkSame(plan(), { time: 60 }, data, 'runs/a')
    checkSame(plan(), { seed: undefined, tokens: 1000 }, data, 'runs/a')
  })

  const other = [
    ['seed', { seed: 3 }, 'runs/a was started with --seed its default and not 3'],
    ['ar', { ar: true }, '--ar its default and not true'],
    ['params', { params: 2e6 }, '--params its default and not 2000000'],
    ['from', { from: 'tales' }, '--from its default and not "tales"'],
    ['rate', { recipe: { rate: 0.1 } }, '--rate its default and not 0.1'],
  ] as const
  for (const [param, options, words] of other) {
    test(`is not one with another ${param}`, () => {
      const error = refusal(() => checkSame(plan(), { tokens: 1000, ...options }, data, 'runs/a'))
      expect(error).toMatchObject({
        code: 'bad_run',
        param,
        message: expect.stringContaining(words),
      })
      // nor the other way round
      const options2 = { tokens: 1000, ...options }
      expect(
        refusal(() => checkSame(plan({ options: options2 }), { tokens: 1000 }, data, 'a')),
      ).toMatchObject({ code: 'bad_run', param })
    })
  }

  test('is not one on other data', () => {
    expect(refusal(() => checkSame(plan(), {}, { ...data, hash: 'abd' }, 'runs/a'))).toMatchObject({
      code: 'bad_run',
      param: 'data',
      message: expect.stringContaining('other data than story.txt holds now'),
    })
  })
})

describe('a budget', () => {
  test('stays when nothing or the same is asked', () => {
    expect(extended(plan(), {})).toMatchObject({ budget: 1000, options: { tokens: 1000 } })
    expect(extended(plan(), { tokens: 1000 }).budget).toBe(1000)
    const timed = plan({ options: { time: 60 }, tokensPerSecond: 20 })
    expect(extended(timed, { time: 60 }).budget).toBe(1000)
  })

  test('grows, and only the last phase with it', () => {
    const { budget, phases } = extended(plan(), { tokens: 3000 })
    expect(budget).toBe(3000)
    expect(phases.map(({ until }) => until)).toEqual([250, 3000])
  })

  test('of time grows by the speed of the beginning', () => {
    const timed = plan({ options: { time: 60 }, tokensPerSecond: 20 })
    // 6 % of the time is for measuring and saving
    const longer = extended(timed, { time: 180 })
    expect(longer.budget).toBe(180 * 20 * 0.94)
    // whoever repeats either command goes on
    expect(extended(longer, { time: 180 }).budget).toBe(longer.budget)
    const further = extended(longer, { tokens: 9000 })
    expect(extended(further, { time: 180 }).budget).toBe(9000)
  })

  test('is not shortened', () => {
    for (const [options, param] of [
      [{ tokens: 999 }, 'tokens'],
      [{ time: 30 }, 'time'],
    ] as const) {
      const timed = plan({ options: { time: 60 }, tokensPerSecond: 20 })
      expect(refusal(() => extended(timed, options))).toMatchObject({
        code: 'bad_run',
        param,
        message: expect.stringContaining('1000 tokens'),
      })
    }
  })

  test('of tokens is not extended by time', () => {
    expect(refusal(() => extended(plan(), { time: 900 }))).toMatchObject({
      code: 'bad_run',
      param: 'time',
    })
  })
})

describe('run.json', () => {
  test('is read as it was written; no file is no run', async () => {
    const store = memoryStore()
    expect(await readPlan(store)).toBeUndefined()
    await writePlan(store, plan())
    expect(await readPlan(store)).toEqual(plan())
  })

  test('that is damaged is refused by name', async () => {
    const { config: _, ...headless } = plan()
    const broken = plan({ config: { ...config, shift: 'yes' as never } })
    const wrong = [headless, broken, plan({ budget: 0 }), plan({ phases: [] }), [], {}, null]
    for (const text of ['{"unfog": 1', '', ...wrong.map((one) => JSON.stringify(one))]) {
      const store = memoryStore()
      await writeText(store, planFile, text)
      await expect(readPlan(store)).rejects.toMatchObject({
        code: 'bad_run',
        message: expect.stringContaining('memory/run.json is damaged'),
      })
    }
  })
})
