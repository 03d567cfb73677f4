import { describe, expect, test } from 'vitest'
import { type Place, Places } from './places.ts'

/** Has it been this place's turn? */
async function isOn({ turn }: Place): Promise<boolean> {
  let on = false
  void turn.then(() => {
    on = true
  })
  await new Promise((resolve) => setTimeout(resolve))
  return on
}

describe('places', () => {
  test('go to who comes first, and then in turn', async () => {
    const places = new Places({ atOnce: 2, mayWait: 2 })
    const [a, b, c, d] = [places.take(), places.take(), places.take(), places.take()]
    expect([a, b, c, d].map(({ ahead }) => ahead)).toEqual([0, 0, 1, 2])
    expect(await Promise.all([a, b, c, d].map(isOn))).toEqual([true, true, false, false])
    b.leave()
    expect(await Promise.all([c, d].map(isOn))).toEqual([true, false])
    a.leave()
    expect(await isOn(d)).toBe(true)
  })

  test('are refused when as many wait as may', () => {
    const places = new Places({ atOnce: 1, mayWait: 1 })
    const first = places.take()
    places.take()
    expect(() => places.take()).toThrow(expect.objectContaining({ code: 'overloaded', http: 503 }))
    first.leave()
    expect(places.take().ahead).toBe(1)
  })

  test('left twice are left once, also by who was still waiting', async () => {
    const places = new Places({ atOnce: 1, mayWait: 3 })
    const [writing, impatient, next] = [places.take(), places.take(), places.take()]
    impatient.leave()
    impatient.leave()
    expect(places.taken).toEqual({ busy: 1, waiting: 1 })
    writing.leave()
    writing.leave()
    expect(await isOn(next)).toBe(true)
    expect(await isOn(impatient)).toBe(false)
    next.leave()
    expect(places.taken).toEqual({ busy: 0, waiting: 0 })
  })
})
