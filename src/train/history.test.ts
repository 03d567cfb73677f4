import { expect, test } from 'vitest'
import { cpu } from '../runtime/cpu.node.ts'
import { memoryStore, writeText } from '../store/index.ts'
import { textData } from './data.ts'
import { readHistory } from './history.ts'
import { metricsFile } from './metrics.ts'
import { run } from './run.ts'

const out = memoryStore()
const data = textData('fog', ['The fog was thick and the lamp was lit.'.repeat(40)])
const options = { tokens: 6000, params: 10_000 }
for await (const event of run({ data, out, device: cpu({ threads: 1 }), options })) void event

test('a run tells what it is and how far it came', async () => {
  const history = await readHistory(out)
  expect(history).toMatchObject({ data: 'fog', noise: 'masked', budget: 6000 })
  expect(history?.metrics.at(-1)?.tokens).toBeGreaterThanOrEqual(5000)
  expect(history?.heldOut?.exact).toBe(false)
  expect(history?.heldOut?.natsPerChar).toBeGreaterThan(0)
  expect(history?.parameters).toBeGreaterThan(1000)
})

test('a report that is still being written is left out; a damaged one is named', async () => {
  const before = await readHistory(out)
  await out.append(metricsFile, new TextEncoder().encode('{"step": 7, "tok'))
  expect((await readHistory(out))?.metrics).toEqual(before?.metrics)
  await out.append(metricsFile, new TextEncoder().encode('\n'))
  await expect(readHistory(out)).rejects.toThrow(/metrics.jsonl has no report in line \d+/)
})

test('a folder that is no run has none, a run without reports has no figures', async () => {
  expect(await readHistory(memoryStore())).toBeUndefined()
  const fresh = memoryStore()
  await writeText(fresh, 'run.json', new TextDecoder().decode(await out.read('run.json')))
  expect(await readHistory(fresh)).toMatchObject({ metrics: [] })
})
