export { Batcher, type BatchLimits } from './batcher.ts'
export { type Cache, type CacheName, caches } from './caches.ts'
export { type Canvas, makeCanvas, type Words } from './canvas.ts'
export type { Ask, Denoiser, Growth, Reuse } from './denoiser.ts'
export { type ExplainedWord, explain, type Moment, momentsOf } from './explain.ts'
export { type Frame, type FrameJSON, fogSign, frameFromJSON, frameToJSON, states } from './frame.ts'
export { guide, unprompted } from './guidance.ts'
export { helped } from './helped.ts'
export { type InfillPart, parseInfill } from './infill.ts'
export { denoise, denoiseBatch, type LoopOptions, type Task } from './loop.ts'
export { piecesOf } from './pieces.ts'
export { makePlan, type Plan, type PlanOptions, policiesFor, ranges } from './plan.ts'
export { type PolicyName, policies } from './policies/index.ts'
export type { Change, Policy, PolicySettings, PolicyState, Prediction } from './policy.ts'
export {
  type Candidate,
  distribution,
  drawToken,
  mostProbable,
  type Row,
  readRow,
  type Sampling,
} from './sample.ts'
