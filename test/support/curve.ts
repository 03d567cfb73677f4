// The first steps of a training run, the same on every device: forward, gradients, Muon and AdamW in turn.
import { lettersTrainer } from '../../bench/support/trainer.ts'
import type { Device } from '../../src/runtime/index.ts'

/** @returns losses of 20 steps at the full learning rate, in nats a token */
export async function curve(device: Device): Promise<number[]> {
  const shape = { width: 32, layers: 1, rows: 4, length: 16, vocabulary: 258 }
  const trainer = await lettersTrainer(device, shape)
  const half = trainer.setup.budget / 2
  const losses: number[] = []
  for (let step = 0; step < 20; step++) losses.push((await trainer.step(step, half)).loss)
  await trainer.dispose()
  return losses
}
