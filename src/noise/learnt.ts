// A schedule of its own for every word, learnt together with the network (GenMD4, arXiv 2406.04329, section 6). All words
// begin as the linear schedule has them; what becomes of each says masked-by-word.ts.
import { linear } from './linear.ts'
import type { Schedule } from './schedule.ts'

export const learnt: Schedule = {
  ...linear,
  name: 'learnt',
  about: 'every word at a pace of its own, which is learnt; all begin as linear',
  learnt: true,
}
