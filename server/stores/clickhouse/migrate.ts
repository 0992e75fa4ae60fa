import type { ClickHouseClient } from '@clickhouse/client'
import { env } from '#server/platform/env.ts'
import { openClickHouse } from './client.ts'
import type { Cluster } from './cluster/render.ts'
import { readMigrations, render } from './migrations.ts'

const LIST = `create table if not exists schema_migrations
(name String, checksum String, applied_at DateTime64(3, 'UTC') default now64(3))
engine = ReplacingMergeTree(applied_at) order by name`

/** A statement that fills a new table from a large old one is silent for hours; given up on, it would begin anew each time. */
const TIMEOUT_MS = 24 * 3_600_000

/**
 * Applies the numbered migrations the database does not have yet. Every statement is idempotent, so a run that was
 * killed half way is repaired by the next one.
 * @param url address of the ClickHouse HTTP interface
 * @param database created when absent
 * @param clusterName name of the cluster whose every server gets the tables; undefined: the one server at the address
 * @returns names of the migrations applied now
 * @throws Error when an applied migration's text has changed since
 */
export async function migrateClickHouse(
  url: string,
  database: string,
  clusterName: string | undefined = env().CLICKHOUSE_CLUSTER,
): Promise<string[]> {
  const cluster = clusterName === undefined ? undefined : { name: clusterName, database }
  const server = openClickHouse(url, 'default', 'unmogrowp-migrate', TIMEOUT_MS)
  try {
    await run(server, render(`create database if not exists ${database}`, cluster))
  } finally {
    await server.close()
  }
  const client = openClickHouse(url, database, 'unmogrowp-migrate', TIMEOUT_MS)
  try {
    return await applyAll(client, cluster)
  } finally {
    await client.close()
  }
}

async function run(client: ClickHouseClient, statements: readonly string[]): Promise<void> {
  for (const query of statements) await client.command({ query })
}

async function applyAll(client: ClickHouseClient, cluster: Cluster | undefined): Promise<string[]> {
  await run(client, render(LIST, cluster))
  const result = await client.query({
    query: 'select name, checksum from schema_migrations final',
    format: 'JSONEachRow',
  })
  const known = new Map(
    (await result.json<{ name: string; checksum: string }>()).map((row) => [row.name, row.checksum]),
  )
  const applied: string[] = []
  for (const { name, checksum, statements } of await readMigrations(cluster)) {
    const before = known.get(name)
    if (before === checksum) continue
    if (before !== undefined)
      throw new Error(`ClickHouse migration ${name} was changed after it had been applied. Add a new one instead.`)
    await run(client, statements)
    await client.insert({ table: 'schema_migrations', values: [{ name, checksum }], format: 'JSONEachRow' })
    applied.push(name)
  }
  return applied
}
