import { describe, expect, it } from 'vitest'
import { parseExactly } from '#server/modules/events/hot.ts'
import { type SegmentCall, segmentEvent } from './message.ts'

const NOW = Date.UTC(2026, 10, 20, 12)
const call = (changes: Partial<SegmentCall> = {}): SegmentCall => ({
  receivedAt: NOW,
  believesAddress: false,
  fromPage: false,
  ip: '198.51.100.1',
  userAgent: 'Sender/1',
  ...changes,
})
const track = (changes: Record<string, unknown> = {}) => ({
  type: 'track',
  event: 'Step',
  messageId: 'm1',
  anonymousId: 'anon',
  ...changes,
})
const eventOf = (message: unknown, more?: Partial<SegmentCall>) => segmentEvent(message, undefined, call(more))

describe('when it happened', () => {
  it("is freed of the device's wrong clock: receivedAt - (sentAt - timestamp)", () => {
    const wrong = { timestamp: '2001-01-01T00:00:00.000Z', sentAt: '2001-01-01T00:00:10.000Z' }
    expect(eventOf(track(wrong)).event_time).toBe(NOW - 10_000)
    expect(eventOf(track({ timestamp: wrong.timestamp }), { sentAt: wrong.sentAt }).event_time).toBe(NOW - 10_000)
  })

  it('is what it says where nothing tells when it was sent, or nobody can read it', () => {
    const timestamp = '2026-11-20T10:00:00.000Z'
    const told = Date.parse(timestamp)
    expect(eventOf(track({ timestamp })).event_time).toBe(told)
    expect(eventOf(track({ timestamp, sentAt: 'soon' })).event_time).toBe(told)
    expect(
      eventOf(track({ timestamp, originalTimestamp: '2001-01-01T00:00:00Z', sentAt: '2001-01-01T00:00:01Z' }))
        .event_time,
    ).toBe(told)
  })

  it('is left to the arrival where the message does not say', () => {
    expect(eventOf(track({ sentAt: new Date(NOW).toISOString() })).event_time).toBeUndefined()
  })
})

describe('which device', () => {
  it.each<[string, Record<string, unknown>, string]>([
    ["the device's own id before the anonymous id", { context: { device: { id: 'dev' } } }, 'dev'],
    ['the anonymous id', { userId: 'u' }, 'anon'],
    ["one of the person's own, where only the person is known", { anonymousId: undefined, userId: 7 }, 'user:7'],
  ])('%s', (_, changes, wanted) => {
    expect(eventOf(track(changes)).device_id).toBe(wanted)
  })

  it('long ids are hashed', () => {
    expect(eventOf(track({ messageId: 'm'.repeat(200), anonymousId: 'a'.repeat(200) }))).toMatchObject({
      event_id: expect.stringMatching(/^segment_[0-9a-f]{32}$/),
      device_id: expect.stringMatching(/^segment_[0-9a-f]{32}$/),
    })
  })

  it('its columns come from context, batch-wide parts included', () => {
    const context = {
      os: { name: 'iOS', version: '18.1' },
      app: { name: 'Shop', version: '2.0' },
      device: {
        id: '8E1B6A2C-0000-4000-8000-000000000001',
        manufacturer: 'Apple',
        model: 'iPhone17,1',
        advertisingId: '7A3C',
        adTrackingEnabled: true,
      },
      library: { name: 'analytics-swift', version: '1.6' },
      locale: 'de-DE',
      userAgent: 'Shop/2',
      network: { wifi: true },
      consent: { categoryPreferences: { Advertising: false } },
    }
    const { os, ...own } = context
    expect(eventOf(track({ context: own }), { context: { os } })).toMatchObject({
      platform: 'ios',
      os_version: '18.1',
      app_version: '2.0',
      idfv: '8E1B6A2C-0000-4000-8000-000000000001',
      advertising_id: '7A3C',
      device_model: 'Apple iPhone17,1',
      sdk_version: 'analytics-swift 1.6',
      locale: 'de-DE',
      user_agent: 'Shop/2',
      ip: '198.51.100.1',
      consent: { categoryPreferences: { Advertising: false } },
      properties: { context: { app: { name: 'Shop' }, os: { name: 'iOS' }, network: { wifi: true } } },
    })
  })

  it('an advertising id is not taken from a device whose owner opted out', () => {
    const device = { advertisingId: '7A3C', adTrackingEnabled: false }
    const event = eventOf(track({ context: { device } }))
    expect(event.advertising_id).toBeUndefined()
    expect(JSON.stringify(event.properties)).not.toContain('7A3C')
  })
})

describe('what it is', () => {
  it.each([
    ['Application Installed', 'install'],
    ['Application Opened', 'session_start'],
    ['Order Completed', 'Order Completed'],
    ['constructor', 'constructor'],
  ])('%s is our %s', (name, wanted) => {
    expect(eventOf(track({ event: name })).event_name).toBe(wanted)
  })

  it.each(['identify', 'page', 'screen', 'alias', 'group'])('%s is named as the call', (type) => {
    expect(eventOf({ type, userId: 'u' }).event_name).toBe(type)
  })

  it('revenue is in US dollars where Segment assumes them, and no revenue of other calls than track counts', () => {
    expect(eventOf(track({ properties: { revenue: '19.99' } }))).toMatchObject({ revenue: 19.99, currency: 'USD' })
    expect(eventOf(track({ properties: { revenue: 0, currency: 'EUR' } }))).toMatchObject({
      revenue: 0,
      currency: 'EUR',
    })
    expect(eventOf(track({ properties: { currency: 'nothing', revenue: null } })).currency).toBeUndefined()
    expect(eventOf({ type: 'page', userId: 'u', properties: { revenue: 5 } }).revenue).toBeUndefined()
  })

  it('the click id of our links is found in the address of the page', () => {
    const page = { search: '?utm_source=x&click_id=clk_1' }
    expect(eventOf(track({ context: { page } })).click_id).toBe('clk_1')
    expect(eventOf(track({ properties: { url: 'shop://open?click_id=clk_2#top' } })).click_id).toBe('clk_2')
    expect(eventOf(track({ context: { page: { url: 'https://a.example/' } } })).click_id).toBeUndefined()
  })

  it('everything else is kept, keys that mean something to JavaScript included', () => {
    const message = parseExactly(
      '{"type":"track","event":"E","userId":"u","unknown":1,"groupId":"g","traits":{"t":1},"properties":{"__proto__":{"polluted":true},"constructor":2,"big":123456789012345678901},"integrations":{"All":true}}',
    )
    const { properties } = eventOf(message)
    expect(JSON.stringify(properties)).toBe(
      '{"unknown":1,"traits":{"t":1},"group_id":"g","__proto__":{"polluted":true},"constructor":2,"big":123456789012345678901}',
    )
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })
})
