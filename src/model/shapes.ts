// The tensors of a model: those of its network, and what its noise has learnt.
import { type ParameterShapes, parameterShapes } from '../nn/index.ts'
import { noiseShapes } from '../noise/index.ts'
import type { ModelConfig } from './config.ts'

export const modelShapes = ({
  architecture,
  noise,
}: Pick<ModelConfig, 'architecture' | 'noise'>): ParameterShapes => ({
  ...parameterShapes(architecture),
  ...noiseShapes(noise, architecture.vocabSize),
})
