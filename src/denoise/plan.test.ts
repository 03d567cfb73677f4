import { expect, test } from 'vitest'
import { noiseOf } from '../noise/index.ts'
import { makePlan, type PlanOptions, type Policy, policies, policiesFor } from './index.ts'

const both = { causal: false }
const left = { causal: true }

test('everything has a default', () => {
  expect(makePlan({}, both)).toMatchObject({
    policy: policies.confidence,
    temperature: 1,
    topP: 1,
    topK: 0,
    orderTemperature: 0,
    seed: 0,
  })
  expect(makePlan({}, left).policy).toBe(policies['left-to-right'])
  expect(makePlan({}, both).survival(0.25)).toBe(0.75)
})

test('where every word has a pace of its own, no policy may take them for even', () => {
  const { noise } = noiseOf({ process: 'masked', schedule: 'learnt' })
  const network = { causal: false, process: { noise } }
  const even = policiesFor({ causal: false })
  const fit = policiesFor(network)
  const refused = Object.values<Policy>(policies).filter(
    (policy) => !fit.includes(policy) && (even.includes(policy) || policy.moves),
  )
  expect(refused.map(({ name }) => name).sort()).toEqual([
    'ancestral',
    'ddpm',
    'euler',
    'forward-backward',
    'heun',
    'psi-cap',
    'psi-rescale',
    'remdm-cap',
    'remdm-conf',
    'remdm-loop',
    'remdm-rescale',
    'scheduled',
  ])
  expect(() => makePlan({ policy: 'ancestral' }, network)).toThrow(
    '--policy ancestral reveals all words at one pace, and this model has learnt a pace for each',
  )
  expect(makePlan({}, network).policy).toBe(policies.confidence)
})

const bad: [PlanOptions, string][] = [
  [{ steps: 0 }, '--steps 0 is not a whole number of at least 1'],
  [{ steps: 2.5 }, '--steps 2.5 is not'],
  [{ steps: Number.POSITIVE_INFINITY }, '--steps Infinity is not'],
  [{ length: 0 }, '--length 0 is not'],
  [{ length: -3 }, '--length -3 is not'],
  [{ maximum: 0 }, '--maximum 0 is not'],
  [{ temperature: Number.NaN }, '--temperature NaN is not a number of at least 0'],
  [{ temperature: -1 }, '--temperature -1 is not'],
  [{ temperature: Number.POSITIVE_INFINITY }, '--temperature Infinity is not'],
  [{ temperature: '1' as never }, '--temperature 1 is not a number'],
  [{ topP: 0 }, '--top-p 0 is not a number above 0 and up to 1'],
  [{ topP: 1.1 }, '--top-p 1.1 is not'],
  [{ minP: 1.1 }, '--min-p 1.1 is not a number from 0 to 1'],
  [{ topK: -1 }, '--top-k -1 is not'],
  [{ topK: 0.5 }, '--top-k 0.5 is not'],
  [{ orderTemperature: -0.1 }, '--order-temperature -0.1 is not'],
  [{ seed: -1 }, '--seed -1 is not a whole number from 0 to 2^53-1'],
  [{ seed: 2 ** 53 }, '--seed 9007199254740992 is not'],
  [
    { policy: 'greedy' as never },
    'there is no --policy greedy: choose one of ancestral, confidence',
  ],
  [{ policy: 'toString' as never }, 'there is no --policy toString'],
  [
    { policy: 'first-hitting', steps: 3 },
    '--policy first-hitting takes no --steps: one word a step',
  ],
  [{ policy: 'ancestral', orderTemperature: 1 }, '--policy ancestral takes no --order-temperature'],
  [{ infill: 'a [1]', prompt: 'b' }, '--prompt and --infill cannot go together'],
  [{ infill: 'a [1]', length: 4 }, '--length and --infill cannot go together'],
  [{ maximum: 5, length: 4 }, '--maximum and --length cannot go together'],
]
for (const [options, message] of bad) {
  test(`refused: ${message}`, () => {
    expect(() => makePlan(options, both)).toThrow(message)
    expect(() => makePlan(options, both)).toThrow(
      expect.objectContaining({ code: 'usage', exit: 2 }),
    )
  })
}
