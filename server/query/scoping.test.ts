import { describe, expect, it } from 'vitest'
import type { AppId, OrgId } from '#server/platform/ids.ts'
import { type TenantScope, wholeOrganization } from '#server/tenancy/index.ts'
import { DIMENSION_NAMES, type Dimension } from './dimensions.ts'
import { METRIC_NAMES, type Metric } from './metrics.ts'
import { planReport } from './report.ts'
import type { ReportRequest } from './request.ts'
import { assertScoped, TENANT_TABLES } from './tables.ts'
import { TenantQuery } from './tenant-query.ts'

const org = 'org_1' as OrgId
const oneApp: TenantScope = { ...wholeOrganization(org), apps: ['app_1' as AppId] }
const twoApps: TenantScope = { ...wholeOrganization(org), apps: ['app_1' as AppId, 'app_2' as AppId] }
const partner: TenantScope = { ...oneApp, mediaSources: ['ads_net'] }

const request = (metric: Metric, dimensions: Dimension[], filter?: Dimension): ReportRequest => ({
  from: '2026-10-01',
  to: '2026-10-31',
  timezone: 'Asia/Tokyo',
  today: '2026-10-31',
  metrics: [metric],
  dimensions,
  filters: filter ? [{ dimension: filter, operator: 'eq', values: [INJECTION] }] : [],
  orderBy: [{ field: metric, direction: 'desc' }],
  limit: 10,
  currency: 'EUR',
})
const INJECTION = `' or 1=1 union all select * from events --`

/** Every statement the catalogue can make for a scope: each metric bare, by each dimension, and filtered by each. */
function statements(scope: TenantScope): { sql: string; query: TenantQuery }[] {
  return METRIC_NAMES.flatMap((metric) =>
    [
      request(metric, []),
      ...DIMENSION_NAMES.flatMap((name) => [request(metric, [name]), request(metric, [], name)]),
    ].flatMap((ask) => {
      const query = new TenantQuery(scope)
      const { sql } = planReport(query, ask)
      return sql === null ? [] : [{ sql, query }]
    }),
  )
}

describe('every statement of the whole catalogue', () => {
  const cases: [string, TenantScope, (table: string) => string][] = [
    ['of one app', oneApp, (table) => (table === 'exchange_rates' ? '' : ' and app_id = {app:String}')],
    ['of two apps', twoApps, (table) => (table === 'exchange_rates' ? '' : ' and app_id in {apps:Array(String)}')],
    ['of a whole organization', wholeOrganization(org), () => ''],
    ['of a partner', partner, (table) => (table === 'exchange_rates' ? '' : ' and app_id = {app:String}')],
  ]
  it.each(cases)('%s carries the tenant predicate at every tenant table', (_name, scope, appPredicate) => {
    const all = statements(scope)
    expect(all.length).toBeGreaterThan(METRIC_NAMES.length * 10)
    const seen = new Set<string>()
    for (const { sql, query } of all) {
      assertScoped(sql, scope)
      // Counted here in another way than assertScoped does it: by plain text search for the table's name.
      for (const table of TENANT_TABLES) {
        const references = sql.split(new RegExp(`\\b(?:from|join) ${table}\\b`)).slice(1)
        for (const rest of references) {
          seen.add(table)
          expect(rest.startsWith(` where org_id = {org:String}${appPredicate(table)}`), `${table}: ${sql}`).toBe(true)
        }
      }
      expect(query.parameters.org).toBe(org)
      expect(sql).not.toContain(INJECTION)
    }
    const rollup = scope.mediaSources === null ? ['events_15m'] : []
    const always = ['costs', 'decisions', 'events', 'exchange_rates', 'reengagements', 'touchpoints']
    expect([...seen].sort()).toEqual([...always, ...rollup].sort())
  })

  it('of a partner also carries the media sources wherever rows have or earn one', () => {
    for (const { sql } of statements(partner)) {
      for (const table of ['events', 'touchpoints', 'costs', 'decisions']) {
        for (const rest of sql.split(`from ${table} where org_id = {org:String} and app_id = {app:String}`).slice(1)) {
          const inner = rest.startsWith(' group by app_id, device_id having argMax')
          const narrowed = /^ and (media_source in \{media_sources|\(app_id, device_id\) in \(select)/.test(rest)
          expect(inner || narrowed, `${table}: ${rest.slice(0, 80)}`).toBe(true)
        }
      }
    }
  })
})

describe('the second look', () => {
  it.each([
    'select * from events',
    'select 1 from (select * from decisions) as d',
    'select 1 from x join touchpoints as t on t.a = x.a',
    'select 1 where 1 in (select org_id from costs where org_id = 1)',
    'select * from unmogrowp.events where app_id = 1',
    'select * from `events`',
    'select * from events_15m',
    `select * from events where org_id = {org:String} or 1`,
  ])('refuses a bare tenant table: %s', (sql) => {
    expect(() => assertScoped(sql, oneApp)).toThrow(/tenant/)
  })
  it('lets a statement through whose tables all come from table()', () => {
    const query = new TenantQuery(oneApp)
    const sql = `select count() from ${query.table('events')} as e join ${query.table('decisions')} as d on 1 = 1`
    expect(() => assertScoped(sql, oneApp)).not.toThrow()
  })
})
