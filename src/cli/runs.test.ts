// A run as `unfog runs` shows it: the last measurement by share of masked words, and where it went back.
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventsOf, settingsOf } from '../../test/support/training.ts'
import { folderStore } from '../store/folder.node.ts'
import { metricsFile } from '../train/metrics.ts'
import { unfog } from './testing/unfog.ts'

const place = mkdtempSync(join(tmpdir(), 'unfog-runs-'))
const folder = join(place, 'fog')
afterAll(() => rmSync(place, { recursive: true, force: true }))
beforeAll(async () => {
  const options = { tokens: 600, params: 10_000, recipe: { batchTokens: 100 } }
  await eventsOf(settingsOf({ out: folderStore(folder), options }))
})

test('one run shows what a masked word costs by how many are masked', async () => {
  const { out, err } = await unfog(['runs', folder], { columns: 100 })
  expect(err).toBe('')
  expect(out).toMatch(/^masked, up to +10 % .* 100 %$/m)
  // three sentences are held out: most shares have none
  expect(out).toMatch(/^nats\/token .*\d\.\d\d/m)
})

test('a run that went back says so', async () => {
  const { out: before } = await unfog(['runs', folder])
  expect(before).not.toContain('!')
  const text = 'it exploded: back to step 5, and on at half the learning rate (0.001)'
  const metric = { step: 99, tokens: 700, seconds: 9, loss: 1, recoveries: [{ text }] }
  appendFileSync(join(folder, metricsFile), `${JSON.stringify(metric)}\n`)
  const { out } = await unfog(['runs', folder], { columns: 200 })
  expect(out).toContain(`! fog: ${text}`)
})
