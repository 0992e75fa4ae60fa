import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createClient } from './client.ts'
import { memoryStore } from './store.ts'
import { durableStore, type FakePlatform, fakePlatform, sentNames } from './testing/fake-platform.ts'
import type { Rejection } from './types.ts'

const START = Date.UTC(2026, 10, 1, 12)
const MINUTE = 60_000
const options = { key: 'ik_1', endpoint: 'https://collect.example' }

beforeEach(() => vi.useFakeTimers({ now: START }))
afterEach(() => vi.useRealTimers())

const sent = ({ requests }: FakePlatform) => requests.flatMap(({ events }) => events)
const named = (platform: FakePlatform, name: string) => sent(platform).filter(({ event_name }) => event_name === name)
const settle = () => vi.advanceTimersByTimeAsync(10_000)

describe('install', () => {
  test('is reported once, with the click id and the referrer of the address', async () => {
    const store = durableStore()
    const first = fakePlatform({ store, url: () => 'https://shop.example/?click_id=clk%2B1&referrer=utm_source%3Dads' })
    createClient(first, options)
    await settle()
    expect(named(first, 'install')).toMatchObject([{ click_id: 'clk+1', install_referrer: 'utm_source=ads' }])
    const second = fakePlatform({ store })
    createClient(second, options).track('purchase')
    await settle()
    expect(sentNames(second)).toEqual(['purchase'])
  })

  test('is one event when two tabs start the same device at once', async () => {
    const store = durableStore()
    const [one, other] = [fakePlatform({ store }), fakePlatform({ store })]
    createClient(one, options)
    createClient(other, options)
    await settle()
    const ids = [...named(one, 'install'), ...named(other, 'install')].map(({ event_id }) => event_id)
    expect(new Set(ids).size).toBe(1)
  })

  test('waits for the store’s referrer while other events go ahead, and is repeated when the app was closed meanwhile', async () => {
    const store = durableStore()
    const closed = fakePlatform({ store, installFields: () => new Promise(() => undefined) })
    createClient(closed, options).track('level')
    await settle()
    expect(sentNames(closed).sort()).toEqual(['level', 'session_start'])
    const reopened = fakePlatform({ store, installFields: async () => ({ install_referrer: 'click_id=1' }) })
    createClient(reopened, options)
    await settle()
    expect(named(reopened, 'install')).toMatchObject([{ install_referrer: 'click_id=1' }])
  })

  test('is not reported where nothing can be remembered', async () => {
    const platform = fakePlatform({ store: memoryStore() })
    createClient(platform, options).track('view')
    await settle()
    expect(sentNames(platform).sort()).toEqual(['session_start', 'view'])
  })
})

describe('reengagement', () => {
  test('is a known device that comes back by a new click, counted once however often the page is loaded', async () => {
    const store = durableStore()
    const visit = async (url: string) => {
      const platform = fakePlatform({ store, url: () => url })
      createClient(platform, options)
      await settle()
      return named(platform, 'reengagement').map(({ click_id }) => click_id)
    }
    expect(await visit('https://shop.example/?click_id=first')).toEqual([])
    expect(await visit('https://shop.example/?click_id=first')).toEqual([])
    expect(await visit('https://shop.example/?click_id=second')).toEqual(['second'])
    expect(await visit('https://shop.example/?click_id=second')).toEqual([])
  })
})

