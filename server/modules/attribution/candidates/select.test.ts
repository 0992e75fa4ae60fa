import { describe, expect, it } from 'vitest'
import type { Install } from '../engine/index.ts'
import {
  CROWD,
  candidatesOf,
  type FoundTouchpoint,
  indexByKey,
  installsUpTo,
  type KeyedInstall,
  PER_KEY,
} from './select.ts'

const DAY = 86_400_000
const NOW = Date.UTC(2026, 9, 20, 12)
const GAID = 'gaid-1'
const IP = '198.51.100.7'
const touch = (touchpointId: string, touchpointTime: number, more: Partial<FoundTouchpoint> = {}): FoundTouchpoint => ({
  touchpointId,
  touchpointType: 'click',
  touchpointTime,
  mediaSource: 'google_ads',
  advertisingId: GAID,
  ...more,
})
const install = (installTime: number): Install => ({
  deviceId: 'd',
  installTime,
  platform: 'android',
  advertisingId: GAID,
  ip: IP,
})
const many = (count: number, from: number, stepMs: number, more: Partial<FoundTouchpoint> = {}, name = 'c') =>
  Array.from({ length: count }, (_, n) => touch(`${name}${n}`, from - n * stepMs, more))
const idsOf = (...input: Parameters<typeof candidatesOf>) =>
  candidatesOf(...input).map(({ touchpointId }) => touchpointId)

describe('candidates of a device', () => {
  it('are the latest of a day and kind up to the install, whatever came after it and in whatever order', () => {
    const before = many(PER_KEY + 5, NOW - 1, 1)
    const views = many(3, NOW - 1, 1, { touchpointType: 'view' }, 'v')
    const after = many(PER_KEY, NOW + PER_KEY, 1, {}, 'after')
    const found = idsOf(install(NOW), indexByKey([...after, ...before.toReversed(), ...views]))
    const kept = new Set(found)
    expect(found).toHaveLength(PER_KEY + 3)
    expect([kept.has(`c${PER_KEY - 1}`), kept.has(`c${PER_KEY}`), kept.has('v2')]).toEqual([true, false, true])
  })

  it('have a bound of their own for each day', () => {
    const midnight = Math.floor(NOW / DAY) * DAY
    const found = idsOf(
      install(NOW),
      indexByKey([...many(PER_KEY + 5, NOW, 1), ...many(PER_KEY + 5, midnight - 1, 1, {}, 'y')]),
    )
    expect(found).toHaveLength(2 * PER_KEY)
    expect(found[0]).toBe(`y${PER_KEY - 1}`)
  })

  it('of two at the same moment at the bound keep the one with the smaller id', () => {
    const found = idsOf(
      install(NOW),
      indexByKey([...many(PER_KEY - 1, NOW, 1), touch('b', NOW - DAY / 4), touch('a', NOW - DAY / 4)]),
    )
    expect(found).toContain('a')
    expect(found).not.toContain('b')
  })

  it('do not count what arrived after the decision settled', () => {
    const late = many(PER_KEY, NOW - 1, 1, { receivedAt: NOW + 2 * DAY }, 'late')
    const found = idsOf(install(NOW), indexByKey([...late, touch('own', NOW - 5000)]), {
      receivedAt: NOW,
      settlesAt: NOW + DAY,
    })
    expect(found).toEqual(['own'])
  })
})

it('behind an address there is nobody to find once a crowd was there in the day before', () => {
  const ofAddress = (count: number) => indexByKey(many(count, NOW - 1, 1000, { advertisingId: null, ip: IP }))
  expect(candidatesOf(install(NOW), ofAddress(CROWD - 1))).toHaveLength(CROWD - 1)
  expect(candidatesOf(install(NOW), ofAddress(CROWD))).toEqual([])
})

describe('installs that an install is compared with', () => {
  const midnight = Math.floor(NOW / DAY) * DAY
  const list = Array.from(
    { length: 2 * PER_KEY + 10 },
    (_, n): KeyedInstall => ({
      key: 'k',
      deviceId: `d${n}`,
      installTime: midnight - PER_KEY - 5 + n,
      environment: 'production',
    }),
  )
  const names = (installs: readonly KeyedInstall[]) => [
    installs.length,
    installs[0]?.deviceId,
    installs.at(-1)?.deviceId,
  ]

  it('are the latest of a device up to its time', () => {
    expect(names(installsUpTo(list, 'a:gaid', midnight))).toEqual([PER_KEY, 'd6', `d${PER_KEY + 5}`])
    expect(installsUpTo(list, 'a:gaid', midnight - DAY)).toEqual([])
  })

  it('behind an address are the latest of its day and the latest before', () => {
    const all = installsUpTo(list, 'p:198.51.100.7', NOW)
    expect(names(all)).toEqual([2 * PER_KEY, 'd5', `d${2 * PER_KEY + 9}`])
    expect(all.filter(({ installTime }) => installTime < midnight)).toHaveLength(PER_KEY)
  })
})
