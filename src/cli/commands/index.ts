// The table of commands: a new one is one file and one row here. Help, the reference in docs/cli.md and the contract
// suite derive from it.
import type { Command } from '../command.ts'
import { data } from './data.ts'
import { distill } from './distill.ts'
import { doctor } from './doctor.ts'
import { explain } from './explain.ts'
import { generate } from './generate.ts'
import { noise } from './noise.ts'
import { policies } from './policies.ts'
import { quantize } from './quantize.ts'
import { runs } from './runs.ts'
import { score } from './score.ts'
import { start } from './start.ts'
import { tales } from './tales.ts'
import { train } from './train.ts'

export const commands = {
  generate,
  explain,
  train,
  data,
  runs,
  score,
  tales,
  quantize,
  distill,
  policies,
  noise,
  doctor,
  start,
} satisfies Record<string, Command>
