import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { type IngestStack, startIngestStack } from '#cli/stack/ingest-path.ts'
import { type ArrivedEvent, arrived } from './fixtures/arrived.ts'
import { type Front, startFront } from './fixtures/front.ts'
import { launch, PhoneStorage } from './fixtures/phone.ts'

/**
 * React Native itself does not run here. What runs is the SDK's own code in Node, with the app's adapters played by the
 * test, against the real collector.
 */
let stack: IngestStack
let front: Front
let storage: PhoneStorage

beforeAll(async () => {
  stack = await startIngestStack()
}, 180_000)
afterAll(() => stack?.stop())
beforeEach(async () => {
  front = await startFront(stack.collector)
  storage = new PhoneStorage()
})
afterEach(() => front.close())

const settings = () => ({ key: stack.ingestKey, endpoint: front.url })
const deviceIn = async ({ items }: PhoneStorage): Promise<string> => {
  const read = () => [...items].find(([key]) => key.endsWith('.device'))?.[1]
  await vi.waitFor(() => expect(read()).toBeTruthy(), { timeout: 10_000 })
  return read() ?? ''
}
const names = (rows: ArrivedEvent[]) => rows.map(({ event_name }) => event_name).sort()
const queued = ({ items }: PhoneStorage) => [...items.keys()].filter((key) => key.includes('.q.')).length

