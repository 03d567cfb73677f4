// `npm run models`: trains the bundled models anew, tales and its autoregressive twin, into runs/, and puts what a
// model folder holds into models/. Each run goes on where it was stopped, so the command may be run again and again.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './process.js'

const tokens = 30e6
/** of the recipe's defaults: share of the tokens that the warm start takes */
const warmStart = 0.25
const common = ['--tales', '400000', '--dtype', 'bf16', '--rate', '0.003']

/** In this order: the masked model's warm start is also the beginning of its twin. */
const runs = [
  {
    name: 'tales',
    flags: ['--tokens', String(tokens), '--params', '1500000'],
  },
  {
    name: 'tales-ar',
    flags: [
      '--ar',
      '--from',
      'runs/tales/warm-start',
      '--tokens',
      String(tokens * (1 - warmStart)),
    ],
  },
]
const files = [
  'config.json',
  'model.safetensors',
  'tokenizer.json',
  'tokenizer_config.json',
  'README.md',
]

for (const { name, flags } of runs) {
  const out = `runs/${name}`
  const words = [
    'bin/unfog.js',
    'train',
    'tales:full',
    '--out',
    out,
    '--name',
    name,
    ...common,
    ...flags,
  ]
  const { status, signal } = spawnSync(process.execPath, words, { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? (signal === 'SIGINT' ? 130 : 1))
  mkdirSync(join(root, 'models', name), { recursive: true })
  for (const file of files) {
    if (existsSync(join(root, out, file)))
      cpSync(join(root, out, file), join(root, 'models', name, file))
  }
  process.stdout.write(`models/${name} is made of ${out}\n`)
}
