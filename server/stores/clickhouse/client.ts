import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client'

export type { ClickHouseClient } from '@clickhouse/client'

/**
 * Opens a client on a ClickHouse HTTP interface, embedded or not: only the address differs.
 * @param url http(s)://user:password@host:port
 * @param database the product's database
 */
export function openClickHouse(url: string, database: string, application = 'unmogrowp'): ClickHouseClient {
  return createClient({
    url,
    database,
    application,
    max_open_connections: 16,
    request_timeout: 120_000,
    keep_alive: { enabled: true, idle_socket_ttl: 2_000 },
    log: { level: ClickHouseLogLevel.OFF },
    clickhouse_settings: {
      date_time_output_format: 'iso',
      output_format_json_quote_64bit_integers: 0,
      output_format_json_quote_decimals: 0,
    },
  })
}
