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
import { monthOf, quotaOf } from '#server/entitlements/quota.ts'
import { refreshUsage } from '#server/modules/usage/index.ts'

const stores = useStores()
let relay: Relay
let collector: TestCollector
/** How far the collector's clock is ahead of the machine's. */
let ahead = 0
const clock = { now: () => Date.now() + ahead }

beforeAll(async () => {
  relay = await startRelay(stores.databaseUrl)
  collector = await startTestCollector(relay.url, { quotas: 'plan', clock })
})
afterAll(async () => {
  await collector?.stop()
  await relay?.close()
})

const event = (environment?: string) => ({
  event_name: 'open',
  device_id: 'd1',
  ...(environment ? { environment } : {}),
})

async function send({ ingestKey }: TestTenant, events: unknown[], to = collector) {
  const response = await fetch(`${to.url}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${ingestKey}` },
    body: JSON.stringify(events),
  })
  return {
    status: response.status,
    retryAfter: Number(response.headers.get('retry-after')),
    body: (await response.json()) as { error?: { code: string; message: string } },
  }
}

const REFUSED_FROM = quotaOf('free').refusedFrom ?? 0

/** What the jobs role writes. */
async function use({ orgId }: TestTenant, events: number): Promise<void> {
  const level = events >= REFUSED_FROM ? 'refused' : 'ok'
  const { month } = monthOf(clock.now())
  await stores.admin
    .$executeRaw`select record_usage(${month}::date, ${[orgId]}::text[], ${[events]}::bigint[], ${[level]}::text[])`
}

async function usedUp(): Promise<TestTenant> {
  const tenant = await makeTenant(stores)
  await vi.waitFor(async () => expect((await send(tenant, [event()])).status).toBe(202), 5_000)
  await use(tenant, REFUSED_FROM)
  await vi.waitFor(async () => expect((await send(tenant, [event()])).status).toBe(429))
  return tenant
}

describe('an organization that used up its plan', () => {
  it('reads which plan it is, what it includes and when events are taken again', async () => {
    const tenant = await usedUp()
    const answer = await send(tenant, [event()])
    expect(answer.body.error).toMatchObject({
      code: 'quota_exceeded',
      message: expect.stringMatching(/Free, includes 1,000,000 and refuses more than 1,200,000\. .*\(UTC\)/),
    })
    const left = (monthOf(clock.now()).to - clock.now()) / 1000
    expect(answer.retryAfter).toBeGreaterThan(left - 5)
    expect(answer.retryAfter).toBeLessThan(left + 5)
  })

  it('may still send sandbox events, but not beside others', async () => {
    const tenant = await usedUp()
    expect((await send(tenant, [event('sandbox'), event('sandbox')])).status).toBe(202)
    expect((await send(tenant, [event('sandbox'), event()])).status).toBe(429)
  })

  it('may not fill the log with bodies that nobody can read either', async () => {
    const tenant = await usedUp()
    const before = (await collector.rows('rejected')).length
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${tenant.ingestKey}` }
    for (const path of ['/v1/events', '/v1/track']) {
      const body = new Uint8Array([0x7b, 0xff, 0x7d])
      const answer = await fetch(collector.url + path, { method: 'POST', headers, body })
      expect(answer.status).toBe(429)
      expect(await answer.json()).toMatchObject({ error: { code: 'quota_exceeded' } })
    }
    expect(await collector.rows('rejected')).toHaveLength(before)
  })

  it('finds what was refused counted, and nothing of it in the log', async () => {
    const tenant = await usedUp()
    const before = (await collector.rows('event')).length
    const countedSoFar = async () =>
      (await stores.admin.refusedCount.findMany({ where: { appId: tenant.appId, reason: 'quota_exceeded' } })).reduce(
        (sum, { count }) => sum + Number(count),
        0,
      )
    const first = await vi.waitFor(async () => {
      const count = await countedSoFar()
      expect(count).toBeGreaterThan(0)
      return count
    }, 5_000)
    expect((await send(tenant, [event(), event(), event()])).status).toBe(429)
    await vi.waitFor(async () => expect(await countedSoFar()).toBe(first + 3), 5_000)
    expect((await collector.rows('event')).length).toBe(before)
  })

  it('is served again as soon as its plan changes', async () => {
    const tenant = await usedUp()
    await stores.admin.organization.update({ where: { id: tenant.orgId }, data: { plan: 'growth' } })
    await vi.waitFor(async () => expect((await send(tenant, [event()])).status).toBe(202))
  })

  it('is served again when the month ends', async () => {
    const tenant = await usedUp()
    ahead = monthOf(clock.now()).to - clock.now()
    try {
      expect((await send(tenant, [event()])).status).toBe(202)
    } finally {
      ahead = 0
    }
  })

  it('stays refused while Postgres is away, and one that is not known yet is served', async () => {
    const tenant = await usedUp()
    const fresh = await makeTenant(stores)
    // Its key is looked up, its usage is not: a refused body asks for no quota.
    expect((await send(fresh, [])).status).toBe(400)
    relay.setAway(true)
    try {
      expect((await send(tenant, [event()])).status).toBe(429)
      expect((await send(fresh, [event()])).status).toBe(202)
    } finally {
      relay.setAway(false)
    }
  })
})

it('what the jobs role counts reaches the collector: from the loaded events to the refusal', async () => {
  const tenant = await makeTenant(stores)
  await vi.waitFor(async () => expect((await send(tenant, [event()])).status).toBe(202), 5_000)
  const at = new Date(clock.now()).toISOString()
  await stores.clickhouse.insert({
    table: 'events_15m',
    values: [
      {
        org_id: tenant.orgId,
        app_id: tenant.appId,
        environment: 'production',
        bucket: at,
        event_name: 'open',
        arrival_day: at.slice(0, 10),
        events: REFUSED_FROM,
      },
    ],
    format: 'JSONEachRow',
    clickhouse_settings: { date_time_input_format: 'best_effort' },
  })
  await refreshUsage({ now: clock.now(), warn: false })
  await vi.waitFor(async () => expect((await send(tenant, [event()])).status).toBe(429), 5_000)
})

it('without QUOTAS=plan nothing is refused for the plan', async () => {
  const own = await startTestCollector(stores.databaseUrl)
  const tenant = await makeTenant(stores)
  await use(tenant, REFUSED_FROM * 2)
  try {
    expect((await send(tenant, [event()], own)).status).toBe(202)
  } finally {
    await own.stop()
  }
})