describe('the React Native SDK and the real collector', { timeout: 120_000 }, () => {
  it('reports the install with the Play referrer and its times, and every event with what the app’s native code knows', async () => {
    const { client } = await launch(storage, settings(), {
      device: { osVersion: '15', deviceModel: 'Pixel 9', appVersion: '3.2', locale: 'de-DE' },
      ids: async () => ({ advertisingId: '38400000-8cf0-11bd-b23e-10b96e40000d', idfv: null }),
      installReferrer: async () => ({
        installReferrer: 'click_id=clk_play&utm_source=ads',
        referrerClickTimestampSeconds: 1_790_000_000,
        installBeginTimestampSeconds: 1_790_000_060,
        installBeginTimestampServerSeconds: 0,
      }),
    })
    const id = client.track('level', { properties: { level: 3 } })
    const rows = await arrived(stack, await deviceIn(storage), 3)
    expect(names(rows)).toEqual(['install', 'level', 'session_start'])
    for (const row of rows) {
      expect(row).toMatchObject({
        platform: 'android',
        os_version: '15',
        device_model: 'Pixel 9',
        app_version: '3.2',
        advertising_id: '38400000-8cf0-11bd-b23e-10b96e40000d',
        sdk_version: 'react-native-0.1.0',
      })
    }
    expect(rows.find(({ event_name }) => event_name === 'install')?.install_referrer).toBe(
      'click_id=clk_play&utm_source=ads',
    )
    expect(rows.find(({ event_name }) => event_name === 'level')?.event_id).toBe(id)
    const result = await stack.clickhouse.query({
      query: `select toUnixTimestamp(referrer_click_time) as click, toUnixTimestamp(install_begin_time) as begin
        from events where device_id = {device:String} and event_name = 'install'`,
      query_params: { device: client.deviceId() },
      format: 'JSONEachRow',
    })
    expect(
      (await result.json<{ click: number; begin: number }>()).map((row) => [Number(row.click), Number(row.begin)]),
    ).toEqual([[1_790_000_000, 1_790_000_060]])
  })

  it('what was tracked offline arrives once after the app was killed and launched again, in the same session', async () => {
    const first = await launch(storage, settings(), { connected: false })
    const tracked = Array.from({ length: 40 }, (_, step) => first.client.track('step', { properties: { step } }))
    const device = await deviceIn(storage)
    await vi.waitFor(() => expect(queued(storage)).toBe(42), { timeout: 10_000 })
    expect(front.seen).toEqual([])
    const second = await launch(storage, settings(), { connected: false })
    tracked.push(second.client.track('step'))
    await sleep(500)
    second.setConnected(true)
    const rows = await arrived(stack, device, 43)
    expect(names(rows).filter((name) => name !== 'step')).toEqual(['install', 'session_start'])
    expect(
      rows
        .filter(({ event_name }) => event_name === 'step')
        .map(({ event_id }) => event_id)
        .sort(),
    ).toEqual(tracked.sort())
    await vi.waitFor(() => expect(queued(storage)).toBe(0), { timeout: 10_000 })
  })

  it('a flapping network, whose answers get lost too, loses nothing and doubles nothing', async () => {
    const { client, setConnected } = await launch(storage, settings())
    const tracked: (string | undefined)[] = []
    for (const weather of ['answers lost', 'away', 'fine', 'answers lost', 'away'] as const) {
      front.weather = weather
      const before = front.seen.length
      for (let burst = 0; burst < 5; burst++) {
        for (let step = 0; step < 20; step++) tracked.push(client.track('step'))
        await sleep(100)
      }
      setConnected(false)
      setConnected(true)
      await vi.waitFor(() => expect(front.seen.length).toBeGreaterThan(before), { timeout: 15_000 })
    }
    front.weather = 'fine'
    setConnected(false)
    setConnected(true)
    const rows = await arrived(stack, client.deviceId(), tracked.length + 2)
    expect(
      rows
        .filter(({ event_name }) => event_name === 'step')
        .map(({ event_id }) => event_id)
        .sort(),
    ).toEqual(tracked.sort())
    expect(rows).toHaveLength(tracked.length + 2)
    expect(front.seen.filter(({ status }) => status === 0).length).toBeGreaterThanOrEqual(4)
  })

  it('sends what waits when the app goes to the background', async () => {
    const { client, setState } = await launch(storage, { ...settings(), flushInterval: 600_000 })
    await arrived(stack, await deviceIn(storage), 2)
    client.track('last')
    await sleep(300)
    setState('background')
    expect(names(await arrived(stack, client.deviceId(), 3))).toEqual(['install', 'last', 'session_start'])
  })

  it('asks native code for nothing and stores nothing before consent', async () => {
    const ids = vi.fn(async () => ({ advertisingId: '38400000-8cf0-11bd-b23e-10b96e40000d' }))
    const installReferrer = vi.fn(async () => null)
    const { client } = await launch(storage, { ...settings(), requireConsent: true }, { ids, installReferrer })
    client.track('early')
    await sleep(500)
    expect([ids.mock.calls.length, installReferrer.mock.calls.length, storage.items.size, front.seen.length]).toEqual([
      0, 0, 0, 0,
    ])
    client.setConsent(true)
    const rows = await arrived(stack, await deviceIn(storage), 3)
    expect(names(rows)).toEqual(['early', 'install', 'session_start'])
    expect(rows.every(({ consent }) => consent === '{"measurement":true}')).toBe(true)
    expect(rows.every(({ advertising_id }) => advertising_id !== '')).toBe(true)
    client.setConsent(false)
    await vi.waitFor(() => expect([...storage.items.keys()]).toEqual([]), { timeout: 10_000 })
  })

  it('consent withdrawn while the storage is still being read removes what an earlier launch left', async () => {
    const first = await launch(storage, settings(), { connected: false })
    first.client.track('old')
    await vi.waitFor(() => expect(queued(storage)).toBe(3), { timeout: 10_000 })
    const second = await launch(storage, settings())
    second.client.setConsent(false)
    await sleep(800)
    expect([...storage.items.values()]).toEqual(['denied'])
    expect(front.seen).toEqual([])
  })

  it('native code that hangs, throws or fails to store delays the install by its patience and loses nothing', async () => {
    storage.setItem = () => Promise.reject(new Error('disk full'))
    const { client } = await launch(storage, settings(), {
      patience: 300,
      ids: () => Promise.reject(new Error('no such module')),
      installReferrer: () => new Promise(() => undefined),
    })
    client.track('level')
    await vi.waitFor(() => expect(client.deviceId()).not.toBeNull(), { timeout: 10_000 })
    expect(names(await arrived(stack, client.deviceId(), 3))).toEqual(['install', 'level', 'session_start'])
  })

  it('a link that opens the app is told, and a new click brings a known device back once', async () => {
    const first = await launch(storage, settings(), { initialUrl: 'game://start?click_id=one' })
    await arrived(stack, await deviceIn(storage), 2)
    first.setConnected(false)
    const { client, openUrl } = await launch(storage, settings())
    const seen: (string | undefined)[] = []
    client.onDeepLink(({ clickId }) => seen.push(clickId))
    await vi.waitFor(() => expect(client.deviceId()).not.toBeNull(), { timeout: 10_000 })
    openUrl('game://level/7?click_id=two')
    openUrl('game://level/7?click_id=two')
    const rows = await arrived(stack, client.deviceId(), 3)
    expect(seen).toEqual(['two', 'two'])
    expect(rows.map(({ event_name, click_id }) => [event_name, click_id]).sort()).toEqual([
      ['install', 'one'],
      ['reengagement', 'two'],
      ['session_start', ''],
    ])
  })
})
