import { describe, expect, it, vi } from 'vitest'
import { CAMPAIGNS } from './campaigns.ts'
import { FRAUD_KINDS } from './fraud.ts'
import type { SimulationInput } from './options.ts'
import { simulate } from './simulate.ts'

// Whole worlds are made, on a machine that runs other tests at the same time.
vi.setConfig({ testTimeout: 60_000 })

const DAY = 86_400_000
const END = Date.UTC(2026, 10, 1)

function run(more: Partial<SimulationInput> = {}) {
  const { touchpoints, events, truth } = simulate({ seed: 7, installs: 2_000, days: 30, end: END, ...more })
  return { touchpoints: [...touchpoints], events: [...events], truth: [...truth] }
}
const share = <T>(list: readonly T[], test: (one: T) => boolean) => list.filter(test).length / list.length
const world = run()
const installs = world.events.filter(({ event_name: name }) => name === 'install')

describe('the same options', () => {
  it('give the same bytes', () => {
    expect(JSON.stringify(run())).toBe(JSON.stringify(world))
  })
  it('with another seed give another world', () => {
    const other = run({ seed: 8 })
    const ids = new Set(other.events.map(({ event_id: id }) => id))
    expect(world.events.some(({ event_id: id }) => ids.has(id))).toBe(false)
  })
  it('each part can be walked alone and again', () => {
    const again = simulate({ seed: 7, installs: 2_000, days: 30, end: END })
    expect(JSON.stringify([...again.truth])).toBe(JSON.stringify(world.truth))
    expect(JSON.stringify([...again.touchpoints].slice(0, 500))).toBe(JSON.stringify(world.touchpoints.slice(0, 500)))
    expect(JSON.stringify([...again.touchpoints])).toBe(JSON.stringify([...again.touchpoints]))
  })
})

describe('installs alone', () => {
  it('are the install events of the whole, by install time', () => {
    const alone = [...simulate({ seed: 7, installs: 2_000, days: 30, end: END }).installs]
    const byTime = installs.toSorted((a, b) => a.event_time - b.event_time)
    expect(alone.map(({ event_time: time }) => time)).toEqual(byTime.map(({ event_time: time }) => time))
    expect(new Set(alone.map((row) => JSON.stringify(row)))).toEqual(
      new Set(installs.map((row) => JSON.stringify(row))),
    )
  })
})

describe('rows', () => {
  it('have unique ids, and every install its own device id with one line of truth', () => {
    expect(new Set(world.events.map((row) => row.event_id)).size).toBe(world.events.length)
    expect(new Set(world.touchpoints.map((row) => row.touchpoint_id)).size).toBe(world.touchpoints.length)
    expect(installs).toHaveLength(2_000)
    expect(new Set(installs.map((row) => row.device_id))).toEqual(new Set(world.truth.map((row) => row.device_id)))
    expect(world.truth).toHaveLength(2_000)
  })
  it('keep to the period, in whole milliseconds', () => {
    for (const { event_time: time } of world.events) {
      expect(Number.isInteger(time) && time >= END - 30 * DAY && time < END).toBe(true)
    }
    for (const { touchpoint_time: time } of world.touchpoints) {
      expect(Number.isInteger(time) && time >= END - 50 * DAY && time < END).toBe(true)
    }
  })
  it('come nearly in order of time, with some that are late', () => {
    let latest = 0
    const late = world.events.filter(({ event_time: time }) => {
      const isLate = time < latest
      latest = Math.max(latest, time)
      return isLate
    })
    expect(late.length / world.events.length).toBeGreaterThan(0.005)
    expect(late.length / world.events.length).toBeLessThan(0.03)
  })
  it('name a touchpoint in the truth exactly when an ad was the cause', () => {
    const byId = new Map(world.touchpoints.map((row) => [row.touchpoint_id, row]))
    for (const { cause, touchpoint_id: id, media_source: source, campaign, fraud } of world.truth) {
      expect(fraud).toBe('none')
      if (cause === 'organic') expect([id, source, campaign]).toEqual(['', 'organic', ''])
      else expect(byId.get(id)).toMatchObject({ touchpoint_type: cause, media_source: source, campaign })
    }
  })
  it('carry the tracking link of a campaign that has one', () => {
    const { touchpoints } = run({ installs: 200, links: { roas_d7: 'lnk_1' } })
    for (const row of touchpoints) expect(row.link_id).toBe(row.campaign === 'roas_d7' ? 'lnk_1' : undefined)
    expect(touchpoints.some((row) => row.link_id === 'lnk_1')).toBe(true)
  })
})

