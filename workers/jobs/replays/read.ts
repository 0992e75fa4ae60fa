import type { ClickHouseClient } from '#server/stores/index.ts'

/** A replay's questions may take longer than a page's; what is too much to be sorted in memory is sorted on disk. */
export const SETTINGS = {
  log_comment: 'replay',
  max_execution_time: 600,
  max_bytes_before_external_sort: '268435456',
  // Thousands of keys are looked for at a time: fewer comparisons with the index find their places.
  merge_tree_coarse_index_granularity: '2',
} as const

/** Rows of a query as plain objects, not yet validated. @throws ClickHouseError, or a connection error */
export async function query(
  clickhouse: ClickHouseClient,
  sql: string,
  params: Record<string, unknown>,
): Promise<unknown[]> {
  const result = await clickhouse.query({
    query: sql,
    query_params: params,
    format: 'JSONEachRow',
    clickhouse_settings: SETTINGS,
  })
  return result.json()
}

/**
 * Rows of a query as arrays in the order of its columns, some at a time as they come. JSON.parse gives them; whoever reads
 * them checks them with {@link text}.
 * @throws as {@link query}
 */
export async function* stream(
  clickhouse: ClickHouseClient,
  sql: string,
  params: Record<string, unknown>,
  signal: AbortSignal,
): AsyncGenerator<unknown[][]> {
  const result = await clickhouse.query({
    query: sql,
    query_params: params,
    format: 'JSONCompactEachRow',
    clickhouse_settings: SETTINGS,
    abort_signal: signal,
  })
  for await (const rows of result.stream<unknown[]>()) yield rows.map((row) => row.json())
}

/**
 * Lines of a query's only column, some at a time as they come. Without line feeds in them: nothing is escaped.
 * @throws as {@link query}
 */
export async function* lines(
  clickhouse: ClickHouseClient,
  sql: string,
  params: Record<string, unknown>,
  signal: AbortSignal,
): AsyncGenerator<string[]> {
  const result = await clickhouse.query({
    query: sql,
    query_params: params,
    format: 'TabSeparatedRaw',
    clickhouse_settings: SETTINGS,
    abort_signal: signal,
  })
  for await (const rows of result.stream()) yield rows.map((row) => row.text)
}

/** A text of a row. Millions of rows pass here, so a schema's objects would cost more than the engine. @throws Error */
export function text(row: readonly unknown[], at: number): string {
  const value = row[at]
  if (typeof value !== 'string') throw new Error(`Column ${at} of a stored row is no text.`)
  return value
}

/** A whole number of a row. @throws Error */
export function whole(row: readonly unknown[], at: number): number {
  const value = row[at]
  if (typeof value !== 'number' || !Number.isSafeInteger(value))
    throw new Error(`Column ${at} of a stored row is no number.`)
  return value
}
