// The error function. onnxruntime has no float64 kernel; there its meaning is the integral
// erf(x) = 2x/√π · ∫₀¹ exp(-x²u²) du by Gauss and Legendre's rule, exact to 1e-15 on the range that matters.
import { apply, type Op, type Tensor } from '../tensor.ts'
import { constant, scalar } from './constant.ts'
import { exp } from './exp.ts'
import { mul } from './mul.ts'
import { reshape } from './reshape.ts'
import { sum } from './sum.ts'

/** Nodes and weights of Gauss and Legendre's rule of order n on (0, 1), by Newton's method on the polynomial. */
export function gaussLegendre(n: number): { nodes: number[]; weights: number[] } {
  const nodes: number[] = []
  const weights: number[] = []
  for (let i = 0; i < n; i++) {
    let x = Math.cos((Math.PI * (i + 0.75)) / (n + 0.5))
    let slope = 0
    for (let round = 0; round < 20; round++) {
      let previous = 1
      let value = x
      for (let k = 2; k <= n; k++) {
        const next = ((2 * k - 1) * x * value - (k - 1) * previous) / k
        previous = value
        value = next
      }
      slope = (n * (x * value - previous)) / (x * x - 1)
      x -= value / slope
    }
    nodes.push((1 - x) / 2)
    weights.push(1 / ((1 - x * x) * slope * slope))
  }
  return { nodes, weights }
}

export const erfOp: Op<void> = {
  name: 'erf',
  shape: ([x]) => x.shape,
  vjp: ({ inputs: [x], dy }) => [
    mul(dy, mul(scalar(2 / Math.sqrt(Math.PI)), exp(mul(mul(x, x), scalar(-1))))),
  ],
  emit: (g, [x]) => g.node('Erf', [x]),
  lower: ([x]) => {
    const { nodes, weights } = gaussLegendre(64)
    const squares = constant(nodes.map((u) => -u * u))
    const column = reshape(mul(x, x), [...x.shape, 1])
    const integral = sum(mul(exp(mul(column, squares)), constant(weights)), { axes: [-1] })
    return mul(mul(x, scalar(2 / Math.sqrt(Math.PI))), integral)
  },
}

export const erf = (x: Tensor): Tensor => apply(erfOp, [x], undefined)
