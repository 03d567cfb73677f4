// Left to right: the price is -log p(x) itself, and walking back from all fog word by word writes the language.
import { expect, it } from 'vitest'
import { price } from './fixtures/price.ts'
import {
  everyText,
  fromTheLeft,
  logitsOf,
  randomPrediction,
  toyLanguage,
} from './fixtures/toy-language.ts'
import { noises, schedules } from './index.ts'

const { autoregressive } = noises
const { linear: schedule } = schedules
const languages = [1, 2, 3].map((seed) => toyLanguage(seed))

it.each(languages)('is exact, entropy $entropy', async (language) => {
  const { maskId, words, texts, p, exact } = language
  const left = fromTheLeft(exact, maskId)
  const rows = texts.flatMap((x, text) => {
    const noisy = autoregressive.corrupt(x, 0.5, { maskId, words, schedule }, () => 0.5)
    return Array.from(autoregressive.rows(noisy, maskId), (i) => ({
      text,
      logits: logitsOf(left(noisy, i)),
      target: x[i],
      noisy: noisy[i],
      time: 0.5,
    }))
  })
  const nats = await price(autoregressive, rows, { maskId, words, schedule })
  const sums = new Float64Array(texts.length)
  rows.forEach(({ text }, r) => {
    sums[text] += nats[r]
  })
  texts.forEach((_, text) => {
    expect(sums[text]).toBeCloseTo(-Math.log(p[text]), 12)
  })
})

it('a prediction that also sees what is to the right would be no likelihood', async () => {
  const { maskId, texts, p, exact, entropy } = languages[0]
  const nats = texts.map((x) =>
    Array.from(x).reduce((sum, token, i) => {
      const others = x.map((other, j) => (j === i ? maskId : other))
      return sum - Math.log(exact(others, i)[token])
    }, 0),
  )
  expect(nats.reduce((sum, value, text) => sum + p[text] * value, 0)).toBeLessThan(entropy - 0.1)
})

it('writes the language of its predictions, one position from all fog to clean after another', () => {
  const language = languages[1]
  const { vocabSize, maskId, words, length } = language
  const world = { vocabSize, maskId, words, schedule }
  const prediction = fromTheLeft(randomPrediction(language, 4), maskId)
  let total = 0
  for (const text of everyText(maskId, length)) {
    const canvas = new Int32Array(length).fill(maskId)
    let written = 1
    let predicted = 1
    for (let i = 0; i < length; i++) {
      const clean = prediction(canvas, i)
      predicted *= clean[text[i]]
      written *= autoregressive.posterior(canvas[i], clean, 0, 1, world)[text[i]]
      canvas[i] = text[i]
    }
    expect(written).toBeCloseTo(predicted, 15)
    total += written
  }
  expect(total).toBeCloseTo(1, 12)
})
