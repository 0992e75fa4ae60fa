import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeTenant, startTestCollector, type TestCollector, type TestTenant } from '#e2e/fixtures/collector.ts'
import { useStores } from '#e2e/fixtures/stores.ts'
import { AppError } from '#server/platform/errors.ts'

const stores = useStores()
let collector: TestCollector
let tenant: TestTenant
/** An app with an App Store id, and a second one that shares its bundle id. */
let ios: TestTenant

beforeAll(async () => {
  tenant = await makeTenant(stores)
  ios = await makeTenant(stores)
  await stores.admin.app.update({
    where: { id: ios.appId },
    data: { platform: 'ios', bundleId: 'com.example.ios', storeId: '1234567890' },
  })
  await stores.admin.app.create({
    data: {
      id: `${ios.appId}_android`,
      orgId: ios.orgId,
      slug: 'twin',
      name: 'Twin',
      platform: 'android',
      bundleId: 'com.example.ios',
    },
  })
  collector = await startTestCollector(stores.databaseUrl)
})
afterAll(() => collector?.stop())

interface Answer {
  status: number
  headers: Headers
  text: string
  error: { code: string; message: string; field?: string; request_id: string } | undefined
}

let sequence = 0
const event = (changes: Record<string, unknown> = {}) => {
  sequence += 1
  return { appsflyer_id: `device-${sequence}`, eventName: 'af_level', eventValue: '', ...changes }
}

