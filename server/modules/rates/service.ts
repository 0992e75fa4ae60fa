import { z } from 'zod'
import { type Clock, systemClock } from '#server/platform/clock.ts'
import { type ImportResult, lastOfEach, readCsv } from '#server/platform/csv.ts'
import { insertTenantRows, type QueryOrigin, TenantQuery } from '#server/query/index.ts'
import type { TenantScope } from '#server/tenancy/index.ts'
import { rateLine } from './schema.ts'

const rowSchema = z.object({ base: z.string(), quote: z.string(), day: z.string(), rate: z.number() })

/** One unit of `base` costs `rate` units of `quote` on `day` (YYYY-MM-DD). */
export type Rate = z.output<typeof rowSchema>

/**
 * The organization's exchange rates, newest day first; at most 1,000.
 * @returns `latestDay` is null while none were imported
 */
export async function listRates(
  scope: TenantScope,
  origin: QueryOrigin,
): Promise<{ rows: Rate[]; latestDay: string | null }> {
  const query = new TenantQuery(scope)
  const table = query.table('exchange_rates', ['base', 'quote', 'day', 'rate', 'imported_at'])
  const sql = `select toString(base) as base, toString(quote) as quote, toString(day) as day, argMax(rate, imported_at) as rate from ${table} group by base, quote, day order by day desc, base, quote limit 1000`
  const rows = await query.rows(sql, rowSchema, origin)
  return { rows, latestDay: rows[0]?.day ?? null }
}

/**
 * Imports dated rates from a CSV with the columns `base, quote, day, rate`. A rate of the same pair and day is replaced.
 * Good lines are kept when others are refused.
 * @throws AppError invalid when it is no such CSV
 */
export async function importRates(scope: TenantScope, csv: string, clock: Clock = systemClock): Promise<ImportResult> {
  const { rows, rejected } = readCsv(csv, { required: ['base', 'quote', 'day', 'rate'] }, rateLine)
  const kept = lastOfEach(rows, (row) => `${row.base} ${row.quote} ${row.day}`)
  const imported_at = new Date(clock.now()).toISOString()
  await insertTenantRows(
    scope,
    'exchange_rates',
    kept.map((row) => ({ ...row, imported_at })),
  )
  return { accepted: kept.length, duplicates: rows.length - kept.length, rejected }
}
