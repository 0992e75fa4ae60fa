import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { makeTenant, startTestCollector, type TestCollector, type TestTenant } from '#e2e/fixtures/collector.ts'
import { useStores } from '#e2e/fixtures/stores.ts'
import { AppError } from '#server/platform/errors.ts'

const stores = useStores()
let collector: TestCollector
let tenant: TestTenant
const TOKEN = '4w565xzmb54d'

beforeAll(async () => {
  tenant = await makeTenant(stores)
  await settings(tenant, TOKEN, { eventNames: { f0ob4r: 'purchase' } })
  collector = await startTestCollector(stores.databaseUrl)
})
afterAll(() => collector?.stop())

const settings = (
  { orgId, appId }: TestTenant,
  appToken: string,
  more: { tokenAlone?: boolean; eventNames?: object } = {},
) => stores.admin.adjustSettings.create({ data: { orgId, appId, appToken, eventNames: {}, ...more } })

interface Answer {
  status: number
  headers: Headers
  text: string
  failure: { error: string; detail: { code: string; message: string; field?: string; request_id: string } } | undefined
}

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text()
  const failure = text.startsWith('{') ? (JSON.parse(text) as Answer['failure']) : undefined
  return { status: response.status, headers: response.headers, text, failure }
}

let sequence = 0
const params = (changes: Record<string, string | undefined> = {}): Record<string, string> => {
  sequence += 1
  const all = { s2s: '1', app_token: TOKEN, event_token: 'f0ob4r', gps_adid: `device-${sequence}`, ...changes }
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}
const bearer = (key = tenant.ingestKey) => ({ authorization: `Bearer ${key}` })
const get = async (sent: Record<string, string>, headers: Record<string, string> = bearer(), path = '/event') =>
  answerOf(await fetch(`${collector.url}${path}?${new URLSearchParams(sent)}`, { headers }))
const form = async (
  body: Record<string, string> | string | Uint8Array,
  headers: Record<string, string> = bearer(),
  path = '/event',
) =>
  answerOf(
    await fetch(collector.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: typeof body === 'string' || body instanceof Uint8Array ? (body as string) : new URLSearchParams(body),
    }),
  )
const rowOf = async (device: string | undefined) =>
  (await collector.rows('event')).filter((row) => row.device_id === device)

