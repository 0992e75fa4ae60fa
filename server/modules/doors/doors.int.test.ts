import { beforeAll, describe, expect, it } from 'vitest'
import { eventRow, insertRows } from '#e2e/fixtures/rows.ts'
import { useStores } from '#e2e/fixtures/stores.ts'
import { makeTenant, type TestTenant } from '#e2e/fixtures/tenant.ts'
import { createApp } from '#server/modules/apps/index.ts'

const stores = useStores()
let one: TestTenant
let two: TestTenant

beforeAll(async () => {
  one = await makeTenant(stores, 'One')
  two = await makeTenant(stores, 'Two')
})

const TOKEN = '4w565xzmb54d'
const events = [
  { token: 'zz9999', name: 'level_up' },
  { token: 'f0ob4r', name: 'purchase' },
]

describe('Adjust tokens of an app', () => {
  it('are nothing before they were entered, and afterwards what was entered', async () => {
    expect(await one.caller.doors.adjust(one)).toBeNull()
    await one.caller.doors.saveAdjust({ ...one, appToken: ` ${TOKEN} `, tokenAlone: false, events })
    expect(await one.caller.doors.adjust(one)).toMatchObject({ appToken: TOKEN, tokenAlone: false, events })
    await one.caller.doors.saveAdjust({ ...one, appToken: TOKEN, tokenAlone: true, events: events.slice(1) })
    expect(await one.caller.doors.adjust(one)).toMatchObject({ tokenAlone: true, events: events.slice(1) })
  })

  it('may be the same in two organizations, so that nobody locks the owner of a token out', async () => {
    await two.caller.doors.saveAdjust({ ...two, appToken: TOKEN, tokenAlone: false, events: [] })
    expect(await two.caller.doors.adjust(two)).toMatchObject({ appToken: TOKEN, events: [] })
    expect(await one.caller.doors.adjust(one)).toMatchObject({ events: events.slice(1) })
  })

  it('are shown as contested where another organization allows the same one alone, and only then', async () => {
    const contested = async (tenant: TestTenant) => (await tenant.caller.doors.adjust(tenant))?.contested
    expect(await contested(one)).toBe(false)
    // The first of the two allows it alone since it was entered.
    expect(await contested(two)).toBe(true)
    await two.caller.doors.saveAdjust({ ...two, appToken: TOKEN, tokenAlone: true, events: [] })
    expect(await contested(one)).toBe(true)
    await two.caller.doors.saveAdjust({ ...two, appToken: TOKEN, tokenAlone: false, events: [] })
  })

  it('belong to one app of an organization', async () => {
    const app = await createApp(two.orgId, {
      name: 'Second',
      platform: 'ios',
      bundleId: 'com.example.second',
      storeId: null,
    })
    const input = { org: two.org, app: app.slug, appToken: TOKEN, tokenAlone: false, events: [] }
    await expect(two.caller.doors.saveAdjust(input)).rejects.toMatchObject({ code: 'CONFLICT' })
  })

  it.each([
    [{ appToken: '' }, ['appToken']],
    [{ appToken: "x' or 1=1" }, ['appToken']],
    [{ events: [{ token: 'a b', name: 'x' }] }, ['events', 0, 'token']],
    [{ events: [{ token: 'abc123', name: ' ' }] }, ['events', 0, 'name']],
    [{ events: [{ token: 'abc123', name: 'a\u0000b' }] }, ['events', 0, 'name']],
    [
      {
        events: [
          { token: 'abc123', name: 'a' },
          { token: 'abc123', name: 'b' },
        ],
      },
      ['events', 1, 'token'],
    ],
  ])('are refused by field: %j', async (wrong, path) => {
    const input = { ...one, appToken: TOKEN, tokenAlone: false, events: [], ...wrong }
    const error = await one.caller.doors.saveAdjust(input).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'BAD_REQUEST', cause: { issues: [{ path }] } })
  })

  it('are gone after they were removed, also a second time', async () => {
    await two.caller.doors.removeAdjust(two)
    await two.caller.doors.removeAdjust(two)
    expect(await two.caller.doors.adjust(two)).toBeNull()
  })
})

describe('event tokens without a name', () => {
  it("are those of the app's last 30 days, most first, and no other event's name", async () => {
    const now = new Date().toISOString()
    const old = new Date(Date.now() - 31 * 86_400_000).toISOString()
    const row = (id: string, name: string, tenant: TestTenant, received = now) =>
      eventRow({
        org_id: tenant.orgId,
        app_id: tenant.appId,
        event_id: id,
        device_id: 'd',
        event_name: name,
        event_time: received,
        received_at: received,
      })
    await insertRows(stores.clickhouse, 'events', [
      row('1', 'adjust_aaa111', one),
      row('2', 'adjust_bbb222', one),
      row('3', 'adjust_bbb222', one),
      row('4', 'adjust_old000', one, old),
      row('5', 'purchase', one),
      row('6', 'adjust_theirs', two),
    ])
    expect(await one.caller.doors.unnamedAdjustTokens(one)).toEqual([
      { token: 'bbb222', events: 2 },
      { token: 'aaa111', events: 1 },
    ])
  })
})
