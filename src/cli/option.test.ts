// How words of the command line become values: what is written reads back, and nothing else is let through.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { UnfogError } from '../error/index.ts'
import { formatCount, parseCount } from './count.ts'
import { formatDuration, parseDuration } from './duration.ts'
import {
  count,
  duration,
  flagOf,
  lengths,
  levels,
  nats,
  numeric,
  oneOf,
  unless,
  weights,
  wholeFrom,
} from './option.ts'

describe('times', () => {
  test.each([
    ['180', 180],
    ['180s', 180],
    ['3m', 180],
    ['1h30m', 5400],
    ['1h30m15s', 5415],
    ['1.5h', 5400],
    ['0.5', 0.5],
    ['2H', 7200],
  ])('%s', (raw, seconds) => expect(parseDuration(raw)).toBe(seconds))

  test.each(['', 'm', '3x', '30m1h', '-5', '1e3', '1h 30m', 'NaN', '99999999999'])(
    'not %j',
    (raw) => expect(parseDuration(raw)).toBeUndefined(),
  )

  test('as they are shown they read back, to their precision', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e6, noNaN: true }), (seconds) => {
        const precision = seconds < 9.95 ? 0.051 : seconds < 3600 ? 0.51 : 31
        const again = parseDuration(formatDuration(seconds)) as number
        expect(Math.abs(again - seconds)).toBeLessThanOrEqual(precision)
      }),
    )
  })

  test('never show sixty of anything', () => {
    for (let seconds = 0; seconds < 10_000; seconds += 0.25) {
      expect(formatDuration(seconds)).not.toMatch(/60/)
    }
  })
})

describe('weights', () => {
  const { read } = weights('')
  test.each([
    ['3,1', [3, 1]],
    ['0.5, .25,1.', [0.5, 0.25, 1]],
    ['7', [7]],
  ])('%s', (raw, numbers) => expect(read(raw, '--weights')).toEqual(numbers))
  test.each(['', '3,', ',1', '3,0', '3,-1', '3,x', '3;1', '1e3,1', 'NaN'])('not %j', (raw) =>
    expect(() => read(raw, '--weights')).toThrow(/is not a list of numbers above 0 such as 3,1/),
  )
})

describe('lengths', () => {
  const { read } = lengths('')
  test.each([
    ['8', 8],
    ['8,4,16', [8, 4, 16]],
  ])('%s', (raw, numbers) => expect(read(raw, '--block')).toEqual(numbers))
  test.each(['', '0', '8,', '8,8', '8,0', '8;4', '1.5', '-4', '1e3', '9'.repeat(20)])(
    'not %j',
    (raw) => expect(() => read(raw, '--block')).toThrow('is not a whole number of at least 1, or'),
  )
})

describe('counts', () => {
  test.each([
    ['5000', 5000],
    ['500k', 500_000],
    ['2M', 2_000_000],
    ['1.1M', 1_100_000],
    ['1_000', 1000],
    ['1e6', 1_000_000],
    ['3b', 3e9],
  ])('%s', (raw, number) => expect(parseCount(raw)).toBe(number))

  test.each(['', 'k', '2T', '-1', '1,000', 'NaN', 'Infinity', '1e400'])('not %j', (raw) =>
    expect(parseCount(raw)).toBeUndefined(),
  )

  test('as they are shown they read back, to a twentieth', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9e11 }), (number) => {
        const again = parseCount(formatCount(number)) as number
        expect(Math.abs(again - number) / number).toBeLessThanOrEqual(0.051)
        expect(formatCount(number)).not.toMatch(/^1000/)
      }),
    )
  })
})

describe('options', () => {
  const refusal = (read: () => unknown): UnfogError => {
    try {
      read()
    } catch (error) {
      if (error instanceof UnfogError) return error
    }
    throw new Error('nothing was refused')
  }

  test('names become flags', () => {
    expect(flagOf('topP')).toBe('--top-p')
    expect(flagOf('page', unless(''))).toBe('--no-page')
  })

  test('numbers are decimal and within their range', () => {
    const { read } = numeric(wholeFrom(1, 20), '')
    expect(['1', '+7', '2e1', '20.0'].map((raw) => read(raw, '--n'))).toEqual([1, 7, 20, 20])
    for (const raw of ['', ' ', '0', '21', '1.5', '0x10', '1n', 'NaN', 'Infinity', '--5', '٣']) {
      const { message, code, param } = refusal(() => read(raw, '--n'))
      expect(message).toBe(`--n ${raw || "''"} is not a whole number from 1 to 20`)
      expect({ code, param }).toEqual({ code: 'usage', param: 'n' })
    }
  })

  test('names of a table are taken to the letter', () => {
    const { read, about } = oneOf(['line', 'file'], 'what a document is', { otherwise: 'line' })
    expect(about).toBe('what a document is: line, file; default line')
    expect(read('file', '--documents')).toBe('file')
    for (const raw of ['', 'Line', 'constructor']) {
      expect(refusal(() => read(raw, '--documents')).message).toContain('choose one of line, file')
    }
  })

  test('no time and no count are refused', () => {
    expect(refusal(() => duration('').read('0s', '--time')).message).toContain('--time 0s')
    expect(refusal(() => count('').read('0', '--tokens')).message).toContain('--tokens 0')
  })
})

test('losses read with or without their unit', () => {
  const { read } = nats('a loss')
  expect([read('2.3', '--until'), read('2.3nats', '--until'), read('.5 nats', '--until')]).toEqual([
    2.3, 2.3, 0.5,
  ])
  for (const raw of ['', '0', '-1', '1e3', '2bits', 'nats']) {
    expect(() => read(raw, '--until')).toThrow('is not a loss such as 2.3 or 2.3nats')
  }
})

test('two numbers above 0 read with the smaller first', () => {
  const { read } = levels('noise')
  expect([read('0.05-20', '--sigma'), read('.1-1', '--sigma')]).toEqual([
    [0.05, 20],
    [0.1, 1],
  ])
  for (const raw of ['', '20-0.05', '1-1', '0-5', '-1-5', '1', '1-2-3', 'a-b']) {
    expect(() => read(raw, '--sigma')).toThrow(
      'is not two numbers above 0, the smaller first, such as 0.05-20',
    )
  }
})
