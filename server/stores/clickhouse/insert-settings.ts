import type { ClickHouseSettings } from '@clickhouse/client'

/**
 * Settings of an insert that is repeated under the same `insert_deduplication_token` until it is acknowledged: it goes in
 * as one block, in tables and in the rollups behind them, and a repetition of what did arrive adds nothing to either.
 * A token counts for blocks by their place, so the body must not be cut differently the second time: one thread, one block.
 */
export const WHOLE_INSERT = {
  async_insert: 0,
  insert_deduplicate: 1,
  deduplicate_blocks_in_dependent_materialized_views: 1,
  max_threads: 1,
  max_insert_threads: '1',
  max_insert_block_size: '1048576',
  min_insert_block_size_rows: '1048576',
  min_insert_block_size_bytes: '1073741824',
  wait_end_of_query: 1,
} as const satisfies ClickHouseSettings
