// How far the memory that a run is said to need lies from what it takes.
//
//   npm run bench -- memory [--sizes 300k,1M,5M] [--batches 1k,4k] [--tokens 30k] [--data tinyshakespeare.txt]
//                           [--recompute]
//
// Each run is a process of its own, into a folder that is removed afterwards. Prints what was said before its first step,
// the peak of resident memory at its end, and how far the first is off; both as a table.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { train } from '../src/api/train.node.ts'
import { parseCount } from '../src/cli/count.ts'
import { refuse } from './support/runs.ts'

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '300k,1M,5M' },
    batches: { type: 'string', default: '1024' },
    tokens: { type: 'string', default: '30k' },
    data: { type: 'string', default: '../shared/data/tinyshakespeare.txt' },
    recompute: { type: 'boolean', default: false },
    /** the run of a child process: parameters, tokens of a batch */
    child: { type: 'string' },
  },
})

const countOf = (raw: string): number =>
  parseCount(raw) || refuse(`${raw} is not a count such as 500k or 2M`)

/** MiB */
interface Memory {
  parameters: string
  said: number
  taken: number
}

async function measure(params: number, batchTokens: number): Promise<Memory> {
  const out = mkdtempSync(join(tmpdir(), 'unfog-memory-'))
  let reasons = ''
  try {
    const tokens = countOf(values.tokens)
    const { data, recompute } = values
    const options = { data, recompute, out, tokens, params, config: { batchTokens } }
    for await (const event of train(options)) {
      if (event.type === 'plan') reasons = event.reasons.join(' ')
    }
  } finally {
    rmSync(out, { recursive: true })
  }
  const [, parameters] = /Network: (\S+) parameters/.exec(reasons) ?? []
  const [, said] = /(\d+) MiB of memory/.exec(reasons) ?? []
  return { parameters, said: Number(said), taken: process.resourceUsage().maxRSS / 1024 }
}

if (values.child) {
  const [params, batch] = values.child.split(',').map(Number)
  console.log(JSON.stringify(await measure(params, batch)))
} else {
  console.log(
    '| parameters | tokens of a batch | said | taken | off |\n| --- | --- | --- | --- | --- |',
  )
  for (const params of values.sizes.split(',').map(countOf)) {
    for (const batch of values.batches.split(',').map(countOf)) {
      const args = [
        '--child',
        `${params},${batch}`,
        '--tokens',
        values.tokens,
        '--data',
        values.data,
        ...(values.recompute ? ['--recompute'] : []),
      ]
      const child = spawnSync(process.execPath, [process.argv[1], ...args], { encoding: 'utf8' })
      if (child.status !== 0) refuse(`a run failed: ${child.stderr}`)
      const { parameters, said, taken } = JSON.parse(
        child.stdout.trim().split('\n').at(-1) as string,
      ) as Memory
      const off = `${(100 * (said / taken - 1)).toFixed(0)} %`
      console.log(`| ${parameters} | ${batch} | ${said} MiB | ${Math.round(taken)} MiB | ${off} |`)
    }
  }
}
