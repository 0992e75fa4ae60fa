import { beforeAll, describe, expect, it } from 'vitest'
import { decisionRow, eventRow, insertRows, touchpointRow } from '#e2e/fixtures/rows.ts'
import { useStores } from '#e2e/fixtures/stores.ts'
import type { AppId, OrgId } from '#server/platform/ids.ts'
import { wholeOrganization } from '#server/tenancy/index.ts'
import { installKeys } from '../candidates/index.ts'
import { DEFAULT_SETTINGS, decide, type Install, type Touchpoint } from '../engine/index.ts'
import { CLOCK_TOLERANCE_MS } from '../engine/judge.ts'
import { multiTouchInput } from './schema.ts'
import { dataDrivenModels, touchModels } from './service.ts'

const stores = useStores()
const OWN = { org_id: 'org_skew', app_id: 'app_skew' }
const scope = { ...wholeOrganization('org_skew' as OrgId), apps: ['app_skew' as AppId] }
const subject = { scope, timezone: 'UTC', currency: 'EUR' }
const ORIGIN = { surface: 'test' }
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const INSTALLED = Date.parse('2026-10-15T23:50:00Z')
const iso = (time: number) => new Date(time).toISOString()

/** A click by its time after the install, which names it, shares an id with it, or both. */
type Click = [after: number, tie: 'named' | 'shared' | 'both']
const named = (after: number): Click => [after, 'named']
const shared = (after: number): Click => [after, 'shared']
const both = (after: number): Click => [after, 'both']

/** What each device was touched by, and which of it the engine lets win. */
const DEVICES: [string, readonly Click[], winner: number | null][] = [
  ['clocks that agree', [shared(-HOUR), named(-MINUTE)], 1],
  ['a clock ten minutes behind', [shared(-HOUR), named(10 * MINUTE)], 1],
  ['a clock behind and a touch known by two keys', [shared(-HOUR), both(10 * MINUTE)], 1],
  ['a clock just a day behind', [named(CLOCK_TOLERANCE_MS)], 0],
  ['a clock more than a day behind', [shared(-HOUR), named(CLOCK_TOLERANCE_MS + 1)], 0],
  ['nothing but a touch more than a day after', [named(CLOCK_TOLERANCE_MS + 1)], null],
  ['two touches that the install names', [named(5 * MINUTE), both(6 * MINUTE), shared(-2 * HOUR)], 1],
  ['a later touch that the install does not name', [named(10 * MINUTE), shared(20 * MINUTE)], 0],
  ['nothing but a later touch', [shared(10 * MINUTE)], null],
]
const source = (device: number, touch: number | null) => (touch === null ? 'organic' : `net_${device}_${touch}`)

/** A device as the engine and as the store know it. */
function known(device: number, clicks: readonly Click[]): { install: Install; touchpoints: Touchpoint[] } {
  const advertisingId = `gaid-${device}-a`
  const touchpoints = clicks.map(([after, tie], touch) => ({
    ...{ touchpointId: `click-${device}-${touch}`, touchpointType: 'click' as const, platform: 'android' as const },
    ...{ touchpointTime: INSTALLED + after, mediaSource: source(device, touch) },
    advertisingId: tie === 'named' ? null : advertisingId,
  }))
  const [clickId, referrerClickId] = touchpoints.flatMap(({ touchpointId }, touch) =>
    clicks[touch]?.[1] === 'shared' ? [] : touchpointId,
  )
  const install = { deviceId: `device-${device}`, installTime: INSTALLED, platform: 'android' as const, advertisingId }
  return { install: { ...install, clickId, referrerClickId }, touchpoints }
}

beforeAll(async () => {
  const all = DEVICES.map(([, clicks], device) => known(device, clicks))
  const at = { install_time: iso(INSTALLED) }
  const insert = (table: string, rows: Parameters<typeof insertRows>[2]) => insertRows(stores.clickhouse, table, rows)
  await insert(
    'touchpoints',
    all.flatMap(({ touchpoints }) =>
      touchpoints.map((one) =>
        touchpointRow({
          ...{ ...OWN, touchpoint_id: one.touchpointId, touchpoint_type: 'click', media_source: one.mediaSource },
          ...{ touchpoint_time: iso(one.touchpointTime), advertising_id: one.advertisingId ?? '' },
        }),
      ),
    ),
  )
  await insert(
    'keyed_installs',
    all.flatMap(({ install }) =>
      installKeys(install).map((key) => ({
        ...{ ...OWN, ...at, key, device_id: install.deviceId },
        ...{ environment: 'production', removed: false, written_at: iso(INSTALLED) },
      })),
    ),
  )
  await insert(
    'decisions',
    all.map(({ install }) => decisionRow({ ...OWN, ...at, device_id: install.deviceId })),
  )
  await insert(
    'events',
    all.map(({ install: { deviceId } }) =>
      eventRow({ ...OWN, event_id: deviceId, device_id: deviceId, event_time: iso(INSTALLED + MINUTE), revenue: 1 }),
    ),
  )
})

describe.each([
  ['installs', 'install', '2026-10-17'],
  // Ten minutes after the installs: the touches are dated after the range.
  ['installs at the end of the range', 'install', '2026-10-16'],
  ['purchases of the next minute', 'purchase', '2026-10-17'],
  ['purchases at the end of the range', 'purchase', '2026-10-16'],
])('where a clock was wrong, %s', (_name, conversion, to) => {
  const input = multiTouchInput.parse({ from: '2026-10-10', to, conversion })

  it('have the engine’s winner as their last touch', async () => {
    const winners = DEVICES.map(([name, clicks, expected], device) => {
      const { install, touchpoints } = known(device, clicks)
      const winner = decide(install, touchpoints, DEFAULT_SETTINGS).winner?.touchpoint.mediaSource ?? 'organic'
      expect(winner, name).toBe(source(device, expected))
      return winner
    })
    const { rows } = await touchModels(subject, input, ORIGIN)
    const last = rows.flatMap(({ mediaSource, models }) =>
      Array.from({ length: models.last_touch?.conversions ?? 0 }, () => mediaSource),
    )
    expect(last.sort()).toEqual(winners.sort())
  })

  it('have each touch once, and add up to all conversions in every model', async () => {
    const { rows, totals } = await touchModels(subject, input, ORIGIN)
    const driven = await dataDrivenModels(subject, input, ORIGIN)
    expect(totals.conversions).toBe(DEVICES.length)
    expect(rows.find(({ mediaSource }) => mediaSource === 'net_6_0')?.models.linear?.conversions).toBeCloseTo(1 / 3, 9)
    const credits = [...rows.map(({ models }) => models), ...driven.rows.map((row) => row.credits)]
    const sums = new Map<string, number>()
    for (const [model, one] of credits.flatMap((models) => Object.entries(models))) {
      sums.set(model, (sums.get(model) ?? 0) + one.conversions)
    }
    expect(sums.size).toBe(8)
    for (const [model, sum] of sums) expect(sum, model).toBeCloseTo(DEVICES.length, 9)
  })
})
