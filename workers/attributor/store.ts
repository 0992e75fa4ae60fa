import type { QueryParams } from '@clickhouse/client'
import type { ClickHouseClient } from '#server/stores/index.ts'

/** Bytes of values one parameter carries: a ClickHouse server refuses form fields over 128 KiB by default. */
const BYTES_PER_LIST = 90_000
/** Lists that are looked up at the same time; every running query holds a session of the embedded engine. */
const AT_ONCE = 3

/** Cuts a list so that each piece fits into one query parameter. */
export const pieces = (values: readonly string[]): string[][] =>
  // Quotes and a comma around each value, and escapes in the worst case double it; as many times fit as well.
  cut(values, BYTES_PER_LIST, (value) => Math.max(16, Buffer.byteLength(value) * 2 + 3))

/** Cuts a list into pieces whose sizes add up to no more than a limit; what is larger alone is a piece of its own. */
function cut(values: readonly string[], limit: number, sizeOf: (value: string) => number): string[][] {
  const out: string[][] = []
  let size = limit
  for (const value of values) {
    const own = sizeOf(value)
    size += own
    if (size > limit) {
      out.push([])
      size = own
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
export function rows(clickhouse: ClickHouseClient, query: string, params: Record<string, unknown>): Promise<unknown[]> {
  return answer(clickhouse, { query, query_params: params, use_multipart_params: true })
}

async function answer(clickhouse: ClickHouseClient, question: QueryParams): Promise<unknown[]> {
  const clickhouse_settings = { log_comment: 'attributor', ...question.clickhouse_settings }
  const result = await clickhouse.query({ ...question, format: 'JSONEachRow', clickhouse_settings })
  return result.json()
}

/** Characters of the lists in the text of one query. */
const TEXT_OF_LISTS = 1_000_000

/**
 * SQL: texts of any content as an Array(String), to be used as `in (select arrayJoin(…))`. Thousands of values as a query
 * parameter cost more than looking them up; one literal does not.
 */
export function textList(values: readonly string[]): string {
  const hex = values.map((value) => Buffer.from(value).toString('hex'))
  return `arrayMap(one -> unhex(one), splitByChar(',', '${hex.join(',')}'))`
}

/** SQL: whole numbers as an Array(Int64). */
export function numberList(values: readonly number[]): string {
  return `arrayMap(one -> toInt64(one), splitByChar(',', '${values.map(Math.trunc).join(',')}'))`
}

/** Of queries whose text carries lists of {@link textList}. */
const LIST_SETTINGS = {
  max_query_size: String(8 * TEXT_OF_LISTS),
  // Thousands of keys are looked for at a time: fewer comparisons with the index find their places.
  merge_tree_coarse_index_granularity: '2',
}

/**
 * The rows of one query over a list of keys, cut into pieces of which each makes a text that is not too long. No query for
 * an empty list.
 * @param query the text for one piece, given that as a {@link textList} and as it is
 * @param params short ones, because they stand in the URL
 */
export async function rowsByKeys(
  clickhouse: ClickHouseClient,
  query: (list: string, piece: readonly string[]) => string,
  keys: readonly string[],
  params: Record<string, unknown>,
): Promise<unknown[]> {
  const lists = cut(keys, TEXT_OF_LISTS, (key) => Buffer.byteLength(key) * 2 + 1)
  const found = await inTurns(lists, (piece) =>
    answer(clickhouse, {
      query: query(textList(piece), piece),
      query_params: params,
      clickhouse_settings: LIST_SETTINGS,
    }),
  )
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
