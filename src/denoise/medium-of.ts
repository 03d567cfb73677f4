// Which medium the texts of a network are made of.
import { UnfogError } from '../error/index.ts'
import { noises, type Process, schedules } from '../noise/index.ts'
import type { Bans } from './bans.ts'
import type { Canvas } from './canvas.ts'
import type { Denoiser } from './denoiser.ts'
import type { Frame } from './frame.ts'
import { type Medium, wordMedium } from './medium.ts'
import { vectorMedium } from './vectors.ts'

/** @param process what the network has learnt to undo  @param from a canvas, or a frame to go on from */
export function mediumOf(
  network: Pick<Denoiser, 'vocabSize' | 'maskId' | 'words'>,
  process: Process,
  from: Canvas | Frame,
): Medium {
  const { vocabSize, maskId } = network
  const { noise } = process
  if (!noise.vectors) return wordMedium(noise, { vocabSize, maskId, ...process })
  const words = network.words?.()
  if (!words) throw new UnfogError('internal', `a network of ${noise.name} noise has no vectors`)
  const known = 'step' in from ? from : {}
  return vectorMedium(process, noise, { words, vocabSize, maskId }, from.tokens.length, known)
}

/** Of a network that does not say what it has learnt to undo.
 * @param bans what it never writes */
export const maskedProcess = ({ flags }: Bans): Process => ({
  noise: noises.masked,
  schedule: schedules.linear,
  words: Int32Array.from(flags.keys()).filter((id) => !flags[id]),
})
