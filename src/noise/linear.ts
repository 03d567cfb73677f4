// α_t = 1 - t: a text at time t has lost that share of its words. (MDLM calls it log-linear.)
import { fill, scalar, sub } from '../graph/index.ts'
import type { Schedule } from './schedule.ts'

export const linear: Schedule = {
  name: 'linear',
  about: 'the share of lost words is the time itself',
  survival: (t) => 1 - t,
  noise: (t) => t,
  derivative: () => -1,
  curve: (time) => ({
    survival: sub(scalar(1), time),
    noise: time,
    derivative: fill(-1, time.shape),
  }),
}