async function post(
  appId: string,
  body: unknown,
  headers: Record<string, string> = { authentication: tenant.ingestKey },
): Promise<Answer> {
  const response = await fetch(`${collector.url}/inappevent/${appId}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' || body instanceof Uint8Array ? (body as string) : JSON.stringify(body),
  })
  const text = await response.text()
  const error = text.startsWith('{') ? (JSON.parse(text) as { error: Answer['error'] }).error : undefined
  return { status: response.status, headers: response.headers, text, error }
}
const rowOf = async (device: string) => (await collector.rows('event')).filter((row) => row.device_id === device)
const ANDROID = 'com.example.game'

describe('200 OK once durable', () => {
  it('with every documented field in its column or under properties', async () => {
    const sent = event({
      eventValue: '{"af_revenue":-6.72,"af_content_type":"wallets","nested":{"ü":[1]}}',
      eventCurrency: 'eur',
      eventTime: '2026-11-20 10:00:00.123',
      customer_user_id: 'user-1',
      advertising_id: '9c9a82fb-d5de-4cd1-90c3-527441c11828',
      ip: '193.99.144.80',
      ua: 'okhttp/5',
      os: '14',
      app_version_name: '1.2.3',
      app_store: 'huawei',
      sharing_filter: ['facebook'],
      consent_data: { manual: { gdpr_applies: true } },
      custom_data: 'kept',
    })
    const answer = await post(ANDROID, sent, { authentication: tenant.secretKey })
    expect([answer.status, answer.text, answer.headers.get('x-non-idempotent')]).toEqual([200, 'OK', null])
    const [row] = await rowOf(sent.appsflyer_id)
    expect(row).toMatchObject({
      app_id: tenant.appId,
      event_name: 'af_level',
      event_time: '2026-11-20T10:00:00.123Z',
      customer_user_id: 'user-1',
      advertising_id: '9c9a82fb-d5de-4cd1-90c3-527441c11828',
      platform: 'android',
      ip: '193.99.144.80',
      country: 'DE',
      user_agent: 'okhttp/5',
      os_version: '14',
      app_version: '1.2.3',
      currency: 'EUR',
    })
    expect(Number(row?.revenue)).toBe(-6.72)
    expect(JSON.parse(String(row?.properties))).toEqual({
      app_store: 'huawei',
      custom_data: 'kept',
      af_revenue: -6.72,
      af_content_type: 'wallets',
      nested: { ü: [1] },
    })
    expect(JSON.parse(String(row?.consent))).toEqual({ manual: { gdpr_applies: true }, sharing_filter: ['facebook'] })
  })

  it('in US dollars where no currency is given, as AppsFlyer documents it', async () => {
    const sent = event({ eventValue: { af_revenue: '0.99' } })
    expect((await post(ANDROID, sent)).status).toBe(200)
    expect(await rowOf(sent.appsflyer_id)).toMatchObject([{ currency: 'USD' }])
  })

  it('and says so where a retry would count twice, because nothing says when it happened', async () => {
    const answer = await post(ANDROID, event())
    expect(answer.headers.get('x-non-idempotent')).toBe('1')
  })

  it('a retry with its time gets the same id, another time another one', async () => {
    const sent = event({ eventTime: '2026-11-20 10:00:00' })
    const { appsflyer_id: device, eventName, eventValue, eventTime } = sent as Record<string, string>
    await post(ANDROID, sent)
    await post(ANDROID, { eventTime, eventValue, eventName, appsflyer_id: device })
    await post(ANDROID, { ...sent, eventTime: '2026-11-20 10:00:01' })
    const ids = (await rowOf(String(device))).map((row) => row.event_id)
    expect(ids).toHaveLength(3)
    expect(new Set(ids).size).toBe(2)
  })

  it('an address that only an ingest key vouches for is not kept', async () => {
    const sent = event({ ip: '193.99.144.80' })
    await post(ANDROID, sent)
    const [row] = await rowOf(sent.appsflyer_id)
    expect(row).not.toHaveProperty('ip')
    expect(String(row?.properties ?? '')).not.toContain('193.99')
  })

  it('zeros of a device that opted out are no advertising id', async () => {
    const sent = event({ idfa: '00000000-0000-0000-0000-000000000000' })
    await post(ANDROID, sent)
    expect((await rowOf(sent.appsflyer_id))[0]).not.toHaveProperty('advertising_id')
  })
})

describe('which app the address names', () => {
  it.each(['id1234567890', '1234567890', 'com.example.ios'])('%s, by an ingest key of the iOS app', async (id) => {
    const sent = event()
    expect((await post(id, sent, { authentication: ios.ingestKey })).text).toBe('OK')
    expect(await rowOf(sent.appsflyer_id)).toMatchObject([{ app_id: ios.appId, platform: 'ios' }])
  })

  it.each([
    ['id1234567890', ''],
    ['1234567890', ''],
    ['com.example.ios', '_android'],
  ])('%s, by a secret key; a bundle id that both platforms have is the Android app', async (id, suffix) => {
    const sent = event()
    expect((await post(id, sent, { authentication: ios.secretKey })).text).toBe('OK')
    expect(await rowOf(sent.appsflyer_id)).toMatchObject([{ app_id: `${ios.appId}${suffix}` }])
  })

  it("403 for an ingest key of another app, 404 for a secret key whose organization has none: never another tenant's", async () => {
    const byIngest = await post('id1234567890', event())
    expect([byIngest.status, byIngest.error?.field]).toEqual([403, 'app_id'])
    expect(byIngest.error?.message).toContain('com.example.game')
    const bySecret = await post('id1234567890', event(), { authentication: tenant.secretKey })
    expect([bySecret.status, bySecret.error?.field]).toEqual([404, 'app_id'])
    for (const id of ['', 'a%00b', "'; drop table apps", 'x'.repeat(300)]) {
      expect((await post(id, event(), { authentication: tenant.secretKey })).status).toBe(404)
    }
  })

  it('a new store id is followed', async () => {
    const other = await makeTenant(stores)
    await stores.admin.app.update({
      where: { id: other.appId },
      data: { platform: 'ios', bundleId: 'com.example.other' },
    })
    const headers = { authentication: other.secretKey }
    expect((await post('id999888777', event(), headers)).status).toBe(404)
    await stores.admin.app.update({ where: { id: other.appId }, data: { storeId: '999888777' } })
    await expect.poll(async () => (await post('id999888777', event(), headers)).status, { timeout: 5000 }).toBe(200)
  })
})

describe('refused, in words of AppsFlyer where it has any', () => {
  it.each<[string, Record<string, unknown>, string | RegExp, string | undefined]>([
    ['no device', { appsflyer_id: undefined }, 'appsflyer_id is a mandatory field', 'appsflyer_id'],
    ['no name', { eventName: ' ' }, 'eventName is a mandatory field', 'eventName'],
    ['broken eventValue', { eventValue: '{"af_revenue":' }, /eventValue/, 'eventValue'],
    ['eventValue that is no object', { eventValue: '[1]' }, /eventValue/, 'eventValue'],
    ['a revenue in words', { eventValue: '{"af_revenue":"1,50"}' }, /number/, 'eventValue.af_revenue'],
    ['an endless revenue', { eventValue: '{"af_revenue":1e400}' }, /revenue/, 'revenue'],
    ['an unknown currency', { eventValue: '{"af_revenue":1,"af_currency":"XXY"}' }, /ISO 4217/, 'currency'],
    ['a day that does not exist', { eventTime: '2026-02-30 10:00:00.000' }, /eventTime/, 'eventTime'],
    ['a time in words', { eventTime: 'now' }, /eventTime/, 'eventTime'],
    ['a day in the future', { eventTime: '2150-01-01 00:00:00' }, /future/, 'event_time'],
    ['a NUL in the name', { eventName: 'a\u0000b' }, /NUL/, 'event_name'],
  ])('400 and a dead letter: %s', async (_, changes, message, field) => {
    const answer = await post(ANDROID, event(changes))
    expect(answer.status).toBe(400)
    expect(answer.error?.field).toBe(field)
    expect(answer.error?.message).toMatch(message)
    const letters = (await collector.rows('rejected')).filter((row) => row.request_id === answer.error?.request_id)
    expect(letters).toHaveLength(1)
  })

  it.each<[string, string | Uint8Array]>([
    ['nothing', ''],
    ['broken JSON', '{"appsflyer_id":'],
    ['several events', '[{},{}]'],
    ['no UTF-8', new Uint8Array([0x7b, 0xff])],
  ])('400 for a body that is %s', async (_, body) => {
    expect(await post(ANDROID, body)).toMatchObject({
      status: 400,
      error: { message: 'Payload is missing or failed to parse' },
    })
  })

  it('401 without a key, for an unknown one and for one of AppsFlyer', async () => {
    for (const headers of [{}, { authentication: 'ik_unknown_key_3' }, { authentication: 'aBcD1234' }]) {
      const answer = await post(ANDROID, event(), headers as Record<string, string>)
      expect([answer.status, answer.error?.code]).toEqual([401, 'unauthorized'])
    }
  })

  it('403 for a secret key that may not write events', async () => {
    const reader = await makeTenant(stores, {}, ['reports:read'])
    expect((await post(ANDROID, event(), { authentication: reader.secretKey })).status).toBe(403)
  })

  it('413 past 128 KB, and more than the 1 KB of AppsFlyer is taken', async () => {
    expect((await post(ANDROID, event({ custom_data: 'x'.repeat(140_000) }))).status).toBe(413)
    expect((await post(ANDROID, event({ custom_data: 'x'.repeat(20_000) }))).status).toBe(200)
  })

  it('503 with Retry-After when the log cannot be written', async () => {
    collector.failAppends(new AppError('unavailable', 'The disk is full.', { retryAfter: 3 }))
    try {
      const answer = await post(ANDROID, event())
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '3'])
    } finally {
      collector.failAppends(null)
    }
  })
})
