// Training as its users start it: in a folder of the disk, in a process of its own that may be killed, on a disk that may
// be full, and one at a time.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { built } from '../../test/support/built.ts'
import { sentences, sharedDevice } from '../../test/support/training.ts'
import { seeded, stream } from '../random/index.ts'
import { folderStore } from '../store/folder.node.ts'
import { checkpointProgress } from '../train/checkpoint.ts'
import type { Metric } from '../train/metrics.ts'
import { loadModel } from './load.node.ts'
import { runs, type TrainEvent, type TrainOptions, train } from './train.node.ts'

let folder: string
const at = (name: string) => join(folder, name)
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'unfog-train-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const data = sentences(60)
/** fifty steps of one or two sentences */
const short = {
  data,
  tokens: 2000,
  config: { batchTokens: 100 },
} satisfies Partial<TrainOptions>

async function trained(out: string, options: Partial<TrainOptions> = {}): Promise<TrainEvent[]> {
  const events: TrainEvent[] = []
  const asked = { ...short, ...options, out, device: sharedDevice }
  for await (const event of train(asked)) events.push(event)
  return events
}
const weightsOf = (out: string) =>
  createHash('sha256')
    .update(readFileSync(join(out, 'model.safetensors')))
    .digest('hex')
const metricsOf = (out: string): Metric[] =>
  readFileSync(join(out, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

test('a run keeps what it wrote, and its history tells it', async () => {
  const out = at('samples')
  const events = await trained(out)
  const written = events.flatMap((event) => (event.type === 'sample' ? [event] : []))
  expect(written.length).toBeGreaterThanOrEqual(3)
  const [{ samples }] = await runs(out)
  expect(samples).toEqual(written.map(({ tokens, text }) => ({ tokens, text })))
})

describe('a folder has one trainer', () => {
  test('a second one is told who the first is; when it is done the folder is free', async () => {
    const out = at('busy')
    const first = train({ ...short, out, device: sharedDevice })
    await first.next()
    expect(readFileSync(join(out, 'lock'), 'utf8')).toBe(String(process.pid))
    await expect(trained(out)).rejects.toMatchObject({
      code: 'busy',
      param: 'out',
      message: `${out} is being trained by process ${process.pid}: wait for it, or use another --out`,
    })
    await first.return()
    expect(existsSync(join(out, 'lock'))).toBe(false)
    expect((await trained(out)).pop()).toMatchObject({ type: 'done', aborted: false })
    expect(existsSync(join(out, 'lock'))).toBe(false)
  })

  test('a lock whose process is gone is taken over, and so is one that says nothing', async () => {
    const gone = spawn(process.execPath, ['-e', ''])
    await new Promise((ended) => gone.on('close', ended))
    for (const content of [String(gone.pid), '', 'nobody']) {
      const out = at('stale')
      mkdirSync(out, { recursive: true })
      writeFileSync(join(out, 'lock'), content)
      expect((await trained(out)).pop()).toMatchObject({ type: 'done' })
    }
  })

  test('a run that fails gives its folder back', async () => {
    const out = at('failed')
    await expect(trained(out, { tokens: -1 })).rejects.toMatchObject({ code: 'usage' })
    expect(existsSync(join(out, 'lock'))).toBe(false)
  })

  test('a folder that is a file is refused', async () => {
    writeFileSync(at('file'), '')
    await expect(trained(at('file'))).rejects.toMatchObject({ code: 'io' })
  })
})

describe('data', () => {
  test('of a world that there is not is refused', async () => {
    await expect(trained(at('world'), { data: 'tales:huge' })).rejects.toMatchObject({
      code: 'usage',
      param: 'data',
      message: 'there is no world huge: use tales:small or tales:full',
    })
  })

  test('of a file is read by its documents, and a change of it is noticed', async () => {
    writeFileSync(at('story.txt'), `${data.join('\n')}\n`)
    const asked = { data: at('story.txt'), tokens: 300 }
    const [plan] = await trained(at('story'), asked)
    expect(plan).toMatchObject({ plan: { config: { text: { documents: 'line' } } } })
    writeFileSync(at('story.txt'), `${data.join('\n')}\none more.\n`)
    await expect(trained(at('story'), asked)).rejects.toMatchObject({
      code: 'bad_run',
      param: 'data',
    })
  })
})

test('a model to start from is a folder or a name', async () => {
  await trained(at('first'), { tokens: 300 })
  const [plan] = await trained(at('second'), { tokens: 300, from: at('first') })
  expect(plan).toMatchObject({ type: 'plan', plan: { before: expect.any(Number) } })
  const model = await loadModel(at('second'), { device: sharedDevice })
  expect(model.config.training?.tokens).toBeGreaterThanOrEqual(600)
  await model.dispose()
  await expect(trained(at('third'), { from: at('nowhere') })).rejects.toMatchObject({
    code: 'not_found',
  })
})

/** A trainer in a process of its own. */
function start(dist: string, options: object) {
  const script = fileURLToPath(new URL('../../test/support/train-child.mjs', import.meta.url))
  const child: ChildProcess = spawn(process.execPath, [script, dist, JSON.stringify(options)])
  let out = ''
  let err = ''
  const waiting: { text: string; found: () => void }[] = []
  child.stdout!.setEncoding('utf8').on('data', (text) => {
    out += text
    for (const { text, found } of waiting) if (out.includes(text)) found()
  })
  child.stderr!.setEncoding('utf8').on('data', (text) => {
    err += text
  })
  const ended = new Promise<{ out: string; err: string; code: number | null }>((resolve) => {
    child.on('close', (code) => resolve({ out, err, code }))
  })
  /** once it has printed this, or ended */
  const said = (text: string) =>
    Promise.race([ended, new Promise<void>((found) => waiting.push({ text, found }))])
  return { child, said, ended }
}

describe('a process', () => {
  /** a checkpoint every fifth of a second, of a run that takes some seconds */
  const options = (out: string) => ({
    data,
    out,
    tokens: 16_000,
    config: { batchTokens: 100 },
    every: { report: 0.1, checkpoint: 0.2 },
  })

  test('killed at 20 random moments ends bit-identical to one that never was', async () => {
    const dist = await built()
    const whole = at('whole')
    expect((await start(dist, options(whole)).ended).err).toBe('')
    const out = at('killed')
    const uniform = stream(seeded(20), 'time')
    let killed = 0
    let inTheMiddle = 0
    for (let i = 0; i < 20; i++) {
      const { child, said, ended } = start(dist, options(out))
      // a quarter dies while it opens, the others at work: most checkpoints are written after 0.2 s, which a busy
      // machine would seldom reach, so every fourth is let reach one
      if (i % 4 === 3) await said('"saved"')
      else if (uniform() < 0.75) await said('"phase"')
      await new Promise((passed) => setTimeout(passed, 450 * uniform()))
      child.kill('SIGKILL')
      if ((await ended).code === null) killed++
      const progress = await checkpointProgress(folderStore(out))
      if (progress && progress.tokens < 16_000) inTheMiddle++
    }
    const { err, code } = await start(dist, options(out)).ended
    expect({ err, code }).toEqual({ err: '', code: 0 })
    expect(killed).toBeGreaterThan(10)
    expect(inTheMiddle).toBeGreaterThan(3)
    expect(weightsOf(out)).toBe(weightsOf(whole))
    for (const name of ['checkpoint.safetensors', 'warm-start/model.safetensors']) {
      const [a, b] = [out, whole].map((run) => readFileSync(join(run, name)))
      // a checkpoint also says how many seconds it took: the tensors lie at its end
      const size = Math.min(a.length, b.length) - 4096
      expect(a.subarray(a.length - size).equals(b.subarray(b.length - size))).toBe(true)
    }
    const metrics = metricsOf(out)
    metrics.slice(1).forEach(({ step, tokens }, i) => {
      expect(step).toBeGreaterThan(metrics[i].step)
      expect(tokens).toBeGreaterThan(metrics[i].tokens)
    })
    const measured = (run: string) =>
      metricsOf(run).flatMap(({ step, heldOut }) => (heldOut ? [[step, heldOut]] : []))
    expect(measured(out)).toEqual(measured(whole))
    // nothing half-written is left
    expect(readdirSync(out).filter((name) => name === 'lock')).toEqual([])
  }, 400_000)

  test('asked to stop saves everything, and the same command goes on', async () => {
    const dist = await built()
    const out = at('asked')
    const { child, said, ended } = start(dist, options(out))
    await said('"report"')
    child.kill('SIGTERM')
    const { out: printed, code } = await ended
    expect(code).toBe(0)
    expect(printed.trim().split('\n').pop()).toBe('{"type":"done","aborted":true}')
    const progress = await checkpointProgress(folderStore(out))
    expect(progress!.step).toBeGreaterThan(0)
    expect(existsSync(join(out, 'config.json'))).toBe(true)
    await start(dist, options(out)).ended
    expect(weightsOf(out)).toBe(weightsOf(at('whole')))
  }, 120_000)
})

const quietly = (program: string, ...words: string[]) =>
  execFileSync(program, words, { stdio: 'ignore' })

const mountable = (() => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false
  const place = mkdtempSync(join(tmpdir(), 'unfog-mount-'))
  try {
    quietly('mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', place)
    quietly('umount', place)
    return true
  } catch {
    return false
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
})()
const why = mountable ? '' : ' (needs root, to mount a small disk)'

describe.skipIf(!mountable)(`a full disk${why}`, () => {
  test('ends with a sentence, the last checkpoint is intact, and with room it goes on', async () => {
    const out = at('disk')
    mkdirSync(out)
    // room for one checkpoint of the smallest network and not for a second beside it
    const mount = (...options: string[]) =>
      quietly('mount', '-t', 'tmpfs', ...options, 'tmpfs', out)
    mount('-o', 'size=4m')
    try {
      const run = () => trained(out, { every: { checkpoint: 0 } })
      const error = await run().catch((error) => error)
      expect(error).toMatchObject({
        code: 'disk_full',
        message: `no room left to write ${join(out, 'checkpoint.safetensors')}: free some space and run again`,
      })
      const progress = await checkpointProgress(folderStore(out))
      expect(progress!.step).toBe(1)
      expect(readdirSync(out).filter((name) => name.endsWith('.part'))).toEqual([])
      // still full: the same sentence again, and nothing is lost
      await expect(run()).rejects.toMatchObject({ code: 'disk_full' })
      expect((await checkpointProgress(folderStore(out)))!.step).toBe(1)
      mount('-o', 'remount,size=64m')
      await run()
      await trained(at('roomy'))
      expect(weightsOf(out)).toBe(weightsOf(at('roomy')))
    } finally {
      quietly('umount', out)
    }
  })

  test('from the first byte on ends with a sentence', async () => {
    const out = at('no-room')
    mkdirSync(out)
    quietly('mount', '-t', 'tmpfs', '-o', 'size=8k', 'tmpfs', out)
    try {
      await expect(trained(out)).rejects.toMatchObject({
        code: 'disk_full',
        message: expect.stringMatching(/^no room left to write .*: free some space and run again$/),
      })
    } finally {
      quietly('umount', out)
    }
  })
})
