// The table of policies: a new one is one file and one row here.
import type { Policy } from '../policy.ts'
import { ancestral } from './ancestral.ts'
import { confidence } from './confidence.ts'
import { firstHitting } from './first-hitting.ts'
import { leftToRight } from './left-to-right.ts'
import { revise } from './revise.ts'

export const policies = {
  ancestral,
  confidence,
  revise,
  'first-hitting': firstHitting,
  'left-to-right': leftToRight,
} satisfies Record<string, Policy>

export type PolicyName = keyof typeof policies
