// The page in a real Chromium, with a model that knows one tale by heart: on a desk and on a phone, by hand and by keys.
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Serving, serve } from '../src/serve/index.ts'
import { absent, launch, newPage, titled } from './support/studio.ts'
import { type TellingModel, tellingModel } from './support/telling-model.ts'

const desk = { viewport: { width: 1280, height: 800 } }
const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true }

describe.skipIf(absent)(titled('the page'), () => {
  let browser: Browser
  let model: TellingModel
  let serving: Serving
  let page: Page
  let complaints: string[]

  beforeAll(async () => {
    browser = await launch()
  })
  afterAll(() => browser?.close())
  beforeEach(async () => {
    model = await tellingModel({ delay: 15 })
    serving = await serve({ model, port: 0 })
    complaints = []
  })
  afterEach(async () => {
    await page.context().close()
    await serving.close()
    expect(complaints).toEqual([])
  })

  /** The page, ready to type; temperature 0 and the link of a beginning unless other settings are given. */
  async function open(options: BrowserContextOptions = desk, link = 'temperature=0') {
    page = await newPage(browser, options, serving.url, complaints)
    await page.goto(`${serving.url}/#${link}`)
    await page.waitForSelector('#model:not(:empty)')
  }

  const shownText = () => page.textContent('#text')
  const status = () => page.textContent('#status')
  const focused = () => page.evaluate(() => document.activeElement?.id)
  const finished = () => page.waitForSelector('#verdict:not(:empty)')
  const smudges = () => page.locator('#text .smudge').count()

  /** Does not wait until all has been played, only until it has been computed. */
  async function hurry() {
    while (!(await page.textContent('#verdict'))) await page.press('#scrub', 'End')
  }

  /** Blur in pixels and opacity of each piece that matches, once nothing moves. */
  async function looks(
    selector: string,
  ): Promise<{ text: string; blur: number; opacity: number }[]> {
    await page.waitForFunction(() =>
      document.getAnimations().every(({ playState, effect }) => {
        const endless = effect?.getComputedTiming().iterations === Number.POSITIVE_INFINITY
        return endless || playState === 'finished'
      }),
    )
    return page.locator(selector).evaluateAll((elements) =>
      elements.map((element) => {
        const { filter, opacity } = getComputedStyle(element)
        const blur = Number(/blur\((.*)px\)/.exec(filter)?.[1] ?? 0)
        return { text: element.textContent ?? '', blur, opacity: Number(opacity) }
      }),
    )
  }

  /** Stops at a step in the middle, some words written and some not. */
  async function inTheMiddle() {
    await page.waitForFunction(
      () =>
        document.querySelectorAll('#text .piece').length > 16 &&
        document.querySelectorAll('#text .smudge').length > 10,
    )
    await page.click('#play')
  }

  describe.each([
    ['on a desk', desk],
    ['on a phone', phone],
  ])('%s', (_, options) => {
    test('a tale comes out of the fog, each word blurred by its uncertainty', async () => {
      await open(options)
      await page.fill('#beginning', 'One sunny day')
      await page.press('#beginning', 'Enter')
      await inTheMiddle()
      const pieces = await looks('#text .piece')
      expect(pieces.slice(0, 3).map(({ text }) => text)).toEqual(['One', 'sunny', 'day'])
      expect(pieces.slice(0, 3).every(({ blur, opacity }) => blur === 0 && opacity === 1)).toBe(
        true,
      )
      const own = pieces.slice(3)
      expect(own.every(({ blur, opacity }) => blur > 0 && blur < 5 && opacity < 1)).toBe(true)
      expect(new Set(own.map(({ blur }) => blur)).size).toBeGreaterThan(5)
      const fog = await looks('#text .smudge')
      expect(Math.min(...fog.map(({ blur }) => blur))).toBeGreaterThan(2)
      expect(await status()).toMatch(
        /^step \d+ of \d+ · \d+ forwards · certainty \d+ % · seed \d+$/,
      )

      await page.press('#scrub', 'End')
      await finished()
      expect(await shownText()).toBe(model.tale)
      expect(await page.textContent('#spoken')).toBe(model.tale)
      expect(await page.textContent('#verdict')).toBe('the checker accepts this tale')
      expect(await smudges()).toBe(0)
      const crisp = await looks('#text .piece')
      expect(crisp.every(({ blur, opacity }) => blur === 0 && opacity === 1)).toBe(true)
    })

    test('nothing is wider than the screen, the settings included', async () => {
      await open(options)
      await page.click('summary')
      await page.fill('#beginning', 'word '.repeat(80))
      const width = await page.evaluate(() => document.documentElement.scrollWidth)
      expect(width).toBeLessThanOrEqual(options.viewport.width)
    })
  })

  test('plays to the end, goes back through what it received, asks for nothing again', async () => {
    await open()
    await page.press('#beginning', 'Enter')
    await finished()
    expect(await page.textContent('#write')).toBe('Write')
    expect(await shownText()).toBe(model.tale)
    const { forwards } = model
    for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowLeft')
    expect(await status()).toMatch(/^step 48 of 51 · 48 forwards/)
    expect(await smudges()).toBe(3)
    expect(await page.textContent('#verdict')).toBe('')
    await page.keyboard.press('ArrowRight')
    expect(await smudges()).toBe(2)
    await page.locator('#scrub').fill('10')
    expect(await status()).toMatch(/^step 10 of 51/)
    expect(await smudges()).toBe(41)
    await page.keyboard.press('Home')
    expect(await smudges()).toBe(51)
    expect(model.forwards).toBe(forwards)
  })

  test('the keyboard alone is enough', async () => {
    await open(desk, '')
    expect(await focused()).toBe('beginning')
    await page.keyboard.type('One sunny')
    await page.keyboard.press('Shift+Enter')
    await page.keyboard.press('Backspace')
    await page.keyboard.press('Enter')
    await page.waitForSelector('#text .piece >> nth=4')
    expect(await focused()).toBe('scrub')
    await page.keyboard.press('Escape')
    expect(await page.textContent('#write')).toBe('Write')
    const stopped = await status()
    await page.waitForTimeout(400)
    expect(await status()).toBe(stopped)

    await page.keyboard.press('Escape')
    expect(await focused()).toBe('beginning')
    const reached: string[] = []
    for (let i = 0; i < 25 && (await focused()) !== 'share'; i++) {
      await page.keyboard.press('Tab')
      const name = await page.evaluate(() => {
        const element = document.activeElement as HTMLInputElement
        const ring = getComputedStyle(element).outlineStyle
        return `${element.id || element.name || element.textContent} ${ring}`
      })
      reached.push(name)
      if (name.startsWith('Settings')) await page.keyboard.press('Enter')
    }
    expect(reached.filter((one) => !/ (solid|auto)$/.test(one))).toEqual([])
    for (const name of [
      'write',
      'Settings',
      'style',
      'who',
      'length',
      'temperature',
      'dice',
      'again',
    ]) {
      expect(
        reached.some((one) => one.startsWith(name)),
        name,
      ).toBe(true)
    }
  })

  test('Escape stops the computing, not only the playing', async () => {
    model = await tellingModel({ delay: 1000 })
    await serving.close()
    serving = await serve({ model, port: 0 })
    await open()
    await page.press('#beginning', 'Enter')
    await page.waitForSelector('#text .piece')
    await page.keyboard.press('Escape')
    await page.waitForTimeout(300)
    const { forwards } = model
    expect(forwards).toBeLessThan(45)
    await page.waitForTimeout(2500)
    expect(model.forwards).toBe(forwards)
  })

  test('a word tells when it was settled, how surely, what else was close; by click and by keys', async () => {
    await open(phone)
    await page.press('#beginning', 'Enter')
    await hurry()
    await page.click('#text [data-at="4"]')
    const card = () => page.textContent('#why')
    const said = await card()
    expect(said).toMatch(/^\S+ \d+ % surestep \d+, paid for by forward \d+/)
    const { x, width } = (await page.locator('#why').boundingBox())!
    expect(x).toBeGreaterThanOrEqual(0)
    expect(x + width).toBeLessThanOrEqual(phone.viewport.width)
    await page.keyboard.press('ArrowRight')
    expect(await page.evaluate(() => document.activeElement?.getAttribute('data-at'))).toBe('5')
    expect(await card()).not.toBe(said)
    expect(await page.getAttribute('#text [data-at="5"]', 'aria-describedby')).toBe('why')
    const step = Number(/step (\d+)/.exec((await card()) ?? '')?.[1])
    await page.click('#why .step')
    expect(await status()).toMatch(new RegExp(`^step ${step} of 51`))
    await page.press('#scrub', 'ArrowLeft')
    expect(await page.isVisible('#why')).toBe(false)
    await page.press('#scrub', 'End')
    await page.click('#text [data-at="4"]')
    await page.keyboard.press('Escape')
    expect(await page.isVisible('#why')).toBe(false)
    expect(await focused()).not.toBe('beginning')
  })

  test('a gap in the text is filled between words that stand', async () => {
    await open()
    await page.fill('#beginning', 'One sunny day, Lily was [3]. Lily wanted a green hat.')
    expect(await page.isDisabled('[name=length]')).toBe(true)
    await page.press('#beginning', 'Enter')
    await page.waitForSelector('#text .piece')
    await page.press('#scrub', 'Home')
    expect(await smudges()).toBe(3)
    const stands = 'One sunny day, Lily was   . Lily wanted a green hat.'
    expect((await shownText())?.replace(/ +/g, ' ')).toBe(stands.replace(/ +/g, ' '))
    await page.press('#scrub', 'End')
    expect(await shownText()).toBe(
      'One sunny day, Lily was in the garden. Lily wanted a green hat.',
    )
  })

  describe('with a twin', () => {
    let twin: TellingModel
    beforeEach(async () => {
      await serving.close()
      twin = await tellingModel({ causal: true })
      serving = await serve({ model, twin, port: 0 })
    })
    const typed = () => page.textContent('#beside .text')
    const says = () => page.textContent('#beside .says')

    test('the twin types the same beginning beside it, as far as the same forwards take it', async () => {
      await open()
      await page.press('#beginning', 'Enter')
      await hurry()
      expect(twin.forwards).toBe(0)
      await page.click('#twin')
      await page.waitForFunction(() =>
        /accepts it/.test(document.querySelector('#beside .says')?.textContent ?? ''),
      )
      expect(await typed()).toBe(model.tale)
      await page.press('#scrub', 'Home')
      expect(await typed()).toBe('')
      for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowRight')
      expect(await typed()).toBe('One sunny day')
      expect(await says()).toBe('3 forwards')
      expect(new URL(page.url()).hash).toMatch(/twin=on$/)
      await page.click('#twin')
      expect(await page.isVisible('#beside')).toBe(false)
    })

    test('types on when the text is finished, and fills no gaps', async () => {
      await open(phone, 'temperature=0&steps=4&twin=on')
      expect(await page.isVisible('#beside')).toBe(true)
      await page.press('#beginning', 'Enter')
      await finished()
      const early = (await typed())?.length ?? 0
      expect(early).toBeLessThan(model.tale.length / 2)
      await page.waitForFunction(
        (length) => (document.querySelector('#beside .text')?.textContent?.length ?? 0) > length,
        early,
      )
      const width = await page.evaluate(() => document.documentElement.scrollWidth)
      expect(width).toBeLessThanOrEqual(phone.viewport.width)
      await page.fill('#beginning', 'One sunny day, Lily was [3]. Lily wanted a green hat.')
      await page.press('#beginning', 'Enter')
      await page.waitForFunction(() =>
        /no gaps/.test(document.querySelector('#beside .says')?.textContent ?? ''),
      )
    })
  })

  test('without a twin there is no button for it', async () => {
    await open(desk, 'twin=on')
    expect(await page.isVisible('#twin')).toBe(false)
    expect(await page.isVisible('#beside')).toBe(false)
  })

  test('a link holds all that was asked, and asks for nothing by itself', async () => {
    await open(desk, '')
    await page.fill('#beginning', 'One sunny')
    await page.click('summary')
    await page.selectOption('[name=who]', 'Lily')
    await page.click('#dice')
    const seed = await page.inputValue('#seed')
    expect(seed).toMatch(/^[1-9]\d{0,5}$/)
    await page.press('#beginning', 'Enter')
    await page.waitForSelector('#text .piece')
    const link = new URL(page.url()).hash.slice(1)
    expect(Object.fromEntries(new URLSearchParams(link))).toEqual({
      prompt: 'One sunny',
      who: 'Lily',
      seed,
    })
    await page.context().close()
    await new Promise((resolve) => setTimeout(resolve, 200)) // for the forward that was under way
    const { forwards } = model
    await open(desk, link)
    expect(await page.inputValue('#beginning')).toBe('One sunny')
    expect(await page.inputValue('[name=who]')).toBe('Lily')
    expect(await page.inputValue('#seed')).toBe(seed)
    await page.waitForTimeout(200)
    expect(model.forwards).toBe(forwards)
  })

  test('“again” writes another text, with another seed', async () => {
    await open(desk, 'seed=5')
    const seeds: string[] = []
    await page.press('#beginning', 'Enter')
    for (let i = 0; i < 2; i++) {
      await page.waitForFunction(
        (last) => document.querySelector('#status')?.textContent?.split('seed ')[1] !== last,
        seeds.at(-1),
      )
      seeds.push((await status())?.split('seed ')[1] ?? '')
      await page.click('#again')
    }
    expect(seeds[0]).toBe('5')
    expect(seeds[1]).toMatch(/^\d+$/)
  })

  test('says in a sentence what was refused, and where', async () => {
    await open()
    await page.fill('#beginning', 'a [2] b [soon]')
    await page.press('#beginning', 'Enter')
    await page.waitForSelector('#trouble:not(:empty)')
    expect(await page.textContent('[role=alert]')).toContain('has [soon], which is no number')
    expect(await page.getAttribute('#beginning', 'aria-invalid')).toBe('true')
    await page.fill('#beginning', '')
    await page.click('summary')
    await page.fill('[name=length]', '900')
    await page.press('[name=length]', 'Enter')
    await page.waitForSelector('[name=length][aria-invalid]')
    expect(await page.textContent('#trouble')).toContain('exceeds the context of 128')
    // the browser's own note of an answer that is no success
    const notes = complaints.splice(0)
    expect(notes).toHaveLength(2)
    expect(notes.every((note) => note.includes('400 (Bad Request)'))).toBe(true)
  })

  test('who wants no motion sees words by their opacity alone', async () => {
    await open({ ...desk, reducedMotion: 'reduce' })
    await page.press('#beginning', 'Enter')
    await inTheMiddle()
    const moving = await page.evaluate(() =>
      [...document.querySelectorAll('#stage, .mist')]
        .flatMap((part) => part.getAnimations({ subtree: true }))
        .flatMap(({ effect }) => (effect as KeyframeEffect).getKeyframes())
        .flatMap(({ offset, computedOffset, easing, composite, ...properties }) =>
          Object.keys(properties),
        ),
    )
    expect(moving).toContain('opacity')
    expect(moving.filter((property) => property !== 'opacity')).toEqual([])
    const pieces = await looks('#text .piece')
    expect(pieces.every(({ blur }) => blur === 0)).toBe(true)
    expect(new Set(pieces.map(({ opacity }) => opacity)).size).toBeGreaterThan(5)
  })
})
