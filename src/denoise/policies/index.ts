// The table of policies: a new one is one file and one row here.
import type { Policy } from '../policy.ts'
import { ancestral } from './ancestral.ts'
import { confidence } from './confidence.ts'
import { ddpm } from './ddpm.ts'
import { entropy, maskgitPlus, topkMargin } from './dream.ts'
import { editing } from './editing.ts'
import { entropyBound, entropyBoundTop } from './entropy-bound.ts'
import { euler } from './euler.ts'
import { factor } from './factor.ts'
import { firstHitting } from './first-hitting.ts'
import { heun } from './heun.ts'
import { leftToRight } from './left-to-right.ts'
import { lowConfidence } from './low-confidence.ts'
import { margin } from './margin.ts'
import { opened } from './opened.ts'
import { origin } from './origin.ts'
import { posterior } from './posterior.ts'
import { proofread } from './proofread.ts'
import { psiCap, psiConstant, psiLoop, psiRescale } from './psi.ts'
import { random } from './random.ts'
import { forwardBackward, remdmCap, remdmConf, remdmLoop, remdmRescale } from './remdm.ts'
import { renoise } from './renoise.ts'
import { revise } from './revise.ts'
import { scheduled } from './scheduled.ts'
import { speculative } from './speculative.ts'
import { threshold } from './threshold.ts'

export const policies = {
  ancestral,
  confidence,
  margin,
  revise,
  proofread,
  editing,
  'first-hitting': firstHitting,
  'left-to-right': leftToRight,
  speculative,
  'low-confidence': lowConfidence,
  random,
  scheduled,
  threshold,
  factor,
  'entropy-bound': entropyBound,
  'entropy-bound-top': entropyBoundTop,
  opened,
  origin,
  'maskgit-plus': maskgitPlus,
  'topk-margin': topkMargin,
  entropy,
  ddpm,
  posterior,
  renoise,
  'psi-constant': psiConstant,
  'psi-cap': psiCap,
  'psi-rescale': psiRescale,
  'psi-loop': psiLoop,
  euler,
  heun,
  'forward-backward': forwardBackward,
  'remdm-cap': remdmCap,
  'remdm-rescale': remdmRescale,
  'remdm-conf': remdmConf,
  'remdm-loop': remdmLoop,
} satisfies Record<string, Policy>

export type PolicyName = keyof typeof policies
