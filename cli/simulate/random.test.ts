import { expect, it } from 'vitest'
import { Random } from './random.ts'
import { Timeline } from './timeline.ts'

const many = <T>(draw: () => T) => Array.from({ length: 20_000 }, draw)
const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

it('streams with equal keys are equal, with other keys unrelated', () => {
  const draw = (...keys: number[]) => {
    const r = new Random(...keys)
    return Array.from({ length: 8 }, () => r.bits())
  }
  expect(draw(1, 2, 3)).toEqual(draw(1, 2, 3))
  const others = [draw(1, 2, 3), draw(1, 3, 2), draw(1, 2), draw(1, 2, 3, 0), draw(1, 2, -3), draw(1 + 2 ** 32, 2, 3)]
  expect(new Set(others.flat()).size).toBe(48)
})

it('numbers are spread evenly, also across the first draws of neighbouring streams', () => {
  const r = new Random(5)
  expect(mean(many(() => r.unit()))).toBeCloseTo(0.5, 1)
  let key = 0
  const firsts = many(() => new Random(5, key++).unit())
  expect(mean(firsts)).toBeCloseTo(0.5, 1)
  const tenths = Array.from({ length: 10 }, (_, tenth) => firsts.filter((one) => Math.floor(one * 10) === tenth).length)
  for (const count of tenths) expect(Math.abs(count - 2_000)).toBeLessThan(200)
})

it('counts, weights and log-normal draws have the asked-for shape', () => {
  const r = new Random(6)
  expect(mean(many(() => r.count(1.5)))).toBeCloseTo(1.5, 0)
  expect(
    many(() => r.weighted(['a', 'b', 'c'], (one) => (one === 'b' ? 3 : one === 'c' ? 1 : 0))).filter(
      (one) => one === 'b',
    ).length / 20_000,
  ).toBeCloseTo(0.75, 1)
  expect(many(() => r.weighted(['a', 'b'], (one) => (one === 'b' ? 1 : 0)))).not.toContain('a')
  const sorted = many(() => r.logNormal(60, 1)).sort((a, b) => a - b)
  expect(Math.abs((sorted[10_000] ?? 0) - 60)).toBeLessThan(4)
  expect(() => r.pick([])).toThrow()
  expect(() => r.weighted(['a'], () => 0)).toThrow()
})

it('UUIDs have version 4’s form and do not repeat', () => {
  const r = new Random(7)
  const ids = many(() => r.uuid())
  expect(new Set(ids).size).toBe(ids.length)
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
})

it('a timeline gives rows in order of arrival and keeps the order of equals', () => {
  const DAY = 86_400_000
  const timeline = new Timeline<string>()
  timeline.add(DAY + 5, 'next day')
  timeline.add(10, 'b')
  timeline.add(5, 'a')
  timeline.add(10, 'c')
  timeline.add(9 * DAY, 'last')
  expect([...timeline.drain(0)]).toEqual(['a', 'b', 'c'])
  expect([...timeline.drain(0)]).toEqual([])
  expect([...timeline.drainAll()]).toEqual(['next day', 'last'])
})
