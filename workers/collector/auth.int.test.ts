import { hash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  makeTenant,
  type Relay,
  startRelay,
  startTestCollector,
  type TestCollector,
  type TestTenant,
} from '#e2e/fixtures/collector.ts'
import { useStores } from '#e2e/fixtures/stores.ts'

const stores = useStores()
let relay: Relay
let collector: TestCollector
let mine: TestTenant
let theirs: TestTenant

beforeAll(async () => {
  mine = await makeTenant(stores)
  theirs = await makeTenant(stores, {}, ['reports:read'])
  relay = await startRelay(stores.databaseUrl)
  collector = await startTestCollector(relay.url)
})
afterAll(async () => {
  await collector?.stop()
  await relay?.close()
})

const event = { event_name: 'open', device_id: 'd1', event_time: Date.now() }

async function post(headers: Record<string, string>, path = '/v1/events', body: unknown = event) {
  const response = await fetch(collector.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  }
}

const bearer = (key: string, appId?: string) => ({
  authorization: `Bearer ${key}`,
  ...(appId === undefined ? {} : { 'x-app-id': appId }),
})

describe('202: a key that may write', () => {
  it('an ingest key in the header, or in the address as beacons send it', async () => {
    expect(await post(bearer(mine.ingestKey))).toMatchObject({ status: 202, body: { accepted: 1, rejected: [] } })
    expect((await post({}, `/v1/events?key=${mine.ingestKey}`)).status).toBe(202)
  })

  it('a secret key with events:write and the app in X-App-Id', async () => {
    expect((await post(bearer(mine.secretKey, mine.appId))).status).toBe(202)
  })

  it("writes rows of the key's own tenant, whatever the event says", async () => {
    await post(bearer(mine.ingestKey), '/v1/events', {
      ...event,
      event_id: 'own',
      org_id: theirs.orgId,
      app_id: theirs.appId,
    })
    const row = (await collector.rows('event')).find((each) => each.event_id === 'own')
    expect(row).toMatchObject({ org_id: mine.orgId, app_id: mine.appId })
  })
})

describe('401, 403, 404 and 400: a key that may not', () => {
  it.each<[string, () => Promise<{ status: number; body: unknown }>, number, RegExp]>([
    ['no key', () => post({}), 401, /key is required/],
    ['another scheme', () => post({ authorization: 'Basic abc' }), 401, /Bearer/],
    ['text that is no key', () => post(bearer('nonsense')), 401, /no such key/],
    ['an unknown ingest key', () => post(bearer('ik_aaaaaaaaaaaaaaaaaaaa')), 401, /no such key/],
    ['an unknown secret key', () => post(bearer('sk_aaaaaaaaaaaaaaaaaaaa', mine.appId)), 401, /no such key/],
    ['a secret key in the address', () => post({}, `/v1/events?key=${mine.secretKey}`), 401, /address/],
    ['a secret key without scope', () => post(bearer(theirs.secretKey, theirs.appId)), 403, /events:write/],
    ['an ingest key for touchpoints', () => post(bearer(mine.ingestKey), '/v1/touchpoints'), 403, /touchpoints:write/],
    ['a secret key without app', () => post(bearer(mine.secretKey)), 400, /X-App-Id/],
    ['an unknown app', () => post(bearer(mine.secretKey, 'app_none')), 404, /no app/],
    ["another tenant's app", () => post(bearer(mine.secretKey, theirs.appId)), 404, /no app/],
  ])('%s', async (_what, send, status, message) => {
    const answer = await send()
    expect(answer).toMatchObject({
      status,
      body: { error: { message: expect.stringMatching(message), request_id: expect.stringMatching(/^req_/) } },
    })
  })

  it('a revoked key, as soon as it is revoked, with a message that says so', async () => {
    const tenant = await makeTenant(stores)
    expect((await post(bearer(tenant.ingestKey))).status).toBe(202)
    expect((await post(bearer(tenant.secretKey, tenant.appId))).status).toBe(202)
    await stores.admin.ingestKey.updateMany({ where: { orgId: tenant.orgId }, data: { revokedAt: new Date() } })
    await stores.admin.secretKey.updateMany({
      where: { keyHash: hash('sha256', tenant.secretKey, 'hex') },
      data: { revokedAt: new Date() },
    })
    await vi.waitFor(async () => {
      const answers = [await post(bearer(tenant.ingestKey)), await post(bearer(tenant.secretKey, tenant.appId))]
      for (const answer of answers) {
        expect(answer).toMatchObject({ status: 401, body: { error: { message: expect.stringContaining('revoked') } } })
      }
    })
  })

  it('but a key that is created after it was refused works at once', async () => {
    const key = 'ik_created_after_it_was_tried'
    expect((await post(bearer(key))).status).toBe(401)
    await stores.admin.ingestKey.create({ data: { id: 'iki_late', orgId: mine.orgId, appId: mine.appId, key } })
    await vi.waitFor(async () => expect((await post(bearer(key))).status).toBe(202), { timeout: 2_000 })
  })
})

describe('while Postgres is away', () => {
  it('known keys work, unknown ones get 503 and Retry-After instead of 401, and it recovers by itself', async () => {
    expect((await post(bearer(mine.ingestKey))).status).toBe(202)
    relay.setAway(true)
    await vi.waitFor(async () => expect((await fetch(`${collector.url}/readyz`)).status).toBe(503))
    expect((await post(bearer(mine.ingestKey))).status).toBe(202)
    const unknown = await post(bearer('ik_bbbbbbbbbbbbbbbbbbbb'))
    expect(unknown).toMatchObject({ status: 503, body: { error: { code: 'unavailable' } } })
    expect(Number(unknown.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await fetch(`${collector.url}/healthz`)).status).toBe(200)

    await stores.admin.ingestKey.updateMany({ where: { key: mine.ingestKey }, data: { revokedAt: new Date() } })
    relay.setAway(false)
    await vi.waitFor(async () => expect((await fetch(`${collector.url}/readyz`)).status).toBe(200), { timeout: 5_000 })
    // The notice of the revocation was lost with the connection; reconnecting must make up for it.
    await vi.waitFor(async () => expect((await post(bearer(mine.ingestKey))).status).toBe(401), { timeout: 10_000 })
    expect((await post(bearer('ik_bbbbbbbbbbbbbbbbbbbb'))).status).toBe(401)
  })
})

it('notes in Postgres which keys were used when it stops', async () => {
  const tenant = await makeTenant(stores)
  const own = await startTestCollector(stores.databaseUrl)
  const response = await fetch(`${own.url}/v1/events?key=${tenant.ingestKey}`, {
    method: 'POST',
    body: JSON.stringify(event),
  })
  expect(response.status).toBe(202)
  await own.stop()
  const key = await stores.admin.ingestKey.findUniqueOrThrow({ where: { key: tenant.ingestKey } })
  expect(key.lastUsedAt).toBeInstanceOf(Date)
})
