// The example of docs/devices.md in a real Chromium: a bundled model fetched and asked, another trained in the page.
import { describe, expect, test } from 'vitest'
import { loadModel } from '../src/index.ts'
import { noBrowser, openPage } from './support/browser.ts'

const absent = noBrowser()

describe.skipIf(absent && process.env.CI !== 'true')(`in a page ${absent ?? ''}`, () => {
  test('a fetched model writes what it writes in Node, and a model is trained', async () => {
    const { page, complaints, close } = await openPage('examples/browser/page.js', {
      alias: { 'unfog/browser': './src/browser.ts' },
      files: { '/models/': 'models' },
    })
    try {
      await page.waitForSelector('#own:not(:empty)')
      const shown = (id: string) => page.textContent(`#${id}`)
      expect(await shown('training')).toMatch(/^loss \d\.\d\d at \d+ tokens$/)
      expect(await shown('own')).toMatch(/[a-z]/)
      const tales = await loadModel('tales')
      const { text } = await tales.complete({ prompt: 'Once upon a time', seed: 4 })
      await tales.dispose()
      expect(await shown('tale')).toBe(text)
      expect(complaints).toEqual([])
    } finally {
      await close()
    }
  })
})