describe('the traffic looks like a mobile game’s', () => {
  it('has the asked-for volume and mixture', () => {
    expect(world.touchpoints.length / 2_000).toBeGreaterThan(6.5)
    expect(world.touchpoints.length / 2_000).toBeLessThan(7.5)
    expect(world.events.length / 2_000).toBeGreaterThan(15)
    expect(world.events.length / 2_000).toBeLessThan(35)
    expect(share(world.truth, ({ cause }) => cause === 'organic')).toBeCloseTo(0.3, 1)
    expect(share(world.truth, ({ cause }) => cause === 'view')).toBeGreaterThan(0.04)
    const touched = new Set(world.touchpoints.map(({ campaign }) => campaign))
    expect(touched).toEqual(new Set(CAMPAIGNS.map(({ campaign }) => campaign)))
  })
  it('campaigns that are only clicked are never seen', () => {
    const clickOnly = new Set(CAMPAIGNS.filter(({ viewShare }) => viewShare === 0).map(({ campaign }) => campaign))
    const seen = world.touchpoints.filter((row) => row.touchpoint_type === 'view')
    expect(seen.filter(({ campaign }) => clickOnly.has(campaign))).toEqual([])
  })
  it('three quarters of clicks lead to the install within the hour, 94 % within a day', () => {
    const clicked = new Map(world.touchpoints.map((row) => [row.touchpoint_id, row.touchpoint_time]))
    const installed = new Map(installs.map((row) => [row.device_id, row.event_time]))
    const waits = world.truth
      .filter(({ cause }) => cause === 'click')
      .map((row) => (installed.get(row.device_id) ?? 0) - (clicked.get(row.touchpoint_id) ?? 0))
    expect(Math.min(...waits)).toBeGreaterThan(20_000)
    expect(share(waits, (wait) => wait <= 3_600_000)).toBeCloseTo(0.75, 1)
    expect(share(waits, (wait) => wait <= DAY)).toBeGreaterThan(0.9)
    expect(share(waits, (wait) => wait <= DAY)).toBeLessThan(0.98)
  })
  it('fewer come back day by day', () => {
    const dayOf = (time: number) => Math.floor(time / DAY)
    const installDay = new Map(installs.map((row) => [row.device_id, dayOf(row.event_time)]))
    const seen = new Set(world.events.map((row) => `${row.device_id} ${dayOf(row.event_time)}`))
    const retention = (offset: number) => {
      const old = [...installDay].filter(([, day]) => day + offset < dayOf(END))
      return share(old, ([device, day]) => seen.has(`${device} ${day + offset}`))
    }
    expect(retention(1)).toBeGreaterThan(0.35)
    expect(retention(1)).toBeLessThan(0.5)
    expect(retention(7)).toBeGreaterThan(0.13)
    expect(retention(7)).toBeLessThan(0.24)
    expect(retention(20)).toBeLessThan(retention(7))
  })
  it('a few players pay, in their own currencies', () => {
    const purchases = world.events.filter(({ event_name: name }) => name === 'purchase')
    const payers = new Set(purchases.map((row) => row.device_id)).size
    expect(payers / 2_000).toBeGreaterThan(0.01)
    expect(payers / 2_000).toBeLessThan(0.08)
    expect(new Set(purchases.map(({ currency }) => currency)).size).toBeGreaterThanOrEqual(4)
    expect(purchases.every(({ revenue }) => (revenue ?? 0) > 0)).toBe(true)
  })
  it('people behind shared addresses are as many as asked for', () => {
    const { events } = run({ nat: 0.5, natSize: 100 })
    const own = events.filter(({ event_name: name }) => name === 'install')
    expect(share(own, ({ ip }) => ip.startsWith('100.'))).toBeCloseTo(0.5, 1)
    expect(share(installs, ({ ip }) => ip.startsWith('100.'))).toBe(0)
    expect(new Set(own.filter(({ ip }) => ip.startsWith('100.')).map(({ ip }) => ip)).size).toBeLessThanOrEqual(80)
    expect(new Set(installs.map(({ ip }) => ip)).size).toBeGreaterThan(1_900)
  })
  it.each([10, 100])('about %i devices see ads or install behind each address in the period', (natSize) => {
    const { touchpoints, events } = run({ nat: 1, natSize })
    const devices = new Map<string, Set<string>>()
    for (const { ip, advertising_id: id, idfv, user_agent: agent } of [...touchpoints, ...events]) {
      if (!ip?.startsWith('100.') || !agent) continue
      // People without ids cannot be counted apart; one for each kind of phone is a lower bound.
      const device = (id && !id.startsWith('00000000') ? id.toLowerCase() : idfv) ?? agent
      devices.set(ip, (devices.get(ip) ?? new Set()).add(device))
    }
    const mean = [...devices.values()].reduce((sum, { size }) => sum + size, 0) / devices.size
    expect(mean).toBeGreaterThan(natSize * 0.6)
    expect(mean).toBeLessThan(natSize * 1.3)
  })
  it('views cause the installs of people without ids only where asked for', () => {
    const views = (more: Partial<SimulationInput>) => share(run(more).truth, ({ cause }) => cause === 'view')
    expect(views({ blindViews: 1 })).toBeGreaterThan(views({}) + 0.1)
  })
  it('can be of one platform only', () => {
    const { events, touchpoints } = run({ platform: 'ios', installs: 200 })
    expect([...new Set([...events, ...touchpoints].map((row) => row.platform))]).toEqual(['ios'])
  })
})