describe('sessions', () => {
  test('a new one begins with the first activity after 30 idle minutes, not before', async () => {
    const platform = fakePlatform()
    const client = createClient(platform, options)
    await vi.advanceTimersByTimeAsync(29 * MINUTE)
    client.track('still the first')
    await vi.advanceTimersByTimeAsync(29 * MINUTE)
    platform.happenings.active()
    await settle()
    expect(named(platform, 'session_start')).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(31 * MINUTE)
    expect(named(platform, 'session_start')).toHaveLength(1)
    client.track('the second')
    await settle()
    expect(sentNames(platform).slice(-2).sort()).toEqual(['session_start', 'the second'])
    expect(named(platform, 'session_start')).toHaveLength(2)
  })

  test('two tabs that wake up after the same break start one session', async () => {
    const store = durableStore()
    const tabs = [fakePlatform({ store }), fakePlatform({ store })]
    const clients = tabs.map((tab) => createClient(tab, options))
    await settle()
    await vi.advanceTimersByTimeAsync(60 * MINUTE)
    const before = store.get('session')
    clients[0]?.track('a')
    // What the other tab sees when both wake up in the same instant.
    store.set('session', before ?? '')
    clients[1]?.track('b')
    await settle()
    const ids = tabs.flatMap((tab) => named(tab, 'session_start').map(({ event_id }) => event_id))
    expect(new Set(ids).size).toBe(2)
  })

  test('a clock that is set back ends no session', async () => {
    const platform = fakePlatform()
    const client = createClient(platform, options)
    await settle()
    vi.setSystemTime(START - 5 * 3_600_000)
    client.track('earlier')
    await settle()
    expect(named(platform, 'session_start')).toHaveLength(1)
  })
})

describe('consent', () => {
  const asking = { ...options, requireConsent: true }

  test('before it nothing is stored or sent; given, everything that happened is sent with it and its own time', async () => {
    const platform = fakePlatform()
    const client = createClient(platform, asking)
    client.track('early')
    client.setCustomerUserId('u1')
    await settle()
    expect(platform.store.keys()).toEqual([])
    expect(platform.requests).toEqual([])
    expect(client.deviceId()).toBeNull()
    client.setConsent(true, { ads: false })
    await settle()
    expect(sentNames(platform).sort()).toEqual(['early', 'install', 'session_start'])
    expect(named(platform, 'early')).toMatchObject([
      { event_time: new Date(START).toISOString(), consent: { measurement: true, ads: false }, customer_user_id: 'u1' },
    ])
  })

  test('denied, what waited is gone and nothing is recorded any more', async () => {
    const platform = fakePlatform()
    const client = createClient(platform, asking)
    client.track('early')
    client.setConsent(false)
    expect(client.track('late')).toBeUndefined()
    client.reset()
    await settle()
    platform.happenings.away(true)
    expect(platform.store.keys()).toEqual([])
    expect(platform.requests).toEqual([])
  })

  test('withdrawn offline, the queue is dropped, also for the next page and for a second tab', async () => {
    const store = durableStore()
    const [one, other] = [fakePlatform({ store }), fakePlatform({ store })]
    one.online = false
    other.online = false
    const [client, second] = [createClient(one, options), createClient(other, options)]
    client.track('a')
    client.setConsent(false)
    expect(second.track('b')).toBeUndefined()
    const next = fakePlatform({ store })
    expect(createClient(next, options).track('c')).toBeUndefined()
    for (const platform of [one, other, next]) {
      platform.online = true
      platform.happenings.online()
    }
    await settle()
    expect([one, other, next].flatMap(sentNames)).toEqual([])
    expect(store.keys()).toEqual(['consent'])
  })

  test.each([
    ['refused for its clock', { done: [{ index: 0, code: 'in_future', message: '', field: 'event_time' }] }],
    ['told to wait', { later: 60_000 }],
  ])('withdrawn while a batch is under way that is %s, nothing is stored again', async (_how, outcome) => {
    let answer: (() => void) | undefined
    const platform = fakePlatform()
    const client = createClient(platform, asking)
    platform.answers.push(
      new Promise((resolve) => {
        answer = () => resolve(outcome)
      }),
    )
    client.setConsent(true)
    await settle()
    expect(platform.requests).toHaveLength(1)
    client.setConsent(false)
    answer?.()
    await settle()
    expect(platform.store.keys()).toEqual([])
    expect(platform.requests).toHaveLength(1)
  })

  test('what needs permission to be read is read only after it was given', async () => {
    const prepare = vi.fn(async () => undefined)
    const client = createClient(fakePlatform({ prepare }), asking)
    await settle()
    expect(prepare).not.toHaveBeenCalled()
    client.setConsent(true)
    expect(prepare).toHaveBeenCalledOnce()
  })
})