describe('OK once durable', () => {
  it('an event by GET and by form, under the name its token was given', async () => {
    const [first, second, third] = [params(), params(), params()]
    expect((await get(first)).text).toBe('OK')
    expect((await form(second)).text).toBe('OK')
    expect(
      (
        await answerOf(
          await fetch(`${collector.url}/event?${new URLSearchParams(third)}`, { method: 'POST', headers: bearer() }),
        )
      ).text,
    ).toBe('OK')
    for (const { gps_adid: device } of [first, second, third]) {
      expect(await rowOf(device)).toMatchObject([
        { event_name: 'purchase', app_id: tenant.appId, platform: 'android', advertising_id: device },
      ])
    }
  })

  it('with every documented parameter in its column or under properties', async () => {
    const sent = params({
      adid: '18546f6171f67e29d1cb983322ad1329',
      created_at: '2026-11-20T10:00:00.000+0200',
      ip_address: '193.99.144.80',
      user_agent: 'Mozilla/5.0 (ü)',
      environment: 'sandbox',
      revenue: '19.99',
      currency: 'EUR',
      callback_params: '{"key":"välue","f":{"deep":1}}',
      partner_params: '{"p":"1"}',
      os_version: '14',
      session_count: '3',
    })
    expect((await form(sent, bearer(tenant.secretKey))).text).toBe('OK')
    const [row] = await rowOf('18546f6171f67e29d1cb983322ad1329')
    expect(row).toMatchObject({
      event_time: '2026-11-20T08:00:00.000Z',
      ip: '193.99.144.80',
      country: 'DE',
      user_agent: 'Mozilla/5.0 (ü)',
      environment: 'sandbox',
      currency: 'EUR',
      os_version: '14',
    })
    expect(Number(row?.revenue)).toBe(19.99)
    expect(JSON.parse(String(row?.properties))).toMatchObject({
      adid: '18546f6171f67e29d1cb983322ad1329',
      event_token: 'f0ob4r',
      callback_params: { key: 'välue', f: { deep: 1 } },
      partner_params: { p: '1' },
    })
  })

  it('an event whose token has no name yet is kept under the token, and the answer says so', async () => {
    const sent = params({ event_token: 'n0name' })
    const answer = await get(sent)
    expect([answer.text, answer.headers.get('x-unnamed-event-token')]).toEqual(['OK', 'n0name'])
    expect(await rowOf(sent.gps_adid)).toMatchObject([{ event_name: 'adjust_n0name' }])
    expect((await get(params())).headers.get('x-unnamed-event-token')).toBeNull()
  })

  it('a name that is given later is followed', async () => {
    const other = await makeTenant(stores)
    await settings(other, 'later0token0')
    const send = async () => {
      const sent = params({ app_token: 'later0token0', event_token: 'abc123' })
      await get(sent, bearer(other.ingestKey))
      return (await rowOf(sent.gps_adid))[0]?.event_name
    }
    expect(await send()).toBe('adjust_abc123')
    await stores.admin.adjustSettings.update({
      where: { orgId_appId: { orgId: other.orgId, appId: other.appId } },
      data: { eventNames: { abc123: 'level_up' } },
    })
    await expect.poll(send, { timeout: 5000 }).toBe('level_up')
  })

  it('a retry with its time or its deduplication id gets the same id; without either the answer says it counts twice', async () => {
    const timed = params({ created_at_unix: '1795000000' })
    await get(timed)
    await form(timed)
    expect(new Set((await rowOf(timed.gps_adid)).map((row) => row.event_id)).size).toBe(1)
    const named = params({ deduplication_id: 'order-1' })
    await get(named)
    await get({ ...named, created_at_unix: '1795000001' })
    expect(new Set((await rowOf(named.gps_adid)).map((row) => row.event_id)).size).toBe(1)
    expect((await get(params())).headers.get('x-non-idempotent')).toBe('1')
    expect((await get(timed)).headers.get('x-non-idempotent')).toBeNull()
  })

  it('a session is a session_start, and the first one of a device its install besides', async () => {
    const first = params({ session_count: '1', event_token: undefined })
    await form(first, bearer(), '/session')
    await form({ ...first, session_count: '2' }, bearer(), '/session')
    const names = (await rowOf(first.gps_adid)).map((row) => row.event_name)
    expect(names).toEqual(['install', 'session_start', 'session_start'])
  })

  it("ad revenue by revenue or amount, with the network's fields kept", async () => {
    const sent = params({ amount: '0.012', currency: 'USD', source: 'applovin_max_sdk', ad_revenue_network: 'AdMob' })
    expect((await form(sent, bearer(), '/ad_revenue')).text).toBe('OK')
    const [row] = await rowOf(sent.gps_adid)
    expect(row).toMatchObject({ event_name: 'ad_revenue', currency: 'USD' })
    expect(Number(row?.revenue)).toBe(0.012)
    expect(JSON.parse(String(row?.properties))).toMatchObject({
      source: 'applovin_max_sdk',
      ad_revenue_network: 'AdMob',
    })
  })

  it('an address that no secret key vouches for is not kept', async () => {
    const sent = params({ ip_address: '193.99.144.80' })
    await get(sent)
    const [row] = await rowOf(sent.gps_adid)
    expect(row).not.toHaveProperty('ip')
    expect(String(row?.properties)).not.toContain('193.99')
  })
})

