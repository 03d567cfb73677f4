// Ancestral sampling (MDLM, arXiv 2406.07524): time falls from 1 to 0 in equal steps; from t to s each position in
// the fog is revealed with probability (α_s - α_t)/(1 - α_t), on its own, and stays as it is once revealed.
// A position whose hitting level (see first-hitting) is uniform on (0, 1 - α_1) has not been hit at t when it lies
// below 1 - α_t, and is hit before s when it lies above 1 - α_s: that is the same probability. So the reveals of a
// step are known before the network is asked, and a step that reveals nothing costs no forward.
import type { Policy, PolicyState } from '../policy.ts'
import { firstHitting, hittingLevel } from './first-hitting.ts'

export const ancestral: Policy = {
  name: 'ancestral',
  about: 'time in equal steps, each word revealed on its own; without --steps one word a step',
  source: 'Sahoo et al., arXiv 2406.07524; without steps their limit, arXiv 2409.02908',
  causal: false,
  summaries: true,
  draws: true,
  takes: ['steps', 'survival'],
  defaults: { temperature: 1 },
  steps: (fog, settings) => settings.steps ?? fog,
  // ever finer steps reveal one word at a time, which first hitting does without waiting
  wants: (state) =>
    state.settings.steps === undefined ? firstHitting.wants(state) : hitInThisStep(state),
  choose: (predictions) => predictions.map(({ position, token }) => ({ position, token })),
}

function hitInThisStep({ step, steps, fog, random, settings }: PolicyState): Int32Array {
  const noise = (t: number) => 1 - settings.survival(t)
  const most = noise(1)
  const last = step === steps - 1
  const next = noise(1 - (step + 1) / steps)
  return fog.filter((position) => last || hittingLevel(random, position) * most > next)
}
