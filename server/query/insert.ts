import { AppError } from '#server/platform/errors.ts'
import { clickhouse } from '#server/stores/index.ts'
import type { TenantScope } from '#server/tenancy/index.ts'
import { queryError } from './errors.ts'

type Value = string | number | boolean | null

/**
 * Writes what a tenant imported, or did with dead letters. Organization and app are stamped from the scope, whatever the rows say.
 * @param scope narrowed to one app, except for `exchange_rates`
 * @returns once ClickHouse has acknowledged the rows
 */
export async function insertTenantRows(
  scope: TenantScope,
  table: 'costs' | 'exchange_rates' | 'dead_letter_replays',
  rows: readonly { [column: string]: Value }[],
): Promise<void> {
  if (rows.length === 0) return
  const [appId] = scope.apps ?? []
  const ofApp = table !== 'exchange_rates'
  if (ofApp && appId === undefined) throw new AppError('invalid', 'These rows belong to an app.')
  const owner = { org_id: scope.orgId, ...(ofApp ? { app_id: appId } : {}) }
  try {
    await clickhouse().insert({
      table,
      values: rows.map((row) => ({ ...row, ...owner })),
      format: 'JSONEachRow',
      clickhouse_settings: { date_time_input_format: 'best_effort' },
    })
  } catch (error) {
    throw queryError(error)
  }
}