describe('who may send', () => {
  it('the app token alone, only where the app allows it', async () => {
    const open = await makeTenant(stores)
    await settings(open, 'open00token0', { tokenAlone: true })
    const sent = params({ app_token: 'open00token0' })
    expect((await get(sent, {})).text).toBe('OK')
    expect(await rowOf(sent.gps_adid)).toMatchObject([{ app_id: open.appId }])
    const refused = await get(params(), {})
    expect([refused.status, refused.failure?.error]).toEqual([
      401,
      'Event request failed (Failed to authorize request)',
    ])
  })

  it('the app token alone still, although a stranger wrote it down too', async () => {
    const [owner, stranger] = [await makeTenant(stores), await makeTenant(stores)]
    await settings(owner, 'mine00token0', { tokenAlone: true })
    await settings(stranger, 'mine00token0')
    const sent = params({ app_token: 'mine00token0' })
    expect((await get(sent, {})).text).toBe('OK')
    expect(await rowOf(sent.gps_adid)).toMatchObject([{ app_id: owner.appId }])
  })

  it('the owner with a key, however many strangers wrote the token down before', async () => {
    const owner = await makeTenant(stores)
    const strangers = Array.from({ length: 120 }, (_, n) => `org_0stranger${String(n).padStart(3, '0')}`)
    await stores.admin.organization.createMany({ data: strangers.map((id) => ({ id, slug: id.slice(4), name: 'S' })) })
    await stores.admin.app.createMany({
      data: strangers.map((orgId) => ({
        id: `app_${orgId}`,
        orgId,
        slug: 'game',
        name: 'Game',
        platform: 'android' as const,
        bundleId: 'com.example.game',
      })),
    })
    await stores.admin.adjustSettings.createMany({
      data: strangers.map((orgId) => ({
        orgId,
        appId: `app_${orgId}`,
        appToken: 'crowd0token0',
        tokenAlone: true,
        eventNames: {},
      })),
    })
    await settings(owner, 'crowd0token0')
    for (const key of [owner.ingestKey, owner.secretKey]) {
      const sent = params({ app_token: 'crowd0token0' })
      expect((await get(sent, bearer(key))).text).toBe('OK')
      expect(await rowOf(sent.gps_adid)).toMatchObject([{ app_id: owner.appId, org_id: owner.orgId }])
    }
  })

  it('an app whose token is entered later', async () => {
    const late = await makeTenant(stores)
    const send = async () => (await get(params({ app_token: 'late00token0' }), bearer(late.ingestKey))).status
    expect(await send()).toBe(404)
    await settings(late, 'late00token0')
    await expect.poll(send, { timeout: 5000 }).toBe(200)
  })

  it('everybody behind an address from which a known app token is sent without the key it needs', async () => {
    const [owner, rival] = [await makeTenant(stores), await makeTenant(stores)]
    await settings(owner, 'known0token0', { tokenAlone: true })
    await settings(rival, 'known0token0', { tokenAlone: true })
    const slow = await startTestCollector(stores.databaseUrl, { limits: { wrongKeysPerIp: 2 } })
    const send = async (query: Record<string, string>, headers: Record<string, string>) =>
      (await fetch(`${slow.url}/event?${new URLSearchParams(query)}`, { headers })).status
    try {
      const known = { app_token: 'known0token0' }
      await vi.waitFor(async () => expect(await send(params(known), {})).toBe(401), 5_000)
      await vi.waitFor(async () => expect(await send(params(known), bearer())).toBe(404), 5_000)
      const contested = Array.from({ length: 20 }, () => send(params(known), {}))
      expect(await Promise.all(contested)).toEqual(contested.map(() => 401))
      const wrongApp = Array.from({ length: 20 }, () => send(params(known), bearer()))
      expect(await Promise.all(wrongApp)).toEqual(wrongApp.map(() => 404))
      expect(await send(params(known), bearer(owner.ingestKey))).toBe(200)
    } finally {
      await slow.stop()
    }
  })

  it('a token that two organizations allow alone proves neither, a key still does', async () => {
    const [owner, thief] = [await makeTenant(stores), await makeTenant(stores)]
    await settings(owner, 'shared0token', { tokenAlone: true })
    await settings(thief, 'shared0token', { tokenAlone: true })
    expect((await get(params({ app_token: 'shared0token' }), {})).status).toBe(401)
    const sent = params({ app_token: 'shared0token' })
    expect((await get(sent, bearer(owner.ingestKey))).text).toBe('OK')
    expect(await rowOf(sent.gps_adid)).toMatchObject([{ app_id: owner.appId, org_id: owner.orgId }])
  })

  it.each<[string, () => Promise<Answer>, number, string]>([
    ['no app token', () => get(params({ app_token: undefined })), 400, 'Event request failed (Invalid app token)'],
    [
      'a malformed app token',
      () => get(params({ app_token: "x' or 1=1" })),
      400,
      'Event request failed (Invalid app token)',
    ],
    [
      'an unknown app token',
      () => get(params({ app_token: 'nobody000000' })),
      404,
      'Event request failed (App token not found)',
    ],
    [
      'an unknown key',
      () => get(params(), bearer('ik_unknown_key_4')),
      401,
      'Event request failed (Failed to authorize request)',
    ],
    [
      'a token of Adjust',
      () => get(params(), bearer('b9eb9d6228842aeb05d64f30d56b361e')),
      401,
      'Event request failed (Failed to authorize request)',
    ],
    [
      'an unreadable header',
      () => get(params(), { authorization: 'Basic abc' }),
      401,
      'Event request failed (Failed to authorize request)',
    ],
  ])('not with %s', async (_, send, status, error) => {
    const answer = await send()
    expect([answer.status, answer.failure?.error]).toEqual([status, error])
    expect(answer.failure?.detail.message).toBeTruthy()
  })

  it("a key of another organization does not open this one's app", async () => {
    const other = await makeTenant(stores)
    for (const key of [other.ingestKey, other.secretKey]) {
      expect((await get(params(), bearer(key))).status).toBe(404)
    }
  })
})

