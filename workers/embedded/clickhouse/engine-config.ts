import { writeFileSync } from 'node:fs'
import { availableParallelism, totalmem } from 'node:os'

const mebibyte = 1024 * 1024

/** Half of the machine's memory, at least 1 GiB and at most 8 GiB, in bytes. */
export function defaultMemoryLimit(): number {
  return Math.min(8192 * mebibyte, Math.max(1024 * mebibyte, Math.floor(totalmem() / 2)))
}

/**
 * Writes the engine's server configuration, sized for the one small machine it shares with everything else.
 * Only what the embedded engine honours stands here; system log tables are off in it by nature.
 * @param path where to write the XML file
 * @param memoryLimitBytes what all queries and caches together may use
 */
export function writeEngineConfig(path: string, memoryLimitBytes: number): void {
  const cores = availableParallelism()
  const merges = Math.max(2, Math.min(4, cores))
  // Merges can wait for a quieter second, inserts and queries cannot: they share the cores with everything else here.
  // The merge tree refuses mutations and large merges while fewer pool entries are free than these three say; their
  // defaults assume a pool of 16 and would stop both for ever in a pool this small.
  // A merge into more than 512 MiB holds a core for minutes and gigabytes of memory, and makes reading little faster: such
  // parts stay as they are.
  // An insert of the loader is written as one file instead of a hundred, and merged once with nine others rather than twice
  // with four: both cost the cores that inserts need, and what is fresh is read whole anyway.
  writeFileSync(
    path,
    `<clickhouse>
  <max_server_memory_usage>${memoryLimitBytes}</max_server_memory_usage>
  <mark_cache_size>${64 * mebibyte}</mark_cache_size>
  <index_mark_cache_size>${16 * mebibyte}</index_mark_cache_size>
  <uncompressed_cache_size>0</uncompressed_cache_size>
  <compiled_expression_cache_size>${16 * mebibyte}</compiled_expression_cache_size>
  <background_pool_size>${merges}</background_pool_size>
  <background_merges_mutations_concurrency_ratio>2</background_merges_mutations_concurrency_ratio>
  <os_threads_nice_value_merge_mutate>19</os_threads_nice_value_merge_mutate>
  <background_common_pool_size>2</background_common_pool_size>
  <background_schedule_pool_size>4</background_schedule_pool_size>
  <background_move_pool_size>1</background_move_pool_size>
  <background_fetches_pool_size>1</background_fetches_pool_size>
  <merge_tree>
    <min_bytes_for_wide_part>${128 * mebibyte}</min_bytes_for_wide_part>
    <merge_selector_base>10</merge_selector_base>
    <max_bytes_to_merge_at_max_space_in_pool>${512 * mebibyte}</max_bytes_to_merge_at_max_space_in_pool>
    <number_of_free_entries_in_pool_to_lower_max_size_of_merge>1</number_of_free_entries_in_pool_to_lower_max_size_of_merge>
    <number_of_free_entries_in_pool_to_execute_mutation>1</number_of_free_entries_in_pool_to_execute_mutation>
    <number_of_free_entries_in_pool_to_execute_optimize_entire_partition>1</number_of_free_entries_in_pool_to_execute_optimize_entire_partition>
  </merge_tree>
</clickhouse>
`,
  )
}
