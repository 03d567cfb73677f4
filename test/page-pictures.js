// Takes the pictures of the page that the README shows: `npm run build`, then
// `node test/page-pictures.js [MODEL [SEED]]`.
// They show a tale that the checker accepts, while the words of the last steps are still coming out.
import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { findChromium } from '../scripts/components.js'

/** @typedef {{ file: string, scheme: 'light' | 'dark', share: number }} Picture */

/** the look of the screen, and how much of the text has come out
 * @type {Picture[]} */
const pictures = [
  { file: 'page.png', scheme: 'light', share: 0.55 },
  { file: 'page-dark.png', scheme: 'dark', share: 0.7 },
]
const viewport = { width: 1100, height: 740 }
const prompt = 'One rainy morning, Lily'
/** how many tales are tried */
const most = 160

const folder = fileURLToPath(new URL('../docs/pictures/', import.meta.url))
/** @param {string} path */
const built = (path) => import(new URL(`../dist/${path}`, import.meta.url).href)
const { check, loadModel } = await built('index.js')
const { serve } = await built('serve/index.js')

const model = await loadModel(process.argv[2] ?? 'tales')
const { url, close } = await serve({ model, port: 0 })
const browser = await chromium.launch({
  executablePath: findChromium(),
  args: ['--headless=new', '--no-sandbox', '--disable-gpu'],
})
mkdirSync(folder, { recursive: true })
const asked = new URLSearchParams({ prompt, seed: process.argv[3] ?? String(await acceptedSeed()) })
for (const { file, scheme, share } of pictures) {
  const page = await browser.newPage({ viewport, colorScheme: scheme })
  await page.goto(`${url}/#${asked}`)
  await page.waitForSelector('#model:not(:empty)')
  await page.press('#beginning', 'Enter')
  await page.waitForSelector('#verdict:not(:empty)', { timeout: 60_000 })
  const last = Number(await page.getAttribute('#scrub', 'max'))
  const step = Math.round(share * last)
  await page.locator('#scrub').fill(String(step - 4))
  await page.waitForTimeout(1500)
  await page.click('#play')
  await page.waitForFunction(
    (step) => Number(document.querySelector('#status')?.textContent?.match(/\d+/)) >= step,
    step,
  )
  await page.click('#play')
  await page.mouse.move(0, 0)
  // words have come to their places, and the last of them still glow
  await page.waitForTimeout(250)
  await page.screenshot({ path: `${folder}${file}` })
  process.stdout.write(`docs/pictures/${file}: ${await page.textContent('#text')}\n`)
  await page.close()
}
await browser.close()
await close()
await model.dispose()

/** The first seed of a tale that the checker accepts. */
async function acceptedSeed() {
  const { world } = model.config.text
  for (let from = 1; from <= most; from += 16) {
    const asked = Array.from({ length: 16 }, (_, i) => ({ prompt, seed: from + i }))
    /** @type {{ text: string, seed: number }[]} */
    const tales = await model.complete(asked)
    const good = tales.find(({ text }) => check(world, text).ok)
    if (good) return good.seed
  }
  throw new Error(`none of ${most} tales is accepted: train the model longer`)
}
