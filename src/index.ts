// unfog: diffusion language models for TypeScript. Load a model and write, score and watch; or train one.

export { type DistillOptions, distill } from './api/distill.node.ts'
export type { LabelOptions } from './api/labels.ts'
export { LoadedModel, type LoadOptions, loadModel, models } from './api/load.node.ts'
export {
  type Completion,
  type Explanation,
  type GenerateOptions,
  Model,
  type ModelScoreOptions,
} from './api/model.ts'
export { type QuantiseReport, quantize } from './api/quantise.node.ts'
export {
  type Data,
  type DataSource,
  describeData,
  type ReadingOptions,
  runs,
  type TrainEvent,
  type TrainOptions,
  train,
} from './api/train.node.ts'
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
export { describeScore, type Score, scoreJson } from './measure/index.ts'
export type { ModelConfig } from './model/config.ts'
export { noises, schedules } from './noise/index.ts'
export { memberSeed } from './random/index.ts'
export { cpu } from './runtime/cpu.node.ts'
export { type DeviceName, devices } from './runtime/devices.node.ts'
export type { Device, DeviceKind, DeviceOptions } from './runtime/index.ts'
export {
  check,
  type Labels,
  labelValues,
  type Tale,
  tell,
  type WorldName,
  worlds,
} from './tales/index.ts'
export {
  type ChatChoice,
  chatForms,
  type DocumentMode,
  documentRules,
  type Role,
  type Tokenizer,
  type Turn,
  tokenizers,
} from './text/index.ts'
export type { Conversation } from './train/data.ts'
export type { DataReport } from './train/data-report.ts'
export type { RunHistory } from './train/history.ts'
export type { Metric } from './train/metrics.ts'
export type { RunPlan } from './train/plan.ts'
export { defaultRecipe, type Recipe } from './train/recipe.ts'
