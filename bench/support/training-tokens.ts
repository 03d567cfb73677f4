// Tokens a second of training a small network, in Node and in a page alike.
import { parameterCount } from '../../src/nn/index.ts'
import type { Device } from '../../src/runtime/index.ts'
import { lettersTrainer } from './trainer.ts'

/** @param steps measured after three that are not */
export async function trainingTokens(
  device: Device,
  steps: number,
): Promise<{ speed: number; parameters: number; threads: number }> {
  const shape = { width: 96, layers: 3, rows: 16, length: 64, vocabulary: 258 }
  const trainer = await lettersTrainer(device, shape)
  for (let i = 0; i < 3; i++) await trainer.step(i, 0)
  const start = performance.now()
  let tokens = 0
  for (let i = 0; i < steps; i++) tokens += (await trainer.step(3 + i, 0)).tokens
  const speed = tokens / ((performance.now() - start) / 1000)
  await trainer.dispose()
  const parameters = parameterCount(trainer.setup.config.architecture)
  return { speed, parameters, threads: device.threads }
}
