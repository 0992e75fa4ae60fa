import { beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { openApiDocument } from '#server/modules/openapi/index.ts'
import type { UserId } from '#server/platform/ids.ts'
import { createLogger } from '#server/platform/logger.ts'
import { createCallerFactory, router } from '#server/procedure/index.ts'
import { GET } from '../../../app/api/v1/apps/[app]/installs/[device_id]/decision/route.ts'
import { useStores } from '../../../e2e/fixtures/stores.ts'
import { sha256 } from '../../authz/sessions.ts'
import { decisionRow, engineInstall } from './decision-row.ts'
import { DEFAULT_SETTINGS, decide } from './engine/index.ts'
import { attributionRouter } from './router.ts'
import type { StoredInstall } from './schema.ts'
import { defaultAttributionSettings } from './settings.ts'

const stores = useStores()
const DAY = 86_400_000
const caller = createCallerFactory(router({ attribution: attributionRouter }))
const as = (name: string) =>
  caller({
    requestId: 'req_test',
    user: { userId: `usr_${name}` as UserId, sessionId: 's', email: `${name}@example.com`, name: null },
    ip: '192.0.2.1',
    userAgent: 'test',
    log: createLogger('test', 'silent'),
  }).attribution

const install = (deviceId: string, time: string, more: Partial<StoredInstall> = {}): StoredInstall => ({
  event_id: `event-${deviceId}`,
  device_id: deviceId,
  install_time: time,
  received_at: time,
  platform: 'android',
  environment: 'production',
  advertising_id: null,
  idfv: null,
  customer_user_id: null,
  click_id: null,
  install_referrer: null,
  referrer_click_id: null,
  referrer_click_time: null,
  install_begin_time: null,
  referrer_click_time_server: null,
  install_begin_time_server: null,
  ip: null,
  country: 'DE',
  os_version: null,
  app_version: null,
  device_model: null,
  user_agent: null,
  probabilistic_allowed: true,
  completed_by: [],
  ...more,
})

/** Two tenants that call everything the same: `one` with data, `two` without. */
beforeAll(async () => {
  const { admin, clickhouse } = stores
  for (const name of ['one', 'two']) {
    const orgId = `org_${name}`
    await admin.user.create({ data: { id: `usr_${name}`, email: `${name}@example.com` } })
    await admin.organization.create({ data: { id: orgId, slug: name, name } })
    await admin.membership.create({ data: { orgId, userId: `usr_${name}`, role: 'owner' } })
    await admin.app.create({
      data: {
        id: `app_${name}`,
        orgId,
        slug: 'game',
        name: 'Game',
        platform: 'android',
        bundleId: 'com.example.game',
        timezone: 'America/New_York',
      },
    })
    await admin.attributionSettings.create({
      data: { orgId, appId: `app_${name}`, version: 1, settings: defaultAttributionSettings },
    })
    await admin.secretKey.create({
      data: {
        id: `key_${name}`,
        orgId,
        name,
        prefix: 'sk_',
        keyHash: sha256(`sk_${name}`),
        scopes: ['decisions:read'],
      },
    })
  }
  await admin.user.create({ data: { id: 'usr_viewer', email: 'viewer@example.com' } })
  await admin.membership.create({ data: { orgId: 'org_one', userId: 'usr_viewer', role: 'viewer' } })

  const tenant = { orgId: 'org_one', appId: 'app_one' }
  const first = install('d/1 ä', '2026-10-02T03:30:00.000Z', { click_id: 'c1' })
  const click = {
    touchpointId: 'c1',
    touchpointType: 'click' as const,
    touchpointTime: Date.parse(first.install_time) - 1000,
    mediaSource: 'google_ads',
  }
  const organic = decisionRow(
    tenant,
    first,
    decide(engineInstall(first), [], DEFAULT_SETTINGS),
    undefined,
    1_800_000_000_000,
  )
  const later = decisionRow(
    tenant,
    first,
    decide(engineInstall(first), [click], DEFAULT_SETTINGS),
    organic,
    1_800_000_001_000,
  )
  const others = [...Array(5).keys()].map((n) => {
    const one = install(`x${n}`, `2026-10-02T05:00:0${n}.000Z`)
    return decisionRow(tenant, one, decide(engineInstall(one), [], DEFAULT_SETTINGS), undefined, 1_800_000_000_000)
  })
  await clickhouse.insert({
    table: 'decisions',
    values: [organic, later, ...others],
    format: 'JSONEachRow',
    clickhouse_settings: { date_time_input_format: 'best_effort' },
  })
})

const game = { org: 'one', app: 'game' }

describe('reading decisions', () => {
  it('gives the current decision and what it superseded', async () => {
    const found = await as('one').decision({ ...game, deviceId: 'd/1 ä', history: true })
    expect(found).toMatchObject({ version: 2, outcome: 'attributed', reason: 'click_won', matchType: 'click_id' })
    expect(found.winner).toMatchObject({ touchpoint_id: 'c1' })
    expect(found.history).toMatchObject([{ version: 1, outcome: 'organic', decisionId: found.supersedes }])
  })

  it('answers REST with the contract’s body, to the tenant’s key only', async () => {
    const ask = (key: string, app: string, query = '') =>
      GET(new Request(`http://localhost/api${query}`, { headers: { authorization: `Bearer ${key}` } }), {
        params: Promise.resolve({ app, device_id: 'd/1 ä' }),
      })
    const body = await (await ask('sk_one', 'app_one')).json()
    expect(body).toMatchObject({
      engine_version: expect.any(String),
      settings_version: 1,
      outcome: 'attributed',
      match_type: 'click_id',
      winner: { touchpoint_id: 'c1' },
      candidates: [{ touchpoint_id: 'c1', touchpoint_type: 'click', eligible: true, refused_by: null }],
      install: { device_id: 'd/1 ä', click_id: 'c1' },
    })
    expect(body).toMatchObject({ contributors: [], settles_at: expect.any(String), settings: { version: 1 } })
    const all = await (await ask('sk_one', 'app_one', '?history=true')).json()
    const { components } = z
      .object({
        components: z.object({
          schemas: z.record(z.string(), z.object({ properties: z.record(z.string(), z.unknown()) })),
        }),
      })
      .parse(openApiDocument())
    const described = (name: string) => Object.keys(components.schemas[name]?.properties ?? {}).sort()
    expect(Object.keys(body).sort()).toEqual([...described('Decision'), 'reengagements'].sort())
    expect(Object.keys(body.settings).sort()).toEqual(described('AttributionSettings'))
    expect(Object.keys(body.winner).sort()).toEqual(described('Candidate'))
    expect(all).toMatchObject({
      decisions: [{ version: 2 }, { version: 1, settings: { version: 1 } }],
      reengagements: [],
    })
    expect((await ask('sk_two', 'app_one')).status).toBe(404)
    expect((await ask('sk_two', 'app_two')).status).toBe(404)
    expect((await ask('sk_none', 'app_one')).status).toBe(401)
  })

  it('names the rules that were followed, and those of media sources that were considered', async () => {
    const { settings } = await as('one').decision({ ...game, deviceId: 'd/1 ä' })
    expect(settings).toMatchObject({
      version: 1,
      click_lookback_ms: 7 * DAY,
      priorities: ['touchpoint_type', 'match_type', 'recency'],
      model: 'last_touch',
      per_media_source: {},
    })
  })

  it('tells the returns of the device by the current decision about each', async () => {
    const row = (id: string, time: string, version: number, outcome: string, orgId = 'org_one') => ({
      org_id: orgId,
      app_id: orgId.replace('org', 'app'),
      device_id: 'd/1 ä',
      conversion_id: id,
      conversion_time: time,
      version,
      decision_id: `${id}-${version}`,
      decided_at: time,
      engine_version: '2',
      settings_version: 1,
      conversion_type: 'reengagement',
      last_active_at: '2026-10-05T00:00:00.000Z',
      outcome,
      media_source: 'google_ads',
      environment: 'production',
      conversion: '{}',
      candidates: '[]',
      rule_hits: '[]',
      settles_at: time,
      supersedes: '',
    })
    await stores.clickhouse.insert({
      table: 'reengagements',
      values: [
        row('a', '2026-10-20T00:00:00.000Z', 1, 'attributed'),
        row('b', '2026-10-21T00:00:00.000Z', 1, 'attributed'),
        row('b', '2026-10-21T00:00:00.000Z', 2, 'organic'),
        row('c', '2026-10-22T00:00:00.000Z', 1, 'organic'),
        row('c', '2026-10-22T00:00:00.000Z', 2, 'attributed'),
        row('d', '2026-10-23T00:00:00.000Z', 1, 'attributed', 'org_two'),
      ],
      format: 'JSONEachRow',
      clickhouse_settings: { date_time_input_format: 'best_effort' },
    })
    const { reengagements } = await as('one').decision({ ...game, deviceId: 'd/1 ä' })
    expect(reengagements.map(({ decision_id, conversion_time }) => [decision_id, conversion_time])).toEqual([
      ['c-2', '2026-10-22T00:00:00.000Z'],
      ['a-1', '2026-10-20T00:00:00.000Z'],
    ])
  })

  it('lists installs by the days of the app’s zone, each once, page by page', async () => {
    const day = { ...game, from: '2026-10-01', to: '2026-10-02' }
    const first = await as('one').installs(day)
    expect(first.rows.map(({ deviceId, outcome }) => [deviceId, outcome])).toEqual([['d/1 ä', 'attributed']])
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = await as('one').installs({ ...game, from: '2026-10-01', to: '2026-10-03', limit: 2, cursor })
      seen.push(...page.rows.map(({ deviceId }) => deviceId))
      cursor = page.nextCursor ?? undefined
    } while (cursor)
    expect(seen).toEqual(['x4', 'x3', 'x2', 'x1', 'x0', 'd/1 ä'])
    const organic = await as('one').installs({
      ...game,
      from: '2026-10-01',
      to: '2026-10-03',
      outcome: 'organic',
      search: 'x1',
    })
    expect(organic.rows).toHaveLength(1)
    await expect(as('one').installs({ ...day, cursor: 'zzz' })).rejects.toMatchObject({ code: 'UNPROCESSABLE_CONTENT' })
  })

  it('lists re-attributions, and only them where they are asked for', async () => {
    const tenant = { orgId: 'org_one', appId: 'app_one' }
    const again = install('again', '2026-11-01T12:00:00.000Z', { click_id: 'c9', advertising_id: 'ad-9' })
    const click = {
      touchpointId: 'c9',
      touchpointType: 'click' as const,
      touchpointTime: Date.parse(again.install_time) - 1000,
      mediaSource: 'google_ads',
      isRetargeting: true,
    }
    const before = { deviceId: 'first', installTime: Date.parse(again.install_time) - 5 * DAY, advertisingId: 'ad-9' }
    const verdict = decide(engineInstall(again), [click], DEFAULT_SETTINGS, [before])
    await stores.clickhouse.insert({
      table: 'decisions',
      values: [decisionRow(tenant, again, verdict, undefined, 1_800_000_000_000)],
      format: 'JSONEachRow',
      clickhouse_settings: { date_time_input_format: 'best_effort' },
    })
    const november = { ...game, from: '2026-11-01', to: '2026-11-02' }
    const found = await as('one').installs({ ...november, conversionType: 'reattribution' })
    expect(found.rows.map(({ deviceId, conversionType }) => [deviceId, conversionType])).toEqual([
      ['again', 'reattribution'],
    ])
    expect((await as('one').installs({ ...november, conversionType: 'install' })).rows).toEqual([])
  })

  it('shows another tenant nothing', async () => {
    await expect(as('two').decision({ ...game, deviceId: 'd/1 ä' })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(as('two').decision({ ...game, org: 'two', deviceId: 'd/1 ä' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    })
    expect((await as('two').installs({ ...game, org: 'two', from: '2026-01-01', to: '2027-01-01' })).rows).toEqual([])
  })
})

describe('settings', () => {
  const wanted = { ...defaultAttributionSettings, basedOnVersion: 1 }

  it('appends a version with author and difference, and none when nothing differs', async () => {
    expect(await as('one').updateSettings({ ...game, ...wanted })).toMatchObject({ version: 1 })
    const perMediaSource = { google_ads: { clickLookbackMs: 30 * DAY } }
    await as('one').updateSettings({ ...game, ...wanted, viewLookbackMs: 2 * DAY, perMediaSource })
    const { current, versions } = await as('one').settings(game)
    expect(current).toMatchObject({ version: 2, viewLookbackMs: 2 * DAY, perMediaSource })
    expect(versions.map(({ version, author }) => [version, author])).toEqual([
      [2, 'one@example.com'],
      [1, null],
    ])
    expect(versions[0]?.changes).toEqual([
      { field: 'viewLookbackMs', from: DAY, to: 2 * DAY },
      { field: 'perMediaSource.google_ads.clickLookbackMs', from: null, to: 30 * DAY },
    ])
    const two = await as('two').settings({ org: 'two', app: 'game' })
    expect(two.current.version).toBe(1)
  })

  it('refuses a change that was made from an older version', async () => {
    await expect(as('one').updateSettings({ ...game, ...wanted })).rejects.toMatchObject({ code: 'CONFLICT' })
  })

  it('saves one of two changes made at the same moment', async () => {
    const change = (clickDays: number) =>
      as('one').updateSettings({ ...game, ...wanted, basedOnVersion: 2, clickLookbackMs: clickDays * DAY })
    const results = await Promise.allSettled([change(3), change(4)])
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  })

  it('keeps every field, says what each version changed, and from which date it holds', async () => {
    const { current } = await as('one').settings(game)
    const change = {
      ...wanted,
      basedOnVersion: current.version,
      probabilisticEnabled: false,
      inactivityWindowMs: 0,
      model: 'first_touch' as const,
      priorities: ['match_type' as const, 'touchpoint_type' as const, 'recency' as const],
      perMediaSource: { unity_ads: { viewThroughEnabled: false } },
      effectiveFrom: '2026-06-01T00:00:00Z',
    }
    const saved = await as('one').updateSettings({ ...game, ...change })
    const { versions } = await as('one').settings(game)
    const { basedOnVersion: _, ...fields } = change
    expect(versions[0]).toMatchObject({ ...fields, version: saved.version })
    expect(versions[0]?.changes).toEqual(
      expect.arrayContaining([
        { field: 'probabilisticEnabled', from: true, to: false },
        { field: 'inactivityWindowMs', from: 7 * DAY, to: 0 },
        { field: 'model', from: 'last_touch', to: 'first_touch' },
        {
          field: 'priorities',
          from: 'touchpoint_type, match_type, recency',
          to: 'match_type, touchpoint_type, recency',
        },
        { field: 'perMediaSource.unity_ads.viewThroughEnabled', from: null, to: false },
        { field: 'effectiveFrom', from: null, to: '2026-06-01T00:00:00Z' },
      ]),
    )
  })

  it('saves nothing where only the date would differ', async () => {
    const { current } = await as('one').settings(game)
    const { version, ...same } = current
    const again = { ...same, priorities: [...same.priorities], effectiveFrom: '2026-07-01T00:00:00Z' }
    const saved = await as('one').updateSettings({ ...game, ...again, basedOnVersion: version })
    expect(saved.version).toBe(version)
  })

  it('brings rules forward that wait for their date', async () => {
    const { version, ...same } = (await as('one').settings(game)).current
    const wait = { ...same, priorities: [...same.priorities], clickLookbackMs: 11 * DAY }
    const first = { ...game, ...wait, effectiveFrom: '2999-01-01T00:00:00Z', basedOnVersion: version }
    const later = await as('one').updateSettings(first)
    const sooner = { ...game, ...wait, effectiveFrom: '2998-01-01T00:00:00Z', basedOnVersion: later.version }
    expect(await as('one').updateSettings(sooner)).toMatchObject({ version: later.version + 1 })
    const now = { ...sooner, effectiveFrom: null, basedOnVersion: later.version + 1 }
    expect(await as('one').updateSettings(now)).toMatchObject({ version: later.version + 2, effectiveFrom: null })
    const again = { ...now, basedOnVersion: later.version + 2 }
    expect(await as('one').updateSettings(again)).toMatchObject({ version: later.version + 2 })
  })

  it('refuses an order that leaves a step out', async () => {
    const priorities = ['recency' as const, 'match_type' as const]
    await expect(as('one').updateSettings({ ...game, ...wanted, priorities })).rejects.toMatchObject({
      code: 'BAD_REQUEST',
    })
  })

  it('refuses windows out of range and people who may only look', async () => {
    await expect(as('one').updateSettings({ ...game, ...wanted, clickLookbackMs: 31 * DAY })).rejects.toMatchObject({
      code: 'BAD_REQUEST',
    })
    await expect(as('viewer').updateSettings({ ...game, ...wanted })).rejects.toMatchObject({ code: 'FORBIDDEN' })
  })
})
