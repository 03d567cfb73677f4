// Ψ-samplers: shares of fresh noise and times as the released code has them, texts by the enumerated chain, and with the
// answers of a language the noise left at each time is the language's own.
import { describe, expect, test } from 'vitest'
import { chainLaw, equalSteps, type Step } from '../../../test/support/chain-law.ts'
import {
  chiSquareP,
  foggedCanvas,
  inconsistentRow,
  tableDenoiser,
  timesWritten,
} from '../../../test/support/denoisers.ts'
import recorded from '../../noise/fixtures/psi_sampler.json' with { type: 'json' }
import { maskedByWord, schedules, type WordNoise, wordNoises } from '../../noise/index.ts'
import {
  makePlan,
  type PlanOptions,
  type Policy,
  type PolicyName,
  type PolicyState,
  type Prediction,
  policies,
  states,
} from '../index.ts'

/** The steps that a policy asks for: their times and shares of fresh noise. The last takes what is most probable. */
function stepsOf(name: PolicyName, options: PlanOptions): Required<Step>[] {
  const policy: Policy = policies[name]
  const settings = makePlan({ policy: name, ...options }, { causal: false })
  const steps = policy.steps(1, settings)
  return Array.from({ length: steps }, (_, step) => {
    const asked: Required<Step>[] = []
    const earlier: Prediction['earlier'] = (from, to, how, fresh = 0) => {
      asked.push({ from, to, fresh })
      expect(how).toBe(step === steps - 1 ? 'likeliest' : 'drawn')
      return { position: 0, token: 0 }
    }
    const state = {
      step,
      steps,
      settings,
      state: Uint8Array.of(states.fog),
    } as unknown as PolicyState
    policy.choose([{ earlier } as Prediction], state)
    expect(policy.time!(state)).toBe(asked[0].from)
    return asked[0]
  })
}

/** The schedule, for those that ask. */
const knows = (name: PolicyName, survival: (t: number) => number) =>
  (policies[name].takes as readonly string[]).includes('survival') ? { survival } : {}

describe('the released code', () => {
  const { eps, timesteps, kappas_by_mode: kappas, combined, time_profiles } = recorded
  const count = timesteps.length - 1
  // theirs ends at a time of 1e-5, and its noise is (1 - eps)·t
  const survival = (t: number) => 1 - (1 - eps) * (1e-5 + (1 - 1e-5) * t)

  test.each([
    ['psi-constant', 1 - 0.3, 'constant-0.3'],
    ['psi-constant', 1, 'pure-pc'],
    ['psi-constant', 0, 'pure-posterior'],
    ['psi-cap', 0.05, 'max-capped-0.05'],
    ['psi-cap', 0.02, 'constant-remdm-0.02'],
  ] as const)('%s with --eta %f is %s', (name, eta, mode) => {
    const steps = stepsOf(name, { steps: count, eta, ...knows(name, survival) })
    for (const [k, { fresh }] of steps.slice(0, -1).entries())
      expect(1 - fresh).toBeCloseTo(kappas[mode][k], 12)
  })

  test('psi-rescale takes a share of the largest chance; theirs is no larger than --eta to begin with', () => {
    const eta = 0.1
    const [rescaled, capped] = (['psi-rescale', 'psi-cap'] as const).map((name) =>
      stepsOf(name, { steps: count, eta, survival }),
    )
    const theirs = kappas['max-rescale-0.1'].map((kappa) => 1 - kappa)
    const last = count - 1
    rescaled.slice(0, last).forEach(({ fresh }, k) => {
      expect(theirs[k]).toBeCloseTo(eta * capped[k].fresh, 12)
      expect(fresh).toBeGreaterThan(theirs[k])
    })
    // at the last step the largest chance lies below: there the two are one
    const { from, to } = rescaled[last]
    expect(theirs[last]).toBeCloseTo(eta / Math.max(survival(from), 1 - survival(to)), 12)
  })

  test('psi-loop stands still when and where theirs does', () => {
    const { num_steps: steps, profiles } = time_profiles
    const theirs = profiles['linear-constant-linear-0.9-inv']
    const ours = stepsOf('psi-loop', { steps, eta: 0.5 })
    for (const [k, { from, fresh }] of ours.entries()) {
      // theirs ends at 1e-5
      expect(Math.abs(from - theirs[k])).toBeLessThan(1.1e-5)
      // the first step of the stand is one of theirs before it, and goes from a time to the same
      if (k !== 7 && k < 12) expect(1 - fresh).toBeCloseTo(combined.kappas[k], 12)
    }
    expect(ours.map(({ fresh }) => fresh).lastIndexOf(0.5)).toBe(11)
  })
})

const V = 3
const mask = V
const words = Int32Array.of(0, 1, 2)
const schedule = schedules.cosine
const world = { vocabSize: V + 1, maskId: mask, words, schedule }
// conditionals under which a chain of posteriors and one of fresh noise differ most
const row = inconsistentRow(V, 1)
const open = foggedCanvas(2, mask)
const rows: WordNoise[] = [
  ...Object.values<WordNoise>(wordNoises).filter(({ causal }) => !causal),
  { ...maskedByWord([-0.7, 0, 1.2, 0]), name: 'masked by word' },
]

describe.each(rows)('under $name noise', (noise) => {
  const network = tableDenoiser(V, row, { process: { noise, schedule, words } })
  const counts = (options: PlanOptions) =>
    timesWritten(network, open, makePlan(options, network), 5_000)
  const law = (steps: readonly Step[]) => chainLaw(row, { noise, world }, steps, open)

  test('texts follow the enumerated chain, and not that of the posterior', async () => {
    const found = await counts({ policy: 'psi-constant', steps: 8, eta: 0.9 })
    const steps = equalSteps(8)
    expect(chiSquareP(found, law(steps.map((step) => ({ ...step, fresh: 0.9 }))))).toBeGreaterThan(
      1e-4,
    )
    expect(chiSquareP(found, law(steps))).toBeLessThan(1e-6)
  })
})

test.each(['psi-cap', 'psi-rescale', 'psi-loop'] as const)(
  '%s: texts follow its own',
  async (policy) => {
    const noise = wordNoises.uniform
    const network = tableDenoiser(V, row, { process: { noise, schedule, words } })
    const options = { steps: 6, eta: 0.4, ...knows(policy, schedule.survival) }
    const found = await timesWritten(
      network,
      open,
      makePlan({ policy, ...options }, network),
      4_000,
    )
    const law = chainLaw(row, { noise, world }, stepsOf(policy, options), open)
    expect(chiSquareP(found, law)).toBeGreaterThan(1e-4)
  },
)
