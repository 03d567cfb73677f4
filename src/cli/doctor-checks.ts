// What unfog doctor looks at.
import { accessSync, constants, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { arch, availableParallelism, cpus, freemem, platform, release, totalmem } from 'node:os'
import { delimiter, join } from 'node:path'
import { cpu } from '../runtime/cpu.node.ts'
import { devices as deviceTable } from '../runtime/devices.node.ts'
import { systemClock } from '../store/index.ts'
import { check as checkTale } from '../tales/index.ts'
import { trainingSpeed } from '../train/speed.ts'
import type { Io } from './io.ts'
import { lively } from './terminal/colour.ts'

export interface Finding {
  /** `note`: worth knowing, not wrong */
  state: 'ok' | 'note' | 'bad'
  says: string
}

export type Check = (io: Io) => Promise<Finding[]>

const ok = (says: string): Finding[] => [{ state: 'ok', says }]
const note = (says: string): Finding[] => [{ state: 'note', says }]
const bad = (says: string): Finding[] => [{ state: 'bad', says }]

const gibibytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`

/** browsers that the tests can drive, by the names of their programs */
const browsers = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

export const checks = {
  async node() {
    const [major, minor] = process.versions.node.split('.').map(Number)
    const enough = major > 20 || (major === 20 && minor >= 19)
    return enough
      ? ok(process.version)
      : bad(`${process.version} is too old: install Node 20.19 or newer`)
  },
  async machine() {
    const model = cpus()[0]?.model.trim() ?? 'an unknown processor'
    return ok(`${platform()} ${release()} ${arch()}, ${model}, ${availableParallelism()} cores`)
  },
  async memory() {
    const free = freemem()
    const says = `${gibibytes(free)} free of ${gibibytes(totalmem())}`
    return free > 2 ** 29 ? ok(says) : note(`${says}: little to train with, close something`)
  },
  async onnxruntime() {
    const path = createRequire(import.meta.url).resolve('onnxruntime-node/package.json')
    const { version } = JSON.parse(readFileSync(path, 'utf8'))
    return ok(version)
  },
  async devices() {
    const rows = Object.entries(deviceTable).map(async ([name, kind]) => {
      const absent = await kind.absent()
      return absent ? note(absent) : ok(`${name}: ${kind.summary} (--device ${name})`)
    })
    return (await Promise.all(rows)).flat()
  },
  async speed() {
    // the machine is measured, so it is the machine's clock
    const flops = await trainingSpeed(cpu(), systemClock)
    return ok(`trains at about ${(flops / 1e9).toFixed(0)} GFLOP/s`)
  },
  async models() {
    const { loadModel, models } = await import('../index.ts')
    const found: Finding[] = []
    for (const { name } of models()) {
      const start = systemClock.now()
      const model = await loadModel(name)
      const loaded = Math.round(systemClock.now() - start)
      try {
        const { text, forwards, ms } = await model.complete({ seed: 1 })
        const { world } = model.config.text
        const errors = world ? checkTale(world, text).errors : []
        const verdict = !world ? '' : errors.length === 0 ? ', and it is true' : `: ${errors[0]}`
        found.push({
          state: errors.length === 0 ? 'ok' : 'note',
          says: `${name}: loads in ${loaded} ms, wrote a text in ${forwards} forwards and ${ms} ms${verdict}`,
        })
      } finally {
        await model.dispose()
      }
    }
    return found.length > 0
      ? found
      : note('none is here: train one, unfog train tales:full --out runs/tales')
  },
  async browser({ env }) {
    const path = programPath(browsers, env.PATH ?? '')
    return path
      ? ok(path)
      : note('no Chromium, which only the tests need: apt-get install chromium')
  },
  async terminal({ stdout, env }) {
    if (!stdout.isTTY) return note('output goes to a file or pipe: --watch shows plain frames')
    if (!lively(stdout, env)) return note('colours are off (NO_COLOR or TERM=dumb)')
    const colours = /^(truecolor|24bit)$/.test(env.COLORTERM ?? '') ? '16 million' : '256'
    return ok(`${stdout.columns} × ${stdout.rows}, ${colours} colours`)
  },
} satisfies Record<string, Check>

function programPath(names: readonly string[], path: string): string | undefined {
  const places = path.split(delimiter).filter(Boolean)
  return names
    .flatMap((name) => places.map((place) => join(place, name)))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK)
        return true
      } catch {
        return false
      }
    })
}
