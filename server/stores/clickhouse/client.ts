import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client'

export type { ClickHouseClient } from '@clickhouse/client'

/**
 * Opens a client on a ClickHouse HTTP interface, embedded or not: only the address differs.
 * @param url http(s)://user:password@host:port
 * @param database the product's database
 * @param timeoutMs how long a statement may take without a word from the server
 */
export function openClickHouse(
  url: string,
  database: string,
  application = 'unmogrowp',
  timeoutMs = 120_000,
): ClickHouseClient {
  return createClient({
    url,
    database,
    application,
    max_open_connections: 16,
    request_timeout: timeoutMs,
    keep_alive: { enabled: true, idle_socket_ttl: 2_000 },
    log: { level: ClickHouseLogLevel.OFF },
    clickhouse_settings: {
      date_time_output_format: 'iso',
      output_format_json_quote_64bit_integers: 0,
      output_format_json_quote_decimals: 0,
      // On a cluster: every process reads the same replica of a shard, an insert is on the shards when it is acknowledged,
      // and a subquery over all shards runs once instead of once a shard. One server has nothing to do with any of them.
      load_balancing: 'in_order',
      prefer_localhost_replica: 0,
      distributed_foreground_insert: 1,
      distributed_product_mode: 'global',
      parallel_distributed_insert_select: '0',
    },
  })
}
