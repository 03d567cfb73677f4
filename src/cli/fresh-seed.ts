// A seed for whoever gave none. It is short, because people type it again.
import { randomInt } from 'node:crypto'

export const freshSeed = (): number => randomInt(1, 1_000_000)
