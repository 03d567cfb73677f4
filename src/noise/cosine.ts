// α_t = 1 - cos(π/2·(1-t)) = 1 - sin(πt/2): MaskGIT's mask ratio (arXiv 2202.04200), MD4's cosine (arXiv 2406.04329).
// Steps of equal time reveal few words at first, when nothing is known yet, and many at the end.
// MDLM's CosineNoise is another curve, cos(πt/2), this one turned round.
import { add, mul, scalar, sub, type Tensor } from '../graph/index.ts'
import type { Schedule } from './schedule.ts'

const quarter = Math.PI / 2

export const cosine: Schedule = {
  name: 'cosine',
  about: 'loses words fast at first, slowly at the end',
  // in this form it is 1 and 0 at the ends exactly
  survival: (t) => 1 - Math.sin(quarter * t),
  noise: (t) => Math.sin(quarter * t),
  derivative: (t) => -quarter * Math.sin(quarter * (1 - t)),
  curve: (time) => {
    const left = sub(scalar(1), time)
    const half = sine(mul(left, scalar(quarter / 2)))
    return {
      survival: mul(mul(half, half), scalar(2)),
      noise: sine(mul(time, scalar(quarter))),
      derivative: mul(sine(mul(left, scalar(quarter))), scalar(-quarter)),
    }
  },
}

/** sin x for x in [0, π/2], by its series: eleven terms leave an error below 1e-17 there. */
function sine(x: Tensor): Tensor {
  const squared = mul(x, x)
  let sum = scalar(1)
  for (let n = 20; n >= 2; n -= 2) {
    sum = add(scalar(1), mul(mul(squared, sum), scalar(-1 / (n * (n + 1)))))
  }
  return mul(x, sum)
}
