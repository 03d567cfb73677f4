// AdamW (arXiv 1711.05101), gradient clipping and the running average of weights, in one pass over flat buffers.
import { UnfogError } from '../error/index.ts'
import type { Layout } from '../runtime/index.ts'
import { sizeOf } from '../runtime/index.ts'
import { adamwKernel, type Kernel } from './adamw-kernel.ts'

export interface AdamWOptions {
  beta1: number
  beta2: number
  epsilon: number
  /** of matrices; vectors (norms, gains, biases) are not decayed */
  weightDecay: number
  /** longest gradient, as a Euclidean norm over all parameters */
  clip: number
  /** share of the running average that a step keeps, reached gradually */
  average: number
}

/** All state of a run: flat buffers of the layout's size. */
export interface Buffers {
  parameters: Float32Array
  first: Float32Array
  second: Float32Array
  /** running average of the parameters: what is saved and measured */
  average: Float32Array
}

export const bufferNames = ['parameters', 'first', 'second', 'average'] as const

/** bytes of a page of WebAssembly's memory, and the most pages there may be */
const page = 65_536
const mostPages = 65_535

export class AdamW {
  readonly buffers: Readonly<Buffers>
  readonly gradients: Float32Array
  private readonly layout: Layout
  private readonly kernel: Kernel

  /** @throws UnfogError `usage` for more parameters than fit into 4 GiB with all their state */
  constructor(layout: Layout) {
    const names = [...bufferNames, 'gradients']
    const bytes = 4 * layout.size
    const pages = Math.max(1, Math.ceil((names.length * bytes) / page))
    if (pages > mostPages) {
      throw new UnfogError(
        'usage',
        `${layout.size} parameters and what training keeps of each take more than 4 GiB: use a smaller --params`,
        { param: 'params' },
      )
    }
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages })
    const [parameters, first, second, average, gradients] = names.map(
      (_, i) => new Float32Array(memory.buffer, i * bytes, layout.size),
    )
    this.buffers = { parameters, first, second, average }
    this.gradients = gradients
    this.layout = layout
    this.kernel = adamwKernel(memory)
  }

  /** Euclidean norm of one of the buffers, summed in float64. NaN or infinite when any entry is. */
  norm({ byteOffset, length }: Float32Array): number {
    return Math.sqrt(this.kernel.squares(byteOffset, length))
  }

  /** One step, in place.
   * @param step 0 for the first
   * @param rate learning rate
   * @returns the gradient's norm before clipping */
  step({ step, rate }: { step: number; rate: number }, options: AdamWOptions): number {
    const { beta1, beta2, epsilon, weightDecay, clip } = options
    const length = this.norm(this.gradients)
    const factors = {
      ...{ beta1, beta2, epsilon },
      clipped: length > clip ? clip / length : 1,
      rate: rate / (1 - beta1 ** (step + 1)),
      root: 1 / Math.sqrt(1 - beta2 ** (step + 1)),
      keep: Math.min(options.average, (step + 1) / (step + 10)),
    }
    for (const [name, shape] of Object.entries(this.layout.shapes)) {
      const shrink = 1 - (shape.length > 1 ? rate * weightDecay : 0)
      this.kernel.update(this.segment(name, sizeOf(shape)), { ...factors, shrink })
    }
    return length
  }

  /** Padding up to four floats is part of it: its gradients are 0, and so it stays 0. */
  private segment(name: string, size: number) {
    const { parameters, first, second, average } = this.buffers
    const at = (buffer: Float32Array) => buffer.byteOffset + 4 * this.layout.offsets[name]
    return {
      parameters: at(parameters),
      gradients: at(this.gradients),
      first: at(first),
      second: at(second),
      average: at(average),
      length: Math.ceil(size / 4) * 4,
    }
  }
}
