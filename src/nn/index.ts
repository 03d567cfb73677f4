export type { BiasedPart, TransformerConfig } from './config.ts'
export {
  checkConfig,
  initialise,
  type ParameterShapes,
  parameterCount,
  parameterShapes,
  timeFeatures,
} from './parameters.ts'
export {
  type KeyValues,
  never,
  type Packing,
  type ShownVectors,
  type Transformer,
  transformer,
  type Window,
} from './transformer.ts'
