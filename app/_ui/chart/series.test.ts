import { describe, expect, it } from 'vitest'
import { sourceColours } from './colours.ts'
import { type Series, seriesTotal, toPoints, withOther } from './series.ts'

const series = (id: string, values: (number | null)[]): Series => ({ id, name: id, colour: 'red', values })

describe('toPoints', () => {
  const buckets = ['2026-11-20', '2026-11-21', '2026-11-22']

  it('draws the running period apart, joined to the last complete one', () => {
    const points = toPoints({ buckets, series: [series('a', [1, 2, 3])], incompleteFrom: 2 })
    expect(points.map((point) => [point.a, point['a~']])).toEqual([
      [1, null],
      [2, 2],
      [null, 3],
    ])
  })

  it('draws nothing dashed when every period is complete', () => {
    const points = toPoints({ buckets, series: [series('a', [1, null, 3])], incompleteFrom: 3 })
    expect(points.map((point) => [point.a, point['a~']])).toEqual([
      [1, null],
      [null, null],
      [3, null],
    ])
  })
})

describe('withOther', () => {
  it('keeps every sum and never counts unknown as zero', () => {
    const all = [series('a', [5, 5]), series('b', [1, null]), series('c', [2, 2])]
    const [first, other] = withOther(all, 2, { name: 'Other', colour: 'grey' })
    expect(first?.id).toBe('a')
    expect(other?.values).toEqual([3, null])
    expect(seriesTotal(series('x', [null, null]))).toBeNull()
  })
})

describe('sourceColours', () => {
  const names = ['meta', 'google', 'tiktok', 'unity', 'organic', 'newsletter', 'influencer']

  it('gives every source its own colour while there are enough, and organic always the same', () => {
    const colours = sourceColours(names)
    expect(new Set(colours.values()).size).toBe(names.length)
    expect(colours.get('organic')).toBe('var(--series-8)')
  })

  it('does not depend on the order in which sources arrive', () => {
    expect([...sourceColours([...names].reverse())]).toEqual([...sourceColours(names)])
  })

  it('still answers for more sources than colours', () => {
    const many = Array.from({ length: 40 }, (_, index) => `source-${index}`)
    expect(sourceColours(many).size).toBe(40)
  })
})
