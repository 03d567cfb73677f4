// How fast text turns to noise: the survival probability α_t of a token, falling from 1 at t = 0 to 0 at t = 1.
// The likelihood bound does not depend on it (arXiv 2107.00630 for continuous, 2406.07524 for masked noise); the
// variance of its estimate, and which noise levels training sees most, do.
import { UnfogError } from '../error/index.ts'
import { add, mul, scalar, type Tensor } from '../graph/index.ts'

/** A schedule at the times of some rows, in graph ops. All of the shape of `time`. */
export interface Curve {
  /** α_t */
  survival: Tensor
  /** 1 - α_t, as exact near t = 0 as anywhere */
  noise: Tensor
  /** dα/dt, negative */
  derivative: Tensor
}

export interface Schedule {
  readonly name: string
  readonly about: string
  /** true: every word learns a pace of its own (`Noise.learning`), and this is what all begin with */
  readonly learnt?: true
  /** The time at which the linear schedule has as much noise, of one that has no graph form: graphs are told that */
  linearTime?(t: number): number
  /** α_t: the probability that a token is still itself at time t in [0, 1] */
  survival(t: number): number
  /** 1 - α_t, computed without the cancellation that 1 - survival has near t = 0 */
  noise(t: number): number
  /** dα/dt */
  derivative(t: number): number
  /** the same in graph ops */
  curve(time: Tensor): Curve
}

/** The same schedule between two levels: α ↦ low + (high - low)·α. Released code trains so: MDLM with low 1e-3, MD4
 * with 1e-4 and 1 - 1e-4. What is left at t = 1 is not paid for, so with low > 0 the average is no bound (it lies
 * about low·Σ CE(all masked) below): for training, never for measuring. */
export function squeezed(
  schedule: Schedule,
  { low = 0, high = 1 }: { low?: number; high?: number },
): Schedule {
  const span = high - low
  return {
    name: schedule.name,
    about: `${schedule.about}, between ${low} and ${high}`,
    survival: (t) => low + span * schedule.survival(t),
    noise: (t) => 1 - high + span * schedule.noise(t),
    derivative: (t) => span * schedule.derivative(t),
    curve: (time) => {
      const { survival, noise, derivative } = schedule.curve(time)
      return {
        survival: add(mul(survival, scalar(span)), scalar(low)),
        noise: add(mul(noise, scalar(span)), scalar(1 - high)),
        derivative: mul(derivative, scalar(span)),
      }
    },
  }
}

/** The time at which a schedule has lost the share `noise`, in [0, 1]: by bisection, to the last bit of the share:
 * where a schedule is flat, the first such time. 0 or 1 where it never has as little or as much. */
export function timeOf(schedule: Pick<Schedule, 'noise'>, noise: number): number {
  let [low, high] = [0, 1]
  for (let middle = 0.5; low < middle && middle < high; middle = (low + high) / 2) {
    if (schedule.noise(middle) < noise) low = middle
    else high = middle
  }
  return noise <= schedule.noise(low) ? low : high
}

/** @throws UnfogError `bad_time` unless t is in (0, 1] */
export function expectTime(t: number): void {
  if (!(t > 0 && t <= 1)) {
    throw new UnfogError('bad_time', `noise time ${t} is outside (0, 1]`, { param: 'time' })
  }
}

/** @throws UnfogError `bad_time` unless 0 ≤ s ≤ t ≤ 1 */
export function expectStep(s: number, t: number): void {
  if (!(s >= 0 && s <= t && t <= 1)) {
    throw new UnfogError('bad_time', `noise times ${s} to ${t} are not a step within [0, 1]`, {
      param: 'time',
    })
  }
}
