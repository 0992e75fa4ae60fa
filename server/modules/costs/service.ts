import { type Clock, systemClock } from '#server/platform/clock.ts'
import { type ImportResult, lastOfEach, readCsv } from '#server/platform/csv.ts'
import { insertTenantRows } from '#server/query/index.ts'
import type { TenantScope } from '#server/tenancy/index.ts'
import { costLine } from './schema.ts'

const COLUMNS = {
  required: ['day', 'media_source', 'cost', 'currency'],
  optional: ['campaign', 'ad_set', 'ad', 'country'],
} as const

/**
 * Imports ad costs of one app from a CSV. A line of the same day, source, campaign, ad set, ad, country and currency
 * replaces the earlier one. Good lines are kept when others are refused.
 * @param scope narrowed to the app
 * @throws AppError invalid when it is no such CSV
 */
export async function importCosts(scope: TenantScope, csv: string, clock: Clock = systemClock): Promise<ImportResult> {
  const { rows, rejected } = readCsv(csv, COLUMNS, costLine)
  const kept = lastOfEach(rows, ({ cost: _cost, ...key }) => JSON.stringify(key))
  const imported_at = new Date(clock.now()).toISOString()
  await insertTenantRows(
    scope,
    'costs',
    kept.map((row) => ({ ...row, imported_at })),
  )
  return { accepted: kept.length, duplicates: rows.length - kept.length, rejected }
}
