// `npm run models`: trains the bundled models anew, tales and its autoregressive twin, into runs/, and puts what a
// model folder holds into models/. Each run goes on where it was stopped, so the command may be run again and again.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './process.js'

const common = ['--tales', '500000', '--rate', '0.003', '--dtype', 'bf16', '--batch', '4096']
/** both learn from as many tokens: those of the beginning they share, and these */
const start = '10M'
const rest = '40M'
const beginning = 'runs/tales-start'

/** In this order: both models go on from a network that writes from left to right. */
const runs = [
  { out: beginning, flags: ['--ar', '--tokens', start, '--params', '3200000'] },
  {
    name: 'tales',
    out: 'runs/tales',
    flags: ['--from', beginning, '--tokens', rest, '--reading', '0.25'],
  },
  {
    name: 'tales-ar',
    out: 'runs/tales-ar',
    flags: ['--ar', '--from', beginning, '--tokens', rest],
  },
]
const files = [
  'config.json',
  'model.safetensors',
  'tokenizer.json',
  'tokenizer_config.json',
  'README.md',
]

for (const { name, out, flags } of runs) {
  const named = name ? ['--name', name] : []
  const words = ['bin/unfog.js', 'train', 'tales:full', '--out', out, ...named, ...common, ...flags]
  const { status, signal } = spawnSync(process.execPath, words, { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? (signal === 'SIGINT' ? 130 : 1))
  if (!name) continue
  mkdirSync(join(root, 'models', name), { recursive: true })
  for (const file of files) {
    if (existsSync(join(root, out, file)))
      cpSync(join(root, out, file), join(root, 'models', name, file))
  }
  process.stdout.write(`models/${name} is made of ${out}\n`)
}
