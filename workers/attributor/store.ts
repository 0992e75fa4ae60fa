import type { ClickHouseClient } from '#server/stores/index.ts'

/** Bytes of values one parameter carries: a ClickHouse server refuses form fields over 128 KiB by default. */
const BYTES_PER_LIST = 90_000
/** Lists that are looked up at the same time; every running query holds a session of the embedded engine. */
const AT_ONCE = 3

/** Cuts a list so that each piece fits into one query parameter. */
export function pieces(values: readonly string[]): string[][] {
  const out: string[][] = []
  let bytes = BYTES_PER_LIST
  for (const value of values) {
    // Quotes and a comma around each value, and escapes in the worst case double it; as many times fit as well.
    const size = Math.max(16, Buffer.byteLength(value) * 2 + 3)
    bytes += size
    if (bytes > BYTES_PER_LIST) {
      out.push([])
      bytes = size
    }
    out.at(-1)?.push(value)
  }
  return out
}

/** Runs work over items, a few at a time, and returns the results in order. */
export async function inTurns<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
  atOnce = AT_ONCE,
): Promise<R[]> {
  const results: R[] = []
  for (let at = 0; at < items.length; at += atOnce) {
    results.push(...(await Promise.all(items.slice(at, at + atOnce).map(work))))
  }
  return results
}

/**
 * Rows of a query as plain objects, not yet validated. Parameters travel in the body: a URL holds no list of keys.
 * @throws ClickHouseError, or a connection error when the store is away
 */
export async function rows(
  clickhouse: ClickHouseClient,
  query: string,
  params: Record<string, unknown>,
): Promise<unknown[]> {
  const result = await clickhouse.query({
    query,
    query_params: params,
    format: 'JSONEachRow',
    use_multipart_params: true,
    clickhouse_settings: { log_comment: 'attributor' },
  })
  return result.json()
}

/** The rows of one query over a list `{keys: Array(String)}`, cut into pieces that fit. No query for an empty list. */
export async function rowsByKeys(
  clickhouse: ClickHouseClient,
  query: string,
  keys: readonly string[],
  params: Record<string, unknown>,
): Promise<unknown[]> {
  const found = await inTurns(pieces(keys), (piece) => rows(clickhouse, query, { ...params, keys: piece }))
  return found.flat()
}

/** Appends rows as one block, so that a kill leaves all of them or none. */
export async function append(clickhouse: ClickHouseClient, table: string, values: readonly object[]): Promise<void> {
  if (values.length === 0) return
  await clickhouse.insert({
    table,
    values: [...values],
    format: 'JSONEachRow',
    clickhouse_settings: { date_time_input_format: 'best_effort', async_insert: 0 },
  })
}