describe('detours', () => {
  const asked = { late: 0.2, webToApp: 0.2, claims: 0.2 }
  const options = { seed: 7, installs: 2_000, days: 30, end: END }
  const other = simulate({ ...options, ...asked })
  const detours = [...other.detours]
  const clicks = new Map(Array.from(other.touchpointArrivals, ({ at, row }) => [row.touchpoint_id, { at, row }]))
  const own = Map.groupBy(other.installArrivals, ({ row }) => row.device_id)
  const truths = new Map(Array.from(other.truth, (row) => [row.device_id, row]))
  const touchOf = (device: string) => clicks.get(truths.get(device)?.touchpoint_id ?? '')

  it('change nothing where none are asked for, and none of the truth’s causes where they are', () => {
    const plain = simulate({ ...options, late: 0, webToApp: 0, claims: 0 })
    expect(JSON.stringify([...plain.events])).toBe(JSON.stringify(world.events))
    expect(JSON.stringify([...plain.touchpoints])).toBe(JSON.stringify(world.touchpoints))
    expect([...other.truth]).toEqual(world.truth)
    expect([...plain.detours].every(({ lateClick, webToApp, claimed }) => !lateClick && !webToApp && !claimed)).toBe(
      true,
    )
  })
  it('are the same each time', () => {
    const again = simulate({ ...options, ...asked })
    expect(JSON.stringify([...again.touchpointArrivals])).toBe(JSON.stringify([...other.touchpointArrivals]))
    expect(JSON.stringify([...again.events])).toBe(JSON.stringify([...other.events]))
  })
  it('let clicks come after the install, within the day in which it settles', () => {
    const late = detours.filter(({ lateClick }) => lateClick)
    expect(late.length).toBeGreaterThan(100)
    for (const { device_id: device } of late) {
      const wait = (touchOf(device)?.at ?? 0) - (own.get(device)?.[0]?.row.event_time ?? 0)
      expect(wait).toBeGreaterThan(0)
      expect(wait).toBeLessThanOrEqual(DAY)
    }
  })
  it('let what names the click come in a second event of the same install', () => {
    const second = detours.filter(({ secondEventAfterMs }) => secondEventAfterMs !== null)
    expect(second.length).toBeGreaterThan(80)
    const both = second.filter(({ device_id: device }) => own.get(device)?.length === 2)
    expect(both.length).toBeGreaterThan(second.length * 0.95)
    for (const { device_id: device, secondEventAfterMs: after } of both) {
      const [first, then] = (own.get(device) ?? []).map(({ row }) => row)
      expect([first?.click_id, first?.install_referrer]).toEqual([undefined, undefined])
      expect(then?.click_id ?? then?.install_referrer).toContain(touchOf(device)?.row.touchpoint_id)
      expect((then?.event_time ?? 0) - (first?.event_time ?? 0)).toBe(after)
    }
  })
  it('let clicks be made on another device, which a click id or the customer ties to the install', () => {
    const web = detours.filter(({ webToApp }) => webToApp)
    expect(web.length).toBeGreaterThan(100)
    const signedIn = web.filter(({ device_id: device }) => touchOf(device)?.row.customer_user_id)
    expect(signedIn.length).toBeGreaterThan(15)
    for (const { device_id: device } of web) {
      const { row } = touchOf(device) ?? {}
      expect(row).toMatchObject({ platform: 'web', touchpoint_type: 'click' })
      expect([row?.advertising_id, row?.idfv]).toEqual([undefined, undefined])
    }
    for (const { device_id: device } of signedIn)
      expect(own.get(device)?.[0]?.row.customer_user_id).toBe(touchOf(device)?.row.customer_user_id)
  })
  it('let networks claim installs afterwards, and tell nothing else of the device', () => {
    const claimed = detours.filter(({ claimed }) => claimed)
    expect(claimed.length).toBeGreaterThan(150)
    for (const { device_id: device } of claimed) {
      const { row, at = 0 } = touchOf(device) ?? {}
      expect(row).toMatchObject({ claimed_device_id: device })
      expect([row?.advertising_id, row?.idfv, row?.ip, row?.user_agent]).toEqual(Array(4).fill(undefined))
      expect(at).toBeGreaterThan(own.get(device)?.[0]?.row.event_time ?? Number.POSITIVE_INFINITY)
    }
  })
})

