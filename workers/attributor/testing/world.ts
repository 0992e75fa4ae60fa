import { DEFAULT_SETTINGS } from '#server/modules/attribution/index.ts'
import type { AppId, OrgId } from '#server/platform/ids.ts'
import type { ClickHouseClient } from '#server/stores/index.ts'
import type { Tools } from '../decide-app.ts'
import { type BatchLimits, type BatchResult, followStretch, readProgress } from '../follow.ts'
import type { Tenant } from '../reads.ts'
import { RetargetingApps } from '../returns/index.ts'

export const HOUR = 3_600_000
export const DAY = 24 * HOUR
export const NOW = Date.UTC(2026, 9, 20, 12)

/** A row for `events` or `touchpoints`, as far as a test cares. */
export interface Row {
  kind: 'install' | 'session_start' | 'reengagement' | 'touchpoint'
  id: string
  at: number
  more?: Record<string, unknown>
}

export const tenant = (name: string): Tenant => ({ orgId: `org_${name}` as OrgId, appId: `app_${name}` as AppId })
export const click = (id: string, at: number, more = {}): Row => ({
  kind: 'touchpoint',
  id,
  at,
  more: { touchpoint_type: 'click', media_source: 'google_ads', campaign: 'autumn', ...more },
})
export const view = (id: string, at: number, more = {}): Row => click(id, at, { touchpoint_type: 'view', ...more })
export const install = (deviceId: string, at: number, more = {}): Row => ({
  kind: 'install',
  id: `install-${deviceId}-${at}`,
  at,
  more: { device_id: deviceId, platform: 'android', environment: 'production', ...more },
})

export const session = (deviceId: string, at: number, more = {}): Row => ({
  ...install(deviceId, at, more),
  kind: 'session_start',
  id: `session-${deviceId}-${at}`,
})
export const reported = (deviceId: string, at: number, more = {}): Row => ({
  ...install(deviceId, at, more),
  kind: 'reengagement',
  id: `reengagement-${deviceId}-${at}`,
})

/** What a test compares of a stored decision. */
export interface StoredDecision {
  device_id: string
  version: number
  decision_id: string
  supersedes: string
  settings_version: number
  install_event_id: string
  outcome: string
  match_type: string
  touchpoint_id: string
  media_source: string
  conversion_type: string
  environment: string
  candidates: string
  rule_hits: string
}

/** One log, loaded by the test in the loader's place, and the attributor's steps over it. */
export class World {
  readonly tools: Tools
  readonly logId: string
  #position = 0n
  #cursor = 0n

  constructor(clickhouse: ClickHouseClient, logId: string, tools: Partial<Tools> = {}) {
    this.logId = logId
    const settings: Tools['settings'] = {
      versions: async () => [DEFAULT_SETTINGS],
      version: async () => DEFAULT_SETTINGS,
    }
    this.tools = {
      clickhouse,
      settings,
      retargeting: new RetargetingApps(),
      now: () => Date.now(),
      onUnreadable: () => undefined,
      ...tools,
    }
  }

  /** Loads rows as one frame, touchpoints first, and moves the watermark past it. */
  async load(of: Tenant, rows: readonly Row[]): Promise<void> {
    this.#position += 1000n
    const common = (row: Row) => ({
      org_id: of.orgId,
      app_id: of.appId,
      received_at: new Date(NOW).toISOString(),
      log_id: this.logId,
      log_position: String(this.#position),
      ...row.more,
    })
    const iso = (row: Row) => new Date(row.at).toISOString()
    const touchpoints = rows.filter(({ kind }) => kind === 'touchpoint')
    const events = rows.filter(({ kind }) => kind !== 'touchpoint')
    await this.insert(
      'touchpoints',
      touchpoints.map((row) => ({ touchpoint_id: row.id, touchpoint_time: iso(row), ...common(row) })),
    )
    await this.insert(
      'events',
      events.map((row) => ({ event_id: row.id, event_name: row.kind, event_time: iso(row), ...common(row) })),
    )
    await this.insert('load_progress', [
      { log_id: this.logId, position: String(this.#position), loaded_at: new Date().toISOString() },
    ])
  }

  /** One step of the attributor: from where the last one ended, or from the beginning as after a loss of its progress. */
  async follow(from: 'cursor' | 'beginning' = 'cursor', limits?: Partial<BatchLimits>): Promise<BatchResult> {
    const result = await followStretch(
      this.tools,
      {
        logId: this.logId,
        from: from === 'cursor' ? this.#cursor : 0n,
        fromIncluded: true,
        to: this.#position,
      },
      undefined,
      limits ? { limits } : {},
    )
    this.#cursor = this.#position
    return result
  }

  savedProgress = async (): Promise<bigint | undefined> =>
    (await readProgress(this.tools.clickhouse, 'attributor_progress')).get(this.logId)?.position

  get position(): bigint {
    return this.#position
  }

  private async insert(table: string, values: object[]): Promise<void> {
    if (values.length === 0) return
    await this.tools.clickhouse.insert({
      table,
      values,
      format: 'JSONEachRow',
      clickhouse_settings: { date_time_input_format: 'best_effort' },
    })
  }
}

/** Every decision of an app, by device and version. */
export async function decisionsOf(clickhouse: ClickHouseClient, of: Tenant): Promise<StoredDecision[]> {
  const result = await clickhouse.query({
    query: `select device_id, version, decision_id, supersedes, settings_version, install_event_id, outcome, match_type, touchpoint_id,
        media_source, conversion_type, environment, candidates, rule_hits
      from decisions where org_id = {org:String} and app_id = {app:String} order by device_id, version`,
    query_params: { org: of.orgId, app: of.appId },
    format: 'JSONEachRow',
  })
  return result.json<StoredDecision>()
}

/** Every row about returns of an app's devices, by device, conversion and version. */
export async function returnsOf(clickhouse: ClickHouseClient, of: Tenant): Promise<StoredReturn[]> {
  const result = await clickhouse.query({
    query: `select device_id, conversion_id, version, outcome, match_type, touchpoint_id, media_source, supersedes, decision_id,
        candidates, rule_hits, last_active_at
      from reengagements where org_id = {org:String} and app_id = {app:String} order by device_id, conversion_id, version`,
    query_params: { org: of.orgId, app: of.appId },
    format: 'JSONEachRow',
  })
  return result.json<StoredReturn>()
}

/** What a test compares of a stored return. */
export interface StoredReturn {
  device_id: string
  conversion_id: string
  version: number
  outcome: string
  match_type: string
  touchpoint_id: string
  media_source: string
  supersedes: string
  decision_id: string
  candidates: string
  rule_hits: string
  last_active_at: string | null
}

/** The current decisions without what depends on how often was decided. */
export async function outcomesOf(clickhouse: ClickHouseClient, of: Tenant): Promise<Map<string, string>> {
  const current = new Map<string, string>()
  for (const { version, decision_id, supersedes, ...rest } of await decisionsOf(clickhouse, of)) {
    current.set(rest.device_id, JSON.stringify(rest))
  }
  return current
}

/** The re-engagements that stand, without what depends on how often was decided. */
export async function reengagementsOf(clickhouse: ClickHouseClient, of: Tenant): Promise<Map<string, string>> {
  const current = new Map<string, string>()
  for (const { version, decision_id, supersedes, ...rest } of await returnsOf(clickhouse, of)) {
    if (rest.outcome === 'attributed') current.set(rest.conversion_id, JSON.stringify(rest))
    else current.delete(rest.conversion_id)
  }
  return current
}
