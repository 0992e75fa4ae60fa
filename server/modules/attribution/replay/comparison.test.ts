import { expect, it } from 'vitest'
import { compare, type Movement } from './comparison.ts'

const movement = (from: string, to: string, installs: number, more: Partial<Movement> = {}): Movement => {
  const [fromSource = '', fromCampaign = ''] = from.split('/')
  const [toSource = '', toCampaign = ''] = to.split('/')
  return {
    fromSource,
    fromCampaign,
    toSource,
    toCampaign,
    installs,
    reinstallsBefore: 0,
    reinstallsAfter: 0,
    revenue: 0,
    ...more,
  }
}
const MOVEMENTS = [
  movement('google/a', 'google/a', 70, { revenue: 100 }),
  movement('google/a', 'google/b', 5, { revenue: 3 }),
  movement('google/a', 'organic/', 15, { revenue: 20, reinstallsBefore: 2, reinstallsAfter: 1 }),
  movement('meta/x', 'google/b', 4, { revenue: 8 }),
  movement('organic/', 'organic/', 6),
]
const source = (name: string) => compare(MOVEMENTS).sources.find(({ mediaSource }) => mediaSource === name)

it('before and after have the same totals, by source and by campaign: nothing is lost on the way', () => {
  const { installs, revenue, sources, campaigns } = compare(MOVEMENTS)
  expect([installs, revenue]).toEqual([100, 131])
  for (const rows of [sources, campaigns]) {
    for (const side of ['before', 'after'] as const) {
      expect(rows.reduce((sum, row) => sum + row[side].installs, 0)).toBe(installs)
      expect(rows.reduce((sum, row) => sum + row[side].revenue, 0)).toBe(revenue)
    }
    expect(rows.reduce((sum, row) => sum + row.difference.installs, 0)).toBe(0)
    expect(rows.reduce((sum, row) => sum + row.difference.revenue, 0)).toBe(0)
  }
})

it('a source counts what it had, what it gets, and what came and went', () => {
  expect(source('google')).toMatchObject({
    before: { installs: 90, revenue: 123 },
    after: { installs: 79, revenue: 111 },
    difference: { installs: -11, revenue: -12 },
    won: 4,
    lost: 15,
  })
})

it('a source that is new or gone has nothing on the other side', () => {
  expect(source('meta')).toMatchObject({ before: { installs: 4 }, after: { installs: 0, revenue: 0 } })
})

it('an install that changes its campaign only is told from one that changes its source', () => {
  const { moved, movedCampaign, movedRevenue, unchangedShare } = compare(MOVEMENTS)
  expect({ moved, movedCampaign, movedRevenue, unchangedShare }).toEqual({
    moved: 19,
    movedCampaign: 5,
    movedRevenue: 28,
    unchangedShare: 0.76,
  })
})

it('campaigns of the same name stay apart by their source', () => {
  const { campaigns } = compare([movement('google/a', 'meta/a', 3)])
  expect(
    campaigns.map(({ mediaSource, campaign, difference }) => [mediaSource, campaign, difference.installs]),
  ).toEqual([
    ['google', 'a', -3],
    ['meta', 'a', 3],
  ])
})

it('flows add up campaigns between the same two sources, largest first', () => {
  expect(compare(MOVEMENTS).flows.map(({ from, to, installs }) => [from, to, installs])).toEqual([
    ['google', 'google', 75],
    ['google', 'organic', 15],
    ['organic', 'organic', 6],
    ['meta', 'google', 4],
  ])
})

it('reinstalls are counted on both sides, because the settings decide which install is one', () => {
  expect(compare(MOVEMENTS)).toMatchObject({ reinstallsBefore: 2, reinstallsAfter: 1 })
})

it('no installs: nothing moved, and the share is unknown rather than none', () => {
  expect(compare([])).toMatchObject({ installs: 0, moved: 0, unchangedShare: null, sources: [], flows: [] })
})
