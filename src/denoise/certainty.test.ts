import fc from 'fast-check'
import { expect, test } from 'vitest'
import { probabilities, probabilityOf } from './certainty.ts'

test('the probability of one token is that among all, to the bit', () => {
  const logits = fc.array(fc.float({ min: -90, max: 90, noNaN: true }), {
    minLength: 3,
    maxLength: 9,
  })
  fc.assert(
    fc.property(logits, fc.nat(2), fc.subarray([0, 1]), (row, token, without) => {
      const numbers = Float32Array.from(row)
      expect(probabilityOf(token, numbers, without)).toBe(probabilities(numbers, without)[token])
    }),
  )
})
