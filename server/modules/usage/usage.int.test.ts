import { beforeAll, describe, expect, it } from 'vitest'
import { useInbox } from '#e2e/fixtures/inbox.ts'
import { eventRow, insertRows } from '#e2e/fixtures/rows.ts'
import { useStores } from '#e2e/fixtures/stores.ts'
import { makeTenant, requestOf, type Tenant } from '#e2e/tenancy/tenants.ts'
import { setEnv } from '#server/platform/env.ts'
import { createCallerFactory } from '#server/procedure/index.ts'
import { appRouter } from '#server/router.ts'
import { refreshUsage } from './index.ts'

const stores = useStores()
const inbox = useInbox()
const caller = createCallerFactory(appRouter)
const NOW = Date.now()
let serial = 0

beforeAll(() => {
  setEnv({ QUOTAS: 'plan' })
  return () => setEnv({ QUOTAS: undefined })
})

async function tenant(): Promise<Tenant> {
  serial += 1
  return makeTenant(`usage${serial}org`, stores.admin, stores.clickhouse)
}

/** Rows in the table that the usage is counted from, without loading a million events. */
async function accepted({ orgId, appId }: Tenant, events: number, environment = 'production', at = NOW): Promise<void> {
  serial += 1
  await stores.clickhouse.insert({
    table: 'events_15m',
    values: [
      {
        org_id: orgId,
        app_id: appId,
        environment,
        bucket: new Date(at).toISOString(),
        // The table drops an insert that repeats another one.
        event_name: `open ${serial}`,
        arrival_day: new Date(at).toISOString().slice(0, 10),
        events,
      },
    ],
    format: 'JSONEachRow',
    clickhouse_settings: { date_time_input_format: 'best_effort' },
  })
}

const refresh = (now = NOW) => refreshUsage({ now, warn: true })
const usageOf = (own: Tenant) => caller(requestOf(own.users.viewer)).usage.get({ org: own.org })
const mails = async (own: Tenant, role = 'owner') => inbox.of(`${role}@${own.marker}.example`)

describe('usage of a plan', () => {
  it('counts each accepted event of the month once, without sandbox events and without other months', async () => {
    const own = await tenant()
    expect((await usageOf(own)).events).toBeNull()
    const at = new Date(NOW).toISOString()
    const row = { org_id: own.orgId, app_id: own.appId, event_time: '2020-01-01T00:00:00.000Z', received_at: at }
    await insertRows(stores.clickhouse, 'events', [
      eventRow({ ...row, event_id: '1', device_id: 'a' }),
      eventRow({ ...row, event_id: '2', device_id: 'a' }),
      eventRow({ ...row, event_id: '3', device_id: 'a', environment: 'sandbox' }),
    ])
    await accepted(own, 500, 'production', NOW - 40 * 86_400_000)
    await refresh()
    expect(await usageOf(own)).toMatchObject({ events: 2, level: 'ok', included: 1_000_000, refusedFrom: 1_200_000 })
  })

  it('goes through its levels, and shows none where plans are not enforced', async () => {
    const own = await tenant()
    const levels: string[] = []
    for (const more of [800_000, 200_000, 200_000]) {
      await accepted(own, more)
      await refresh()
      levels.push((await usageOf(own)).level)
    }
    expect(levels).toEqual(['near', 'over', 'refused'])
    setEnv({ QUOTAS: 'off' })
    expect(await usageOf(own)).toMatchObject({ events: 1_200_000, level: 'ok', included: null, enforced: false })
    setEnv({ QUOTAS: 'plan' })
  })

  it('that cannot be counted throws, and what was counted before stands', async () => {
    const own = await tenant()
    await accepted(own, 900_000)
    await refresh()
    await stores.clickhouse.command({ query: 'rename table events_15m to events_15m_away' })
    try {
      await expect(refresh()).rejects.toThrow()
    } finally {
      await stores.clickhouse.command({ query: 'rename table events_15m_away to events_15m' })
    }
    expect(await usageOf(own)).toMatchObject({ events: 900_000, level: 'near' })
  })
})

describe('mails about a plan', () => {
  it('go to owners and billing admins, once for each threshold, also when two processes count', async () => {
    const own = await tenant()
    await accepted(own, 850_000)
    await Promise.all([refresh(), refresh()])
    await refresh()
    for (const role of ['owner', 'billing_admin']) {
      const [mail, ...more] = await mails(own, role)
      expect(mail?.subject, role).toContain("used 80 % of its plan's events")
      expect(mail?.text).toContain('850,000 of the 1,000,000 events')
      expect(more).toEqual([])
    }
    expect(await mails(own, 'analyst')).toEqual([])
    await accepted(own, 150_000)
    await refresh()
    expect((await mails(own)).map(({ subject }) => subject)).toEqual(
      expect.arrayContaining([expect.stringContaining('used all events')]),
    )
    expect(await mails(own)).toHaveLength(2)
  })

  it('are sent anew for the larger plan after an upgrade in the same month', async () => {
    const own = await tenant()
    await accepted(own, 1_100_000)
    await refresh()
    await stores.admin.organization.update({ where: { id: own.orgId }, data: { plan: 'growth' } })
    await refresh()
    expect(await mails(own)).toHaveLength(1)
    await accepted(own, 15_000_000)
    await refresh()
    await refresh()
    const about = (await mails(own)).map(({ text }) => text)
    expect(about).toHaveLength(2)
    expect(
      about.filter((text) => text.includes('16,100,000 of the 20,000,000 events that the Growth plan')),
    ).toHaveLength(1)
  })

  it('skip the lower threshold when both are passed at once', async () => {
    const own = await tenant()
    await accepted(own, 1_100_000)
    await refresh()
    await refresh()
    expect(await mails(own)).toMatchObject([{ subject: expect.stringContaining('used all events') }])
  })

  it('that the mail server did not take are sent later', async () => {
    const own = await tenant()
    await accepted(own, 850_000)
    const { SMTP_URL } = setEnv({})
    setEnv({ SMTP_URL: 'smtp://127.0.0.1:9' })
    expect((await refresh()).failedMails).toHaveLength(1)
    setEnv({ SMTP_URL })
    await stores.admin.quotaWarning.updateMany({
      where: { orgId: own.orgId },
      data: { claimedAt: new Date(Date.now() - 11 * 60_000) },
    })
    expect((await refresh()).failedMails).toEqual([])
    expect(await mails(own)).toHaveLength(1)
  })
})
