import { beforeAll, describe, expect, it } from 'vitest'
import { eventRow, insertRows } from '#e2e/fixtures/rows.ts'
import { useStores } from '#e2e/fixtures/stores.ts'
import { makeTenant, type TestTenant } from '#e2e/fixtures/tenant.ts'
import { requestOf } from '#e2e/tenancy/tenants.ts'
import { can, ROLES } from '#server/authz/index.ts'
import { createUser } from '#server/modules/account/index.ts'
import { createCallerFactory } from '#server/procedure/index.ts'
import { appRouter } from '#server/router.ts'

const stores = useStores()
let one: TestTenant
let two: TestTenant
let position = 0

/** An event as the loader writes it: positions grow in order of loading. */
async function arrive(tenant: TestTenant, event_id: string, more: Record<string, string | number | boolean> = {}) {
  position += 1
  const received_at = new Date(Date.now() - 1000).toISOString()
  const row = { org_id: tenant.orgId, app_id: tenant.appId, event_id, device_id: 'd', received_at }
  await insertRows(stores.clickhouse, 'events', [eventRow({ ...row, log_id: 'log', log_position: position, ...more })])
}

beforeAll(async () => {
  one = await makeTenant(stores, 'Events One', { timezone: 'Asia/Tokyo' })
  two = await makeTenant(stores, 'Events Two')
})

describe('live events', () => {
  it('turns from waiting to the first event', async () => {
    expect(await one.caller.events.first(one)).toBeNull()
    await arrive(two, 'of two')
    expect(await one.caller.events.first(one)).toBeNull()
    await arrive(one, 'first', { revenue: 1.5, currency: 'USD' })
    expect(await one.caller.events.first(one)).toMatchObject({ eventId: 'first', revenue: 1.5, currency: 'USD' })
  })

  it('shows after a cursor what was loaded since, even with an earlier arrival time', async () => {
    const start = await one.caller.events.live({ ...one, limit: 10 })
    expect(start.rows.map((row) => row.eventId)).toEqual(['first'])
    const idle = await one.caller.events.live({ ...one, limit: 10, after: start.cursor })
    expect(idle).toEqual({ rows: [], cursor: start.cursor })
    await arrive(one, 'overtaken', { received_at: '2026-01-01T00:00:00.000Z' })
    await arrive(one, 'newest')
    await arrive(two, 'of two as well')
    const next = await one.caller.events.live({ ...one, limit: 10, after: start.cursor })
    expect(next.rows.map((row) => row.eventId)).toEqual(['newest', 'overtaken'])
    const end = await one.caller.events.live({ ...one, limit: 10, after: next.cursor })
    expect(end.rows).toEqual([])
  })

  it('reaches back as far as it takes to fill the list', async () => {
    const { rows } = await one.caller.events.live({ ...one, limit: 10 })
    expect(rows.map((row) => row.eventId)).toEqual(['newest', 'first', 'overtaken'])
  })

  it('filters, taking the search as text', async () => {
    await arrive(one, 'sandboxed', { environment: 'sandbox', event_name: '100% _off', country: 'JP' })
    const ids = async (filters: object) =>
      (await one.caller.events.live({ ...one, filters })).rows.map((row) => row.eventId)
    expect(await ids({ environment: 'sandbox' })).toEqual(['sandboxed'])
    expect(await ids({ eventName: '100% _off' })).toEqual(['sandboxed'])
    expect(await ids({ country: 'jp' })).toEqual(['sandboxed'])
    expect(await ids({ search: '% _O' })).toEqual(['sandboxed'])
    expect(await ids({ search: `' or 1=1 --` })).toEqual([])
    expect(await ids({ platform: 'ios' })).toEqual([])
  })

  it('refuses a cursor it did not give out', async () => {
    await expect(one.caller.events.live({ ...one, after: 'bm90IG91cnM' })).rejects.toThrow(/cursor/)
  })
})

describe('one event in full', () => {
  it('keeps properties digit by digit, and shows no column of ours', async () => {
    const properties = '{"order":9007199254740993,"name":"☃"}'
    await arrive(one, 'full', { properties, event_time: '2026-10-25T10:00:00.123Z' })
    const event = await one.caller.events.raw({ ...one, eventId: 'full' })
    expect(event.properties).toBe(properties)
    expect(event.fields).toMatchObject({ event_id: 'full', event_time: '2026-10-25T10:00:00.123Z' })
    expect(Object.keys(event.fields)).not.toContain('org_id')
    const hints = { eventName: 'purchase', eventTime: '2026-10-25T10:00:00.123Z' }
    expect(await one.caller.events.raw({ ...one, eventId: 'full', ...hints })).toEqual(event)
  })
  it('does not exist for another tenant', async () => {
    await expect(two.caller.events.raw({ ...two, eventId: 'full' })).rejects.toThrow(/no such event/)
    expect(await one.caller.events.names(one)).toEqual(['100% _off', 'purchase'])
    expect(await two.caller.events.names(two)).toEqual(['purchase'])
  })
})

describe('the names of events', () => {
  it('are there for every role that may see reports, and for no other', async () => {
    for (const role of ROLES.filter((one) => one !== 'owner')) {
      const email = `${role}@names.example`
      const { userId } = await createUser(one.orgId, email, role, stores.admin)
      const asked = createCallerFactory(appRouter)(requestOf(userId)).events.names(one)
      if (can(role, 'reports:read')) expect(await asked, role).toContain('purchase')
      else await expect(asked, role).rejects.toMatchObject({ code: 'FORBIDDEN' })
    }
  })
})

describe('rejected events', () => {
  it('pages through what was refused without losing or repeating a row', async () => {
    const rejected = (n: number, more = {}) => ({
      org_id: one.orgId,
      app_id: one.appId,
      rejected_id: `r${n}`,
      kind: 'event',
      // Three of them in the same millisecond: the id settles their order.
      received_at: `2026-10-0${1 + Math.floor(n / 3)}T16:00:00.000Z`,
      code: n % 2 === 0 ? 'missing' : 'wrong_type',
      field: 'event_name',
      message: 'event_name is missing.',
      raw: '{"a":1}',
      ...more,
    })
    const rows = [0, 1, 2, 3, 4, 5, 6].map((n) => rejected(n))
    await insertRows(stores.clickhouse, 'rejected_events', [...rows, rejected(9, { org_id: two.orgId })])
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = await one.caller.events.rejected({ ...one, limit: 2, ...(cursor ? { cursor } : {}) })
      expect(page.total).toBe(7)
      seen.push(...page.rows.map((row) => row.rejectedId))
      cursor = page.nextCursor ?? undefined
    } while (cursor)
    expect(seen).toEqual(['r6', 'r5', 'r4', 'r3', 'r2', 'r1', 'r0'])
    const byCode = await one.caller.events.rejected({ ...one, code: 'wrong_type' })
    expect(byCode.rows.map((row) => row.rejectedId)).toEqual(['r5', 'r3', 'r1'])
    // 16:00 UTC is 01:00 of the next day in Tokyo.
    const day = await one.caller.events.rejected({ ...one, from: '2026-10-02', to: '2026-10-03' })
    expect(day.rows.map((row) => row.rejectedId)).toEqual(['r2', 'r1', 'r0'])
    expect((await two.caller.events.rejected(two)).total).toBe(0)
  })
})
