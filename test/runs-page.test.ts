// The page of training runs in a real Chromium: a table that is the legend, curves that follow a run while it trains.
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { runs } from '../src/index.ts'
import { type Serving, serveRuns } from '../src/serve/index.ts'
import type { Metric } from '../src/train/metrics.ts'
import type { RunPlan } from '../src/train/plan.ts'
import { defaultRecipe } from '../src/train/recipe.ts'
import { absent, launch, newPage, titled } from './support/studio.ts'
import { tinyModel } from './support/tiny-models.ts'

const { config } = await tinyModel()
const plan: RunPlan = {
  unfog: 1,
  options: {},
  data: { name: 'tales:small', hash: '', context: 64 },
  config,
  recipe: defaultRecipe,
  budget: 10_000,
  phases: [{ name: 'denoising', until: 10_000, causal: false }],
  before: 0,
}
const metric = (step: number, heldOutPerChar: number): Metric => ({
  step,
  tokens: 1000 * step,
  seconds: 30 * step,
  loss: 5 / step,
  rate: 1e-3,
  gradient: 1,
  tokensPerSecond: 1234,
  phase: 'denoising',
  heldOut: 4 * heldOutPerChar,
  heldOutPerChar,
  answers: { place: 2 / step, who: 1 / step },
  byMasked: [0.5, 1, null, 4 / step],
})
const line = (report: Metric) => `${JSON.stringify(report)}\n`

const desk = { viewport: { width: 1200, height: 900 } }

describe.skipIf(absent)(titled('the page of runs'), () => {
  let browser: Browser
  let page: Page
  let serving: Serving
  let folder: string
  let complaints: string[]

  beforeAll(async () => {
    browser = await launch()
  })
  afterAll(() => browser?.close())
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'unfog-runs-'))
    for (const [name, bounds] of [
      ['fog', [2, 1.5, 1.25]],
      ['mist', [2.2, 1.9]],
    ] as const) {
      mkdirSync(join(folder, name))
      writeFileSync(join(folder, name, 'run.json'), JSON.stringify(plan))
      const reports = bounds.map((bound, i) => line(metric(i + 1, bound)))
      writeFileSync(join(folder, name, 'metrics.jsonl'), reports.join(''))
      const samples = [1000, 2000].map((tokens) => ({ tokens, text: `${name} at ${tokens}` }))
      const lines = samples.map((sample) => `${JSON.stringify(sample)}\n`)
      writeFileSync(join(folder, name, 'samples.jsonl'), lines.join(''))
    }
    complaints = []
    serving = await serveRuns({ runs: () => runs(folder), port: 0 })
    page = await newPage(browser, desk, serving.url, complaints)
    await page.goto(serving.url)
    await page.waitForSelector('.curve [role=img]')
  })
  afterEach(async () => {
    await page.context().close()
    await serving.close()
    rmSync(folder, { recursive: true })
    expect(complaints).toEqual([])
  })

  const pictures = () =>
    page
      .locator('.curve [role=img]')
      .evaluateAll((all) => all.map((one) => one.getAttribute('aria-label')))
  const cells = (row: number) => page.locator('#runs tbody tr').nth(row).locator('th, td')

  test('lists runs as the command does, and overlays their curves', async () => {
    expect((await cells(0).allTextContents()).map((text) => text.trim())).toEqual([
      'fog',
      expect.stringMatching(/K$/),
      'masked',
      '3K of 10K',
      '1 min 30 s',
      '33.3',
      '≤ 1.250 nats/char',
      'tales:small',
    ])
    expect(await pictures()).toEqual([
      'Held out, nats per character: fog ends at 1.25; mist ends at 1.9',
      'Training loss: fog ends at 1.667; mist ends at 2.5',
      'Words that the facts fix, nats: fog place ends at 0.6667; fog who ends at 0.3333; mist place ends at 1; mist who ends at 0.5',
      'Gradient norm: fog ends at 1; mist ends at 1',
      'Learning rate: fog ends at 1.0e-3; mist ends at 1.0e-3',
      'Tokens per second: fog ends at 1.23K; mist ends at 1.23K',
      'Nats of a masked word, by masked share: fog ends at 1.333; mist ends at 2',
    ])
  })

  test('shows what runs wrote, the newest first', async () => {
    expect(await page.locator('#samples article').allInnerTexts()).toEqual([
      'fog\n2K tokens\nfog at 2000\n1K tokens\nfog at 1000',
      'mist\n2K tokens\nmist at 2000\n1K tokens\nmist at 1000',
    ])
  })

  test('hides a run by its box, with the keyboard too', async () => {
    await page.focus('#runs tbody input')
    await page.keyboard.press('Space')
    expect((await pictures())[0]).toBe('Held out, nats per character: mist ends at 1.9')
    expect(await page.evaluate(() => document.activeElement?.closest('tr')?.textContent)).toContain(
      'fog',
    )
    await page.keyboard.press('Space')
    expect((await pictures())[0]).toContain('fog ends at 1.25')
  })

  test('follows a run that goes on', async () => {
    appendFileSync(join(folder, 'fog', 'metrics.jsonl'), line(metric(4, 1.125)))
    await page.waitForFunction(() =>
      document.querySelector('#runs td:nth-of-type(6)')?.textContent?.includes('1.125'),
    )
    expect(await cells(0).nth(3).textContent()).toBe('4K of 10K')
  })

  test('tells what stands under the pointer, against tokens or time', async () => {
    await page.check('input[value=seconds]')
    const box = await page.locator('.curve .u-over').first().boundingBox()
    await page.mouse.move(box!.x + box!.width - 2, box!.y + box!.height / 2)
    await page.waitForFunction(() => document.querySelector('.curve output')?.textContent)
    expect(await page.textContent('.curve output')).toBe('1 min 30 s: fog 1.25')
  })
})