test('what is tracked before the storage is read is sent afterwards with the stored device', async () => {
  const store = durableStore()
  createClient(fakePlatform({ store }), options)
  const device = store.get('device')
  let open: (() => void) | undefined
  const ready = new Promise<void>((resolve) => {
    open = resolve
  })
  const platform = fakePlatform({ store, ready })
  createClient(platform, options).track('at once')
  await settle()
  expect(platform.requests).toEqual([])
  open?.()
  await settle()
  expect(named(platform, 'at once')).toMatchObject([{ device_id: device }])
})

test('a customer user id is on every later event, after a reload too, until it is forgotten', async () => {
  const store = durableStore()
  const one = fakePlatform({ store })
  createClient(one, options).setCustomerUserId('u1')
  const other = fakePlatform({ store })
  const client = createClient(other, options)
  client.track('with')
  client.setCustomerUserId(null)
  client.track('without')
  await settle()
  expect([...sent(one), ...sent(other)].find(({ event_name }) => event_name === 'with')?.customer_user_id).toBe('u1')
  expect([...sent(one), ...sent(other)].find(({ event_name }) => event_name === 'without')).not.toHaveProperty(
    'customer_user_id',
  )
})

test('properties are kept as they were at the call, and what is no JSON is reported instead of thrown', async () => {
  const rejected: Rejection[] = []
  const platform = fakePlatform()
  const client = createClient(platform, { ...options, onRejected: (rejection) => rejected.push(rejection) })
  const properties: Record<string, unknown> = { level: 1 }
  client.track('level', { properties })
  properties.level = 2
  properties.self = properties
  expect(client.track('cycle', { properties })).toBeUndefined()
  await settle()
  expect(named(platform, 'level')).toMatchObject([{ properties: { level: 1 } }])
  expect(rejected).toMatchObject([{ code: 'invalid_json', field: 'properties', event: { event_name: 'cycle' } }])
})

test('a pause holds everything back, and resuming sends it', async () => {
  const platform = fakePlatform()
  const client = createClient(platform, options)
  client.pause()
  client.track('later')
  await settle()
  await client.flush()
  platform.happenings.away(true)
  expect(platform.requests).toEqual([])
  client.resume()
  await settle()
  expect(sentNames(platform)).toContain('later')
})

test('a reset drops what waits and begins a new device, which is a new install', async () => {
  const platform = fakePlatform()
  const client = createClient(platform, options)
  await settle()
  const before = client.deviceId()
  client.track('dropped')
  client.reset()
  await settle()
  expect(client.deviceId()).not.toBe(before)
  expect(sentNames(platform)).not.toContain('dropped')
  expect(new Set(named(platform, 'install').map(({ device_id }) => device_id)).size).toBe(2)
})

test('a deep link is told to whoever listens, at once and later, until they stop', () => {
  const platform = fakePlatform({ url: () => 'https://shop.example/p?click_id=1&sku=7' })
  const client = createClient(platform, options)
  const seen: (string | undefined)[] = []
  const stop = client.onDeepLink(({ params }) => seen.push(params.sku))
  platform.happenings.url('https://shop.example/p?click_id=2&sku=8')
  stop()
  platform.happenings.url('https://shop.example/p?click_id=3&sku=9')
  expect(seen).toEqual(['7', '8'])
  expect(client.getDeepLink()).toMatchObject({ clickId: '3', params: { sku: '9' } })
})

test('an address without a click id or referrer is no deep link on the web', () => {
  expect(createClient(fakePlatform({ url: () => 'https://shop.example/?sku=7' }), options).getDeepLink()).toBeNull()
})
