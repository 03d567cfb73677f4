import { describe, expect, test } from 'vitest'
import { type ChartOptions, chart } from './chart.ts'
import { plain } from './colour.ts'

const options: ChartOptions = {
  columns: 12,
  rows: 2,
  palette: plain,
  x: String,
  y: (y) => y.toFixed(1),
}

describe('a chart', () => {
  test('draws a falling line from corner to corner, with the ends of its axes', () => {
    // 16 dots across, 8 down: two dots a row
    const lines = chart(
      [
        {
          name: 'a',
          points: [
            [0, 7],
            [15, 0],
          ],
        },
      ],
      options,
    )
    expect(lines).toEqual(['7.0 ┤⠉⠒⠤⣀', '0.0 ┤    ⠉⠒⠤⣀', '     0     15', '     ● a'])
  })

  test('a level line keeps its height, a single point is a dot', () => {
    expect(
      chart(
        [
          {
            name: 'a',
            points: [
              [1, 2],
              [3, 2],
            ],
          },
        ],
        options,
      )[0],
    ).toMatch(/^2\.0 ┤⠉{7,8}$/)
    expect(chart([{ name: 'a', points: [[1, 2]] }], options)[0]).toBe('2.0 ┤⠁')
  })

  test('names curves that have no points yet', () => {
    expect(chart([{ name: 'a', points: [] }], options)).toEqual(['● a'])
    const both = chart(
      [
        { name: 'a', points: [] },
        { name: 'b', points: [[1, 2]] },
      ],
      options,
    )
    expect(both.at(-1)).toContain('● a   ● b')
  })

  test('no line is longer than it may be, whatever is drawn', () => {
    for (const columns of [20, 40, 79]) {
      const points = Array.from({ length: 300 }, (_, i): [number, number] => [i, Math.sin(i / 9)])
      const lines = chart([{ name: 'a', points }], { ...options, columns, rows: 9 })
      expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(columns)
      expect(lines.length).toBe(9 + 2)
    }
  })
})
