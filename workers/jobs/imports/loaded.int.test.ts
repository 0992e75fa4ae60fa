import { expect, it } from 'vitest'
import { useStores } from '#e2e/fixtures/stores.ts'
import { loadedRows } from './loaded.ts'

const stores = useStores()
const HOUR = 3_600_000
/** Longer than any test lasts. */
const LONG = HOUR

const of = { orgId: 'org_l', appId: 'app_l', table: 'events', requests: 'imp_l_' } as const
const insert = (table: string, values: Record<string, unknown>[]) =>
  stores.clickhouse.insert({
    table,
    values,
    format: 'JSONEachRow',
    clickhouse_settings: { date_time_input_format: 'best_effort' },
  })
const events = (from: number, count: number) =>
  insert(
    'events',
    Array.from({ length: count }, (_, n) => ({
      org_id: of.orgId,
      app_id: of.appId,
      event_id: `e${from + n}`,
      event_name: 'a',
      event_time: '2026-11-01T00:00:00Z',
      received_at: '2026-11-01T00:00:00Z',
      request_id: `${of.requests}0`,
      log_id: 'kafka:l:0',
      log_position: String(from + n),
    })),
  )
/** What a loader says: everything that arrived `behindMs` before `at` is loaded. */
const report = (partition: number, at: number, behindMs: number) =>
  insert('loader_status', [
    { log_id: `kafka:l:${partition}`, lag_ms: behindMs, lag_bytes: 0, reported_at: new Date(at).toISOString() },
  ])

it('of a log elsewhere is unknown while its loaders say nothing, and while one of them stands still', async () => {
  expect(await loadedRows(stores.clickhouse, of, 10, { patience: 0, still: 0 })).toBeNull()
  await report(0, Date.now() + HOUR, 0)
  await report(1, Date.now(), 60_000)
  expect(await loadedRows(stores.clickhouse, of, 10, { patience: 0, still: 0 })).toBeNull()
}, 60_000)

it('of a log elsewhere waits for rows that its loaders have not come to yet, and then knows which were there before', async () => {
  await report(0, Date.now() + HOUR, 0)
  await report(1, Date.now(), 60_000)
  await events(1, 3)
  let answered = false
  const loaded = loadedRows(stores.clickhouse, of, 10, { patience: LONG, still: 0 }).finally(() => {
    answered = true
  })
  // By then it has looked several times, and nothing came.
  await new Promise((resolve) => setTimeout(resolve, 2000))
  expect(answered).toBe(false)
  await events(4, 4)
  await report(1, Date.now() + HOUR, 0)
  expect(await loaded).toBe(7)
}, 60_000)

it('of a log elsewhere is known at once when all rows are there', async () => {
  expect(await loadedRows(stores.clickhouse, of, 7, { patience: LONG, still: LONG })).toBe(7)
}, 60_000)

it('of a log elsewhere ends when the import is cancelled', async () => {
  const stop = new AbortController()
  const loaded = loadedRows(stores.clickhouse, of, 10, { patience: LONG, still: LONG, signal: stop.signal })
  stop.abort(new Error('cancelled'))
  await expect(loaded).rejects.toThrow()
}, 60_000)
