import type { ClickHouseClient } from '@clickhouse/client'
import { z } from 'zod'

const engineSchema = z.array(z.object({ engine_full: z.string() }))

/**
 * Deletes rows and waits until they are gone; on a cluster from the tables behind the distributed one.
 * @param condition written by code, with its values as parameters
 * @throws ClickHouseError, or a connection error when the store is away
 */
export async function deleteRows(
  clickhouse: ClickHouseClient,
  table: string,
  condition: string,
  params: Record<string, unknown>,
): Promise<void> {
  const result = await clickhouse.query({
    query: `select engine_full from system.tables where database = currentDatabase() and name = {table: String}`,
    query_params: { table },
    format: 'JSONEachRow',
  })
  const [found] = engineSchema.parse(await result.json())
  const behind = /^Distributed\('([^']+)', '([^']+)', '([^']+)'/.exec(found?.engine_full ?? '')
  const target = behind ? `\`${behind[2]}\`.\`${behind[3]}\` on cluster '${behind[1]}'` : table
  await clickhouse.command({
    query: `alter table ${target} delete where ${condition}`,
    query_params: params,
    clickhouse_settings: { mutations_sync: '2', allow_nondeterministic_mutations: 1 },
  })
}
