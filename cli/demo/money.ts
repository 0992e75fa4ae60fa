import type { TouchpointRow } from '../simulate/index.ts'

const DAY = 86_400_000
/** Made-up demo rates, in the order of magnitude of late 2026: units per euro. */
const PER_EURO: Record<string, number> = { USD: 1.14, GBP: 0.87, JPY: 176, BRL: 6.2 }
/** Made-up demo prices per click and per thousand views, in US dollars. */
const CPC = 0.11
const CPM = 1.9

const isoDay = (time: number): string => new Date(time).toISOString().slice(0, 10)

/** A dated rate table for the demo as CSV: `day,base,quote,rate`, from 90 days before until two days after. */
export function demoRates(now: number): string {
  const lines = ['day,base,quote,rate']
  for (let offset = -90; offset <= 2; offset++) {
    for (const [quote, rate] of Object.entries(PER_EURO)) {
      // A slow wave of one percent, so that dated rates are visibly dated.
      const drift = 1 + 0.01 * Math.sin((offset + quote.charCodeAt(0)) / 6)
      lines.push(`${isoDay(now + offset * DAY)},EUR,${quote},${(rate * drift).toFixed(5)}`)
    }
  }
  return lines.join('\n')
}

/** What the simulated touchpoints up to now cost, per day and ad, as CSV. Days are UTC. */
export function demoCosts(touchpoints: Iterable<TouchpointRow>, now: number): string {
  const sums = new Map<string, number>()
  for (const row of touchpoints) {
    if (row.touchpoint_time > now) continue
    const key = [isoDay(row.touchpoint_time), row.media_source, row.campaign, row.ad_set, row.ad, row.country].join(',')
    sums.set(key, (sums.get(key) ?? 0) + (row.touchpoint_type === 'click' ? CPC : CPM / 1000))
  }
  const lines = [...sums].map(([key, cost]) => `${key},${cost.toFixed(4)},USD`)
  return ['day,media_source,campaign,ad_set,ad,country,cost,currency', ...lines].join('\n')
}