describe('fraud', () => {
  const { events, touchpoints, truth } = run({ fraud: 0.4 })
  const kinds = new Map(truth.map((row) => [row.device_id, row.fraud]))
  const own = events.filter((row) => row.event_name === 'install')
  const of = (kind: string) => own.filter((row) => kinds.get(row.device_id) === kind)

  it('is labelled, of every kind, in the asked-for share', () => {
    expect(share(truth, (row) => row.fraud !== 'none')).toBeCloseTo(0.4, 1)
    for (const kind of FRAUD_KINDS) expect(of(kind).length).toBeGreaterThan(20)
  })
  it('stolen organic installs stay organic in the truth', () => {
    const stolen = truth.filter(({ fraud }) => fraud === 'click_flooding' || fraud === 'click_injection')
    expect(stolen.every(({ cause }) => cause === 'organic')).toBe(true)
  })
  it('leaves the marks that the field knows', () => {
    const times = new Map(touchpoints.map((row) => [row.touchpoint_id, row.touchpoint_time]))
    const truthOf = new Map(truth.map((row) => [row.device_id, times.get(row.touchpoint_id) ?? 0]))
    for (const row of of('click_injection')) {
      expect(row.referrer_click_time).toBeGreaterThan(row.install_begin_time ?? Number.POSITIVE_INFINITY)
    }
    for (const row of of('bots')) expect(row.event_time - (truthOf.get(row.device_id) ?? 0)).toBeLessThan(5_000)
    for (const row of of('sdk_spoofing'))
      expect([row.sdk_version, row.device_model, row.os_version]).toEqual([undefined, undefined, undefined])
    for (const row of of('anonymous_ip')) expect(row.ip).toMatch(/^(198\.51\.100|203\.0\.113)\./)
    for (const row of of('invalid_ids')) expect(row.advertising_id).toMatch(/^[0-9a-f]{15}$/)
    expect(new Set(of('device_farm').map(({ ip }) => ip)).size).toBeLessThanOrEqual(4)
  })
  it('floods with clicks all week long', () => {
    const clicks = new Map<string, number>()
    for (const { advertising_id: id } of touchpoints)
      if (id) clicks.set(id.toLowerCase(), (clicks.get(id.toLowerCase()) ?? 0) + 1)
    const flooded = of('click_flooding').filter((row) => row.advertising_id)
    for (const row of flooded) expect(clicks.get((row.advertising_id ?? '').toLowerCase())).toBeGreaterThanOrEqual(5)
  })
})

it('refuses options out of range', () => {
  expect(() => simulate({ end: END, installs: 0 })).toThrow()
  expect(() => simulate({ end: END, fraud: 1.5 })).toThrow()
  expect(() => simulate({ end: 'yesterday' })).toThrow()
})
