import type { TenantScope } from '#server/tenancy/index.ts'

/**
 * The tables with tenants' rows. `app`: rows belong to one app. `source`: how a scope that is restricted to media sources
 * narrows the table: by its own column, by the device's current decision, by the return's own current decision, not at all
 * (`open`), or to nothing (`closed`).
 */
const TABLES = {
  events: { app: true, source: 'device' },
  touchpoints: { app: true, source: 'column' },
  decisions: { app: true, source: 'device' },
  // By the source that brought the device back, whoever brought the install.
  reengagements: { app: true, source: 'return' },
  keyed_installs: { app: true, source: 'device' },
  costs: { app: true, source: 'column' },
  rejected_events: { app: true, source: 'closed' },
  dead_letter_replays: { app: true, source: 'closed' },
  replay_installs: { app: true, source: 'closed' },
  replay_decisions: { app: true, source: 'closed' },
  exchange_rates: { app: false, source: 'open' },
  // Counted over devices: a scope of media sources has to read the events themselves.
  events_15m: { app: true, source: 'closed' },
} as const

export type TenantTable = keyof typeof TABLES
export const TENANT_TABLES = Object.keys(TABLES) as TenantTable[]

/** Organization and app: what every reference to the table begins its WHERE with. */
function tenantPredicate(table: TenantTable, scope: TenantScope): string {
  const organization = 'org_id = {org:String}'
  if (!TABLES[table].app || scope.apps === null) return organization
  return scope.apps.length === 1
    ? `${organization} and app_id = {app:String}`
    : `${organization} and app_id in {apps:Array(String)}`
}

/** The whole predicate of a scope on a table; values are bound under the names `org`, `app(s)`, `media_sources`. */
export function tablePredicate(table: TenantTable, scope: TenantScope): string {
  const tenant = tenantPredicate(table, scope)
  if (scope.mediaSources === null) return tenant
  switch (TABLES[table].source) {
    case 'open':
      return tenant
    case 'closed':
      return `${tenant} and 0`
    case 'column':
      return `${tenant} and media_source in {media_sources:Array(String)}`
    case 'return':
      // By the column alone, a version that was taken back would stand for lack of the one that says so.
      return (
        `${tenant} and (app_id, device_id, conversion_id) in (select app_id, device_id, conversion_id from reengagements where ${tenant}` +
        ` group by app_id, device_id, conversion_id having argMax(media_source, (version, decided_at)) in {media_sources:Array(String)})`
      )
    case 'device':
      return (
        `${tenant} and (app_id, device_id) in (select app_id, device_id from decisions where ${tenantPredicate('decisions', scope)}` +
        ` group by app_id, device_id having argMax(if(outcome = 'organic', 'organic', media_source), (version, decided_at)) in {media_sources:Array(String)})`
      )
  }
}

const REFERENCE = new RegExp(`\\b(?:from|join|in)\\s+\\(?\\s*(?:\\w+\\.)?\`?(${TENANT_TABLES.join('|')})\\b\`?`, 'gi')

/**
 * The second look: every place where the text names a tenant table must go on with the scope's predicate.
 * @throws Error naming the table that stands bare; a defect of ours, so the caller sees an internal error
 */
export function assertScoped(sql: string, scope: TenantScope): void {
  for (const match of sql.matchAll(REFERENCE)) {
    const table = match[1]?.toLowerCase() as TenantTable
    const rest = sql.slice(match.index + match[0].length)
    if (!rest.startsWith(` where ${tenantPredicate(table, scope)}`)) {
      throw new Error(`A query names the tenant table ${table} without the tenant predicate.`)
    }
  }
}
