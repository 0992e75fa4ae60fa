import { describe, expect, it } from 'vitest'
import { bucketOf, bucketsOf, normalBucket, seriesFromRows } from './time-series.ts'

const base = {
  range: { from: '2026-11-20', to: '2026-11-24' },
  hourly: false,
  metric: 'installs',
  dimension: 'media_source',
  additive: true,
  timeZone: 'Asia/Tokyo',
  // 22 November 23:30 UTC is the 23rd in Tokyo.
  now: Date.parse('2026-11-22T23:30:00Z'),
  allSources: ['meta', 'organic'],
  nameOf: (value: string) => value,
}

describe('seriesFromRows', () => {
  it('fills days without a row with zero for sums, and marks the running day of the zone', () => {
    const { buckets, series, incompleteFrom } = seriesFromRows(
      [
        { date: '2026-11-20', media_source: 'meta', installs: 4 },
        { date: '2026-11-23', media_source: 'meta', installs: 1 },
      ],
      base,
    )
    expect(buckets).toEqual(['2026-11-20', '2026-11-21', '2026-11-22', '2026-11-23'])
    expect(series[0]?.values).toEqual([4, 0, 0, 1])
    expect(incompleteFrom).toBe(3)
  })

  it('leaves the future empty', () => {
    const { series } = seriesFromRows([{ date: '2026-11-20', media_source: 'meta', installs: 4 }], {
      ...base,
      now: Date.parse('2026-11-21T12:00:00Z'),
    })
    expect(series[0]?.values).toEqual([4, 0, null, null])
  })

  it('shows unknown as a gap, and never fills a ratio', () => {
    const rows = [{ date: '2026-11-21', media_source: 'meta', installs: null }]
    expect(seriesFromRows(rows, base).series[0]?.values).toEqual([0, null, 0, 0])
    const ratio = seriesFromRows([{ date: '2026-11-21', media_source: 'meta', installs: 0.5 }], {
      ...base,
      additive: false,
    })
    expect(ratio.series[0]?.values).toEqual([null, 0.5, null, null])
  })

  it('adds up the sources past the eighth, so that the total stays right', () => {
    const rows = Array.from({ length: 12 }, (_, index) => ({
      date: '2026-11-20',
      media_source: `source ${index}`,
      installs: index + 1,
    }))
    const { series } = seriesFromRows(rows, base)
    expect(series).toHaveLength(8)
    expect(series.reduce((sum, one) => sum + (one.values[0] ?? 0), 0)).toBe(78)
  })
})

describe('hours', () => {
  it('that the end of summer time repeats are added up', () => {
    const rows = ['02:00:00+02:00', '02:00:00+01:00'].map((time) => ({
      hour: `2026-10-25T${time}`,
      media_source: 'meta',
      installs: 3,
    }))
    const range = { from: '2026-10-25', to: '2026-10-26' }
    const { series } = seriesFromRows(rows, { ...base, range, hourly: true, timeZone: 'Europe/Berlin' })
    expect(series[0]?.values[2]).toBe(6)
  })
})

describe('buckets', () => {
  it('are hours of the zone for short ranges', () => {
    expect(bucketsOf({ from: '2026-11-20', to: '2026-11-21' }, true)).toHaveLength(24)
    expect(bucketOf(base.now, 'Asia/Tokyo', true)).toBe('2026-11-23 08:00')
    expect(normalBucket('2026-11-23T08:00:00')).toBe('2026-11-23 08:00')
  })
})
