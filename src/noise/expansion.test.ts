// The laws of masks that stand for any number of words, on languages of three lengths: forests are as likely as trees
// say, and with the exact prediction every way from masks to a text costs the same, so that the bound is -log p(text).
import { describe, expect, test } from 'vitest'
import { chiSquareP } from '../../test/support/denoisers.ts'
import { seeded, stream } from '../random/index.ts'
import {
  type Forest,
  Forests,
  forestsOf,
  levelsOf,
  nodes,
  startNats,
  underForest,
  underForests,
} from './expansion.ts'
import { lengthsLanguage, yields } from './fixtures/lengths-language.ts'

const most = 60
const longest = 3

describe.each([0.05, 0.2, 0.3])('trees that split with a chance of %d', (share) => {
  const f = yields(share, most, longest)
  const forests = forestsOf({ share, most })

  test('are counted as their yields are summed', () => {
    for (let words = 1; words <= longest; words++) {
      const total = f.slice(1).reduce((sum, row) => sum + row[words], 0)
      expect(Math.exp(forests(words).logTotal)).toBeCloseTo(total, 9)
      const chances = forests(words).chances()
      for (let m = 1; m < 20; m++) expect(chances[m] ?? 0).toBeCloseTo(f[m][words] / total, 9)
    }
  })

  test('begin with no more masks than they may', () => {
    const few = new Forests(3, { share, most: 2 })
    expect(few.chances().findLastIndex((chance) => chance > 0)).toBe(2)
    const next = stream(seeded(1), 'mask')
    for (let i = 0; i < 100; i++) expect(few.draw(next).masks).toBeLessThanOrEqual(2)
  })
})

const nameOf = ({ masks, kinds }: Forest) => `${masks}: ${kinds.join('')}`

test('a forest is whole, and each of one size is drawn as often', () => {
  const forests = new Forests(2, { share: 0.2, most })
  const next = stream(seeded(7), 'mask')
  const found = new Map<string, number>()
  let broken = 0
  for (let i = 0; i < 20_000; i++) {
    const forest = forests.draw(next)
    const { masks, kinds } = forest
    const open = [masks]
    for (const kind of kinds) open.push(open[open.length - 1] + (kind === nodes.expand ? 1 : -1))
    const words = kinds.filter((kind) => kind === nodes.word).length
    // nothing is missing before the end, and nothing is left over
    if (words !== 2 || open.indexOf(0) !== kinds.length) broken++
    // two words, one deleted, one expand: 2 masks, 2 / 4 · 4! / 2! = 6 forests
    if (kinds.length === 4 && masks === 2) {
      const name = nameOf(forest)
      found.set(name, (found.get(name) ?? 0) + 1)
    }
  }
  expect(broken).toBe(0)
  expect(found.size).toBe(6)
  expect(chiSquareP([...found.values()], new Array(6).fill(1 / 6))).toBeGreaterThan(1e-4)
})

const language = lengthsLanguage(3, { most })
const { texts, p, becomes } = language
const share = 0.2
const forests = forestsOf({ share, most })
const lengthP = (length: number) =>
  p.reduce((sum, one, x) => sum + (texts[x].length === length ? one : 0), 0)
const start = startNats(forests, (length) => Math.log(lengthP(length)), longest)

/** The nodes that stand as masks, from left to right. */
function closedNodes({ masks, kinds }: Forest, levels: Float64Array, level: number): number[] {
  const covers: boolean[] = new Array(masks).fill(false)
  const closed: number[] = []
  kinds.forEach((kind, node) => {
    const covered = covers.pop()!
    if (!covered && levels[node] <= level) closed.push(node)
    const under = covered || levels[node] <= level
    if (kind === nodes.expand) covers.push(under, under)
  })
  return closed
}

/** Nats of all that becomes of a forest's masks, the next to open always the one with the highest level. */
const pathNats = (x: number, forest: Forest, levels: Float64Array, exact = becomes): number =>
  levels.reduce((sum, level, node) => {
    const { noisy, rows, targets } = underForest(texts[x], forest, levels, level, language)
    const r = closedNodes(forest, levels, level).indexOf(node)
    return sum - Math.log(exact(noisy, rows[r])[targets[r]])
  }, 0)

test('with the exact prediction every path to a text costs -log p, the price of its trees counted', () => {
  const next = stream(seeded(5), 'mask')
  for (let i = 0; i < 300; i++) {
    const x = Math.floor(next() * texts.length)
    const own = forests(texts[x].length)
    const forest = own.draw(next)
    if (forest.kinds.length > 9) continue
    const nats = pathNats(x, forest, levelsOf(forest, next))
    const price = own.logChance(forest) + start(forest.masks)
    expect(nats + price).toBeCloseTo(-Math.log(p[x]), 9)
  }
})

test('looks cost what the paths cost on average, whatever the prediction', () => {
  // a prediction that has learnt nothing: what it costs differs from path to path
  const cost = (canvas: Int32Array, row: number, target: number) =>
    1 + Math.sin(canvas.reduce((sum, id, i) => 3 * sum + id * (i + 2), row) + 5 * target)
  const x = texts.findIndex(({ length }) => length === 3)
  const samples = 20_000
  const { look } = underForests({ ...language, forests }, () => 0)
  const next = stream(seeded(6), 'mask')
  let looked = 0
  let walked = 0
  for (let i = 0; i < samples; i++) {
    const { noisy, rows, targets, worth } = look(texts[x], (i + 0.5) / samples, next, {
      maskId: language.maskId,
      words: new Int32Array(),
    })
    rows.forEach((row, r) => {
      looked += (worth * cost(noisy, row, targets![r])) / samples
    })
    const forest = forests(3).draw(next)
    // each mask is as likely to be the next
    const open = new Float64Array(forest.kinds.length).fill(0.5)
    for (;;) {
      const { noisy, rows, targets } = underForest(texts[x], forest, open, 0.5, language)
      if (rows.length === 0) break
      const r = Math.floor(next() * rows.length)
      walked += cost(noisy, rows[r], targets[r]) / samples
      open[closedNodes(forest, open, 0.5)[r]] = 1
    }
  }
  // the standard error of either is about .03
  expect(Math.abs(looked - walked)).toBeLessThan(0.15)
})

test('a prediction for trees of another shape does not add up', () => {
  const other = lengthsLanguage(3, { most, share: 0.25 })
  const next = stream(seeded(5), 'mask')
  const x = texts.findIndex(({ length }) => length === 2)
  const forest = forests(2).draw(next)
  const price = forests(2).logChance(forest) + start(forest.masks)
  const gap = (exact: typeof becomes) =>
    Math.abs(pathNats(x, forest, levelsOf(forest, next), exact) + price + Math.log(p[x]))
  expect(gap(becomes)).toBeLessThan(1e-9)
  expect(gap(other.becomes)).toBeGreaterThan(0.01)
})
