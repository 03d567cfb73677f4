// α_t = e^(-σ), σ growing by the same factor in equal times, from least to most (arXiv 2406.07524 MDLM; 2406.04329 MD4
// with the numbers of the row). The papers leave a little noise at t = 0 and a little text at t = 1, which a bound would
// have to pay for; here the curve is stretched to end at 1 and 0. Theirs is this one, `squeezed` to e^-most and e^-least.
import { add, div, exp, less, mul, scalar, sub, type Tensor, where } from '../graph/index.ts'
import type { Schedule } from './schedule.ts'

/** @param least σ at t = 0, above 0  @param most σ at t = 1 */
export function geometricOf(least: number, most: number): Schedule {
  const growth = Math.log(most / least)
  const sigma = (t: number) => (t === 1 ? most : least * Math.exp(growth * t))
  const [start, end] = [Math.exp(-least), Math.exp(-most)]
  const span = start - end
  return {
    name: 'geometric',
    about: 'loses nothing for a long time, then nearly all at once',
    survival: (t) => (Math.exp(-sigma(t)) - end) / span,
    noise: (t) => (-start * Math.expm1(-least * Math.expm1(growth * t))) / span,
    derivative: (t) => (-growth * sigma(t) * Math.exp(-sigma(t))) / span,
    curve: (time) => {
      const grown = mul(expm1(mul(time, scalar(growth))), scalar(least))
      const level = add(grown, scalar(least))
      const survival = exp(mul(level, scalar(-1)))
      return {
        survival: div(sub(survival, scalar(end)), scalar(span)),
        noise: mul(expm1(mul(grown, scalar(-1))), scalar(-start / span)),
        derivative: mul(mul(level, survival), scalar(-growth / span)),
      }
    },
  }
}

export const geometric: Schedule = geometricOf(1e-5, 20)

/** e^x - 1; near 0, where that cancels, by its series: sixteen terms leave less than 1e-17 of it up to ½ */
function expm1(x: Tensor): Tensor {
  let series = scalar(1)
  for (let n = 16; n >= 2; n--) series = add(scalar(1), mul(mul(x, series), scalar(1 / n)))
  return where(less(mul(x, x), scalar(1 / 4)), mul(x, series), sub(exp(x), scalar(1)))
}
