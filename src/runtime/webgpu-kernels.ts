// What onnxruntime's WebGPU provider (1.30) cannot do, in Node and in a browser alike. The contract suite finds these.
import type { RuntimeTraits } from './onnxruntime.ts'

export const webgpuTraits: Pick<RuntimeTraits, 'decomposed' | 'batchInvariant' | 'empty'> = {
  decomposed: [
    // no kernels: they would run on the processor, with a copy from the card and back each time
    'matmul',
    'int8Matmul',
    'logSoftmax',
    // the second output of SimplifiedLayerNormalization is the mean
    'rmsScale',
    // overflows: the maximum is not subtracted
    'logsumexp',
    // OneHot has no kernel
    'scatterRows',
    // one group of threads for each result: a training step of 64k tokens took 3 times as long
    'sum',
  ],
  // kernels are chosen by shape; on SwiftShader only padding changes bits, but no card promises it
  batchInvariant: 'none',
  // an empty buffer ends the process
  empty: false,
}
