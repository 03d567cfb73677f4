export type { TransformerConfig } from './config.ts'
export {
  checkConfig,
  initialise,
  type ParameterShapes,
  parameterCount,
  parameterShapes,
} from './parameters.ts'
export { type Transformer, transformer } from './transformer.ts'
