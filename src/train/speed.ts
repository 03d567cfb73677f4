// How fast this machine is, before anything is decided: a matrix product of the kind that training is made of.
import { emit, input, matmul } from '../graph/index.ts'
import type { Device } from '../runtime/index.ts'
import type { Clock } from '../store/index.ts'

/** share of the product's speed that a whole training step reaches (measured 0.5–0.7 for 0.3–5M parameters) */
const efficiency = 0.55

/** @returns floating-point operations per second that training can count on, about */
export async function trainingSpeed(device: Device, clock: Clock): Promise<number> {
  const [rows, inner, columns] = [1024, 256, 512]
  const a = input('a', 'float', [rows, inner])
  const b = input('b', 'float', [inner, columns])
  const session = await device.session(emit({ product: matmul(a, b) }))
  const inputs = {
    a: { data: new Float32Array(rows * inner).fill(0.5), dims: [rows, inner] },
    b: { data: new Float32Array(inner * columns).fill(0.5), dims: [inner, columns] },
  }
  await session.run(inputs)
  const start = clock.now()
  let runs = 0
  while (clock.now() - start < 200) {
    await session.run(inputs)
    runs++
  }
  const seconds = (clock.now() - start) / 1000
  await session.dispose()
  return (efficiency * runs * 2 * rows * inner * columns) / seconds
}
