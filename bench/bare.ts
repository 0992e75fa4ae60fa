import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { IngestStack } from '#cli/stack/ingest-path.ts'
import type { ClickHouseClient } from '#server/stores/index.ts'
import type { SampleBodies } from './events.ts'

/** How a bare load writes: into a table of the product's shape with its rollups, or into one without order and views. */
export type BareTable = 'same' | 'plain'

const STRUCTURE =
  'event_id String, event_name String, event_time Int64, platform String, device_id String, os_version String, app_version String, sdk_version String, device_model String, locale String, country String, revenue Nullable(Decimal(18,6)), currency String, properties String'
const COLUMNS =
  'event_id, event_name, event_time, platform, device_id, os_version, app_version, sdk_version, device_model, locale, country, revenue, currency, properties'

/** Counts a table's rows. */
export async function countRows(client: ClickHouseClient, table: string): Promise<number> {
  const result = await client.query({ query: `select toUInt32(count()) as n from ${table}`, format: 'JSONEachRow' })
  const [row] = z.array(z.object({ n: z.number() })).parse(await result.json())
  return row?.n ?? 0
}

/** The NDJSON that a bare load reads, on disk. */
export interface SampleFile {
  path: string
  events: number
  drop(): void
}

/** Writes events of the same kind as the senders send into a file. */
export function writeSampleFile(stack: IngestStack, bodies: SampleBodies, events: number): SampleFile {
  const path = join(stack.dir, 'bare.ndjson')
  const fd = openSync(path, 'w')
  for (let written = 0; written < events; written += 10_000) {
    writeSync(fd, bodies.body(Math.min(10_000, events - written)))
  }
  closeSync(fd)
  return { path, events, drop: () => rmSync(path, { force: true }) }
}

const viewSchema = z.array(z.object({ name: z.string(), target: z.string(), create: z.string() }))

/** The materialized views on events with their targets: what an insert into events writes beside it. */
async function viewsOfEvents(client: ClickHouseClient): Promise<z.output<typeof viewSchema>> {
  const result = await client.query({
    query: `select name, as_select as create,
      extract(create_table_query, ' TO [a-z0-9_]+\\\\.([a-z0-9_]+)') as target
      from system.tables where database = currentDatabase() and engine = 'MaterializedView'
      and match(as_select, 'FROM [a-z0-9_]+\\\\.events\\\\b')`,
    format: 'JSONEachRow',
  })
  return viewSchema.parse(await result.json())
}

async function createTables(client: ClickHouseClient, table: BareTable): Promise<string[]> {
  if (table === 'plain') {
    await client.command({
      query: `create table bare_events engine = MergeTree order by tuple()
        as select * except (log_id, log_position) from events limit 0`,
    })
    return ['bare_events']
  }
  await client.command({ query: 'create table bare_events as events' })
  const made = ['bare_events']
  for (const { name, target, create } of await viewsOfEvents(client)) {
    await client.command({ query: `create table bare_${target} as ${target}` })
    const select = create.replace(/FROM [a-z0-9_]+\.events\b/, 'FROM bare_events')
    await client.command({ query: `create materialized view bare_${name} to bare_${target} as ${select}` })
    made.unshift(`bare_${name}`, `bare_${target}`)
  }
  return made
}

/**
 * The baseline: the engine alone loads an NDJSON file, as one statement with its own defaults.
 * @returns events per second
 */
export async function bareLoad(stack: IngestStack, file: SampleFile, table: BareTable): Promise<number> {
  const { clickhouse } = stack
  const made = await createTables(clickhouse, table)
  try {
    const started = performance.now()
    await clickhouse.command({
      query: `insert into bare_events (org_id, app_id, received_at, ${COLUMNS})
        select {org:String}, {app:String}, now64(3), ${COLUMNS.replace('event_time', 'fromUnixTimestamp64Milli(event_time)')}
        from file({file:String}, 'JSONEachRow', {structure:String})`,
      query_params: { org: stack.orgId, app: stack.appId, file: file.path, structure: STRUCTURE },
    })
    const seconds = (performance.now() - started) / 1000
    const loaded = await countRows(clickhouse, 'bare_events')
    if (loaded !== file.events) throw new Error(`the bare engine loaded ${loaded} of ${file.events} events`)
    return file.events / seconds
  } finally {
    for (const name of made) await clickhouse.command({ query: `drop table ${name} sync` })
  }
}
