export type { BiasedPart, TransformerConfig } from './config.ts'
export {
  checkConfig,
  initialise,
  type ParameterShapes,
  parameterCount,
  parameterShapes,
  timeFeatures,
} from './parameters.ts'
export { type Transformer, transformer } from './transformer.ts'
