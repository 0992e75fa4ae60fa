import { AppError } from '#server/platform/errors.ts'
import { clickhouse } from '#server/stores/index.ts'
import type { TenantScope } from '#server/tenancy/index.ts'
import { queryError } from './errors.ts'

type Value = string | number | boolean | null

/**
 * Writes what a tenant imported. Organization and app are stamped from the scope, whatever the rows say.
 * @param scope for `costs` narrowed to one app
 * @returns once ClickHouse has acknowledged the rows
 */
export async function insertTenantRows(
  scope: TenantScope,
  table: 'costs' | 'exchange_rates',
  rows: readonly { [column: string]: Value }[],
): Promise<void> {
  if (rows.length === 0) return
  const [appId] = scope.apps ?? []
  if (table === 'costs' && appId === undefined) throw new AppError('invalid', 'Costs belong to an app.')
  const owner = { org_id: scope.orgId, ...(table === 'costs' ? { app_id: appId } : {}) }
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
