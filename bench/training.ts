// Training speed and memory beside PyTorch: the same network, batch and optimiser, in turn, in one run.
//
//   npm run bench -- training [--rounds 5] [--width 256] [--layers 6] [--rows 16] [--length 128] [--vocabulary 512]
//
// Needs a Python with torch: bench/peers/setup.sh makes one in .venv. Both use all cores, float32, AdamW, clipping.
// Prints tokens/s (median, lowest, highest over the rounds), the ratio of medians, and peak resident memory; of unfog also
// with activations that are computed again.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { parameterCount } from '../src/nn/index.ts'
import { cpu } from '../src/runtime/cpu.node.ts'
import { lettersTrainer } from './support/trainer.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    steps: { type: 'string', default: '10' },
    width: { type: 'string', default: '256' },
    layers: { type: 'string', default: '6' },
    rows: { type: 'string', default: '16' },
    length: { type: 'string', default: '128' },
    vocabulary: { type: 'string', default: '512' },
    python: { type: 'string', default: '.venv/bin/python' },
    recompute: { type: 'boolean', default: false },
    child: { type: 'boolean', default: false },
  },
})
const number = (name: 'rounds' | 'steps' | 'width' | 'layers' | 'rows' | 'length' | 'vocabulary') =>
  Number(values[name])

/** One round of unfog in this process. @returns tokens per second */
async function measure(): Promise<number> {
  const trainer = await lettersTrainer(cpu(), {
    width: number('width'),
    layers: number('layers'),
    rows: number('rows'),
    length: number('length'),
    vocabulary: number('vocabulary'),
    tiedHead: false,
    // as the peer's
    optimiser: 'adamw',
    recompute: values.recompute,
  })
  for (let i = 0; i < 3; i++) await trainer.step(i, 0)
  const start = performance.now()
  let tokens = 0
  for (let i = 0; i < number('steps'); i++) tokens += (await trainer.step(3 + i, 0)).tokens
  const speed = tokens / ((performance.now() - start) / 1000)
  await trainer.dispose()
  const memory = process.resourceUsage().maxRSS / 1024
  console.log(
    JSON.stringify({
      speed,
      memory,
      parameters: parameterCount(trainer.setup.config.architecture),
    }),
  )
  return speed
}

interface Round {
  speed: number
  memory: number
  parameters: number
}

function child(command: string, args: string[]): Round {
  const { stdout, stderr, status } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${stderr}`)
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as Round
}

const shape = (['width', 'layers', 'rows', 'length', 'vocabulary', 'steps'] as const).flatMap(
  (name) => [`--${name}`, values[name]],
)

if (values.child) await measure()
else {
  if (!existsSync(values.python)) {
    console.error(`unfog: ${values.python} does not exist: run bash bench/peers/setup.sh`)
    process.exit(1)
  }
  const own = (...more: string[]) =>
    child(process.execPath, [process.argv[1], '--child', ...more, ...shape])
  const peers = {
    unfog: () => own(),
    again: () => own('--recompute'),
    'PyTorch eager': () => child(values.python, ['bench/peers/torch_training.py', ...shape]),
  }
  const results: Record<string, Round[]> = Object.fromEntries(
    Object.keys(peers).map((name) => [name, []]),
  )
  for (let round = 0; round < number('rounds'); round++) {
    for (const [name, run] of Object.entries(peers)) results[name].push(run())
  }
  const median = (list: number[]) => [...list].sort((a, b) => a - b)[list.length >> 1]
  console.log(
    `${cpus()[0].model}, ${cpus().length} cores; ${number('rows')} × ${number('length')} tokens a step, float32`,
  )
  for (const [name, rounds] of Object.entries(results)) {
    const speeds = rounds.map(({ speed }) => speed)
    console.log(
      `${name.padEnd(14)} ${(rounds[0].parameters / 1e6).toFixed(2)}M parameters  ${Math.round(median(speeds))} tokens/s (${Math.round(Math.min(...speeds))}–${Math.round(Math.max(...speeds))})  peak ${Math.round(Math.max(...rounds.map(({ memory }) => memory)))} MiB`,
    )
  }
  const peer = results['PyTorch eager']
  const ratio = (of: Round[], part: (rounds: Round[]) => number) =>
    (part(of) / part(peer)).toFixed(2)
  const speed = (rounds: Round[]) => median(rounds.map(({ speed }) => speed))
  const memory = (rounds: Round[]) => Math.max(...rounds.map(({ memory }) => memory))
  for (const name of ['unfog', 'again'])
    console.log(
      `${name}: speed ${ratio(results[name], speed)}x, memory ${ratio(results[name], memory)}x of PyTorch eager`,
    )
}
