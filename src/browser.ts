// unfog/browser: the same in a page. Load a model over fetch and write, score and watch; or train one.

export type { LabelOptions } from './api/labels.ts'
export {
  type Completion,
  type Explanation,
  type GenerateOptions,
  Model,
  type ModelScoreOptions,
} from './api/model.ts'
export { loadModel, type PageOptions, type TrainOptions, train } from './api/page.ts'
export {
  type BatchLimits,
  type Candidate,
  type ExplainedWord,
  explain,
  type Frame,
  type FrameJSON,
  frameFromJSON,
  frameToJSON,
  type Moment,
  type PolicyName,
  policies,
  ranges,
  states,
} from './denoise/index.ts'
export { codes, type ErrorCode, UnfogError } from './error/index.ts'
export type { Score } from './measure/index.ts'
export type { ModelConfig } from './model/config.ts'
export { type DeviceName, devices } from './runtime/devices.ts'
export type { Device, DeviceKind } from './runtime/index.ts'
export type { WebOptions } from './runtime/web.ts'
export { fetchStore, memoryStore, type Store } from './store/index.ts'
export type { TrainEvent } from './train/run.ts'
