// x · Φ(x), Φ the normal distribution function (arXiv 1606.08415), exact, not the tanh approximation.
import { apply, type Op, type Tensor } from '../tensor.ts'
import { add } from './add.ts'
import { scalar } from './constant.ts'
import { erf } from './erf.ts'
import { exp } from './exp.ts'
import { mul } from './mul.ts'

const normalCdf = (x: Tensor): Tensor =>
  mul(add(erf(mul(x, scalar(Math.SQRT1_2))), scalar(1)), scalar(0.5))

export const geluOp: Op<void> = {
  name: 'gelu',
  shape: ([x]) => x.shape,
  vjp: ({ inputs: [x], dy }) => {
    const density = mul(exp(mul(mul(x, x), scalar(-0.5))), scalar(1 / Math.sqrt(2 * Math.PI)))
    return [mul(dy, add(normalCdf(x), mul(x, density)))]
  },
  emit: (g, [x]) => g.node('Gelu', [x], {}, 'com.microsoft'),
  lower: ([x]) => mul(x, normalCdf(x)),
}

export const gelu = (x: Tensor): Tensor => apply(geluOp, [x], undefined)
