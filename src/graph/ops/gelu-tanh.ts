// GELU by the tanh approximation (arXiv 1606.08415), which GPT-2 and its descendants were trained with:
// x · (1 + tanh z) / 2 with z = √(2/π) · (x + 0.044715 x³), and (1 + tanh z) / 2 is σ(2z).
import type { Tensor } from '../tensor.ts'
import { add } from './add.ts'
import { scalar } from './constant.ts'
import { mul } from './mul.ts'
import { sigmoid } from './sigmoid.ts'

export const geluTanh = (x: Tensor): Tensor => {
  const cubic = add(mul(mul(mul(x, x), scalar(0.044715)), x), x)
  return mul(x, sigmoid(mul(cubic, scalar(2 * Math.sqrt(2 / Math.PI)))))
}