describe("refused in Adjust's words, with ours beside them", () => {
  it.each<[string, Record<string, string | undefined>, string, string]>([
    ['no device', { gps_adid: undefined }, 'Bad event state', 'gps_adid'],
    ['a device of zeros', { gps_adid: '00000000-0000-0000-0000-000000000000' }, 'Bad event state', 'gps_adid'],
    ['no event token', { event_token: undefined }, 'Invalid event token', 'event_token'],
    ['a malformed event token', { event_token: 'a b' }, 'Invalid event token', 'event_token'],
    [
      'callback parameters that are no JSON',
      { callback_params: 'key=value' },
      'Invalid callback parameters',
      'callback_params',
    ],
    [
      'partner parameters that are no object',
      { partner_params: '[1]' },
      'Invalid callback parameters',
      'partner_params',
    ],
    ['a revenue in words', { revenue: 'free', currency: 'EUR' }, 'Invalid revenue', 'revenue'],
    ['a revenue past the limit', { revenue: '100000000001', currency: 'EUR' }, 'Invalid revenue', 'revenue'],
    ['a revenue without a currency', { revenue: '1' }, 'Invalid revenue', 'currency'],
    ['an unknown currency', { revenue: '1', currency: 'XXY' }, 'Invalid revenue', 'currency'],
    ['a day that does not exist', { created_at: '2026-02-30T10:00:00.000Z+0000' }, 'Bad event state', 'created_at'],
    ['milliseconds for seconds', { created_at_unix: '1795000000000' }, 'Bad event state', 'created_at_unix'],
    ['an unknown environment', { environment: 'staging' }, 'Bad event state', 'environment'],
  ])('400 and a dead letter: %s', async (_, changes, words, field) => {
    const answer = await get(params(changes))
    expect([answer.status, answer.failure?.error]).toEqual([400, `Event request failed (${words})`])
    expect(answer.failure?.detail.field).toBe(field)
    const id = answer.failure?.detail.request_id
    expect((await collector.rows('rejected')).filter((row) => row.request_id === id)).toHaveLength(1)
  })

  it('ad revenue without an amount', async () => {
    const answer = await form(params({ currency: 'EUR' }), bearer(), '/ad_revenue')
    expect([answer.status, answer.failure?.error]).toEqual([400, 'Ad revenue request failed (Invalid revenue)'])
  })

  it.each<[string, () => Promise<Answer>, number]>([
    ['415 JSON', () => form('{"a":1}', { ...bearer(), 'content-type': 'application/json' }), 415],
    ['400 no UTF-8', () => form(new Uint8Array([0xff, 0x3d, 0x31])), 400],
    ['413 over 64 KB', () => form(params({ callback_params: `{"a":"${'x'.repeat(70_000)}"}` })), 413],
  ])('%s', async (_, send, status) => {
    const answer = await send()
    expect(answer.status).toBe(status)
    expect(answer.failure?.error).toMatch(/^Event request failed \(/)
  })

  it('503 with Retry-After when the log cannot be written', async () => {
    collector.failAppends(new AppError('unavailable', 'The disk is full.', { retryAfter: 3 }))
    try {
      const answer = await get(params())
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '3'])
    } finally {
      collector.failAppends(null)
    }
  })

  it('405 for other methods', async () => {
    const answer = await fetch(`${collector.url}/event`, { method: 'PUT', headers: bearer() })
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, POST'])
  })
})
