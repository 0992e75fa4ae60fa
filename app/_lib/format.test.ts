import { describe, expect, it } from 'vitest'
import {
  formatAgo,
  formatChange,
  formatDateTime,
  formatMetric,
  formatMoney,
  formatNumber,
  formatPercent,
  relativeChange,
  zoneLabel,
} from './format.ts'

describe('formatting', () => {
  it('writes unknown as a dash and zero as zero', () => {
    expect(formatNumber(null)).toBe('–')
    expect(formatNumber(0)).toBe('0')
    expect(formatMoney(null, 'EUR')).toBe('–')
    expect(formatMetric(undefined, 'ratio')).toBe('–')
  })

  it('shows no more digits than an amount means', () => {
    expect(formatMoney(12.5, 'EUR')).toBe('€12.50')
    expect(formatMoney(12345.67, 'USD')).toBe('$12,346')
    expect(formatMoney(12.5, 'USD', { like: 4000 })).toBe('$13')
    expect(formatMoney(1200, 'JPY')).toBe('¥1,200')
    expect([0.03456, 0.167, 0.09999, 0].map((share) => formatPercent(share))).toEqual(['3.46%', '16.7%', '10.0%', '0%'])
  })

  it('shows one number of digits in a column of shares, and never a share as nothing', () => {
    const column = [0.167, 0.03456, 0.0001, 0, null]
    const shown = column.map((share) => formatMetric(share, 'ratio', { like: 0.167 }))
    expect(shown).toEqual(['16.7%', '3.5%', '<0.1%', '0%', '–'])
  })

  it('still writes an amount whose currency the browser does not know', () => {
    expect(formatMoney(5, 'not a currency')).toBe('5 not a currency')
  })

  it('compares only with what is there', () => {
    expect(relativeChange(12, 10)).toBeCloseTo(0.2)
    expect(relativeChange(12, 0)).toBeNull()
    expect(relativeChange(null, 10)).toBeNull()
    expect(formatChange(0.2)).toBe('+20%')
    expect(formatChange(41.6)).toBe('×43')
    expect(formatChange(-0.012)).toBe('-1.2%')
  })

  it('writes times in the given zone', () => {
    expect(formatDateTime('2026-11-22T23:30:05Z', 'Asia/Tokyo')).toBe('Nov 23, 2026, 08:30:05')
  })

  it('says a zone once where its short name is its name', () => {
    expect(zoneLabel('UTC')).toBe('UTC')
    expect(zoneLabel('Europe/Berlin', '2026-11-22T12:00:00Z')).toBe('Europe/Berlin (GMT+1)')
  })

  it('says how long ago in the largest whole unit', () => {
    const now = Date.parse('2026-11-22T12:00:00Z')
    expect(formatAgo(now - 90_000, now)).toBe('1 minute ago')
    expect(formatAgo(now - 3 * 86_400_000, now)).toBe('3 days ago')
  })
})
