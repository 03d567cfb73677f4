// What a run does when it diverges: it goes back to the best weights of its phase and learns on from them at half the
// rate. How often it did is part of where it stands, and nothing here depends on when checkpoints were written, so a
// run that is killed around it goes the same way again.
import { UnfogError } from '../error/index.ts'
import type { Progress } from './checkpoint.ts'
import { calm } from './divergence.ts'

/** after so many halvings a run is given up */
const mostHalvings = 3

/** Factor on the learning rate. */
export const slowed = ({ recoveries }: Pick<Progress, 'recoveries'>): number =>
  0.5 ** recoveries.length

/** Where the run stands once it has gone back.
 * @param why the beginning of a sentence
 * @param rate highest learning rate of the recipe
 * @throws UnfogError `diverged` when halving has not helped */
export function goneBack(progress: Progress, why: string, rate: number): Progress {
  const { best, step: failed, recoveries } = progress
  if (recoveries.length === mostHalvings) {
    throw new UnfogError(
      'diverged',
      `${why}, though the learning rate was halved ${mostHalvings} times: run again with a lower --rate than ${rate * slowed(progress)}`,
    )
  }
  const { step, tokens, metrics } = best
  const halved = (rate * slowed(progress)) / 2
  const text = `${why}: back to step ${step}, and on at half the learning rate (${halved})`
  return {
    ...progress,
    ...{ step, tokens, metrics },
    watch: calm(progress.watch),
    recoveries: [...recoveries, { text, failed, step, rate: halved }],
  }
}
