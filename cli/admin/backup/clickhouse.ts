import { Readable } from 'node:stream'
import { z } from 'zod'
import type { ClickHouseClient } from '#server/stores/index.ts'
import type { Cut } from './cut.ts'
import type { TableFile } from './manifest.ts'
import { readRows, writeRows } from './rows-file.ts'

const BATCH_BYTES = 16 * 2 ** 20
const CARRIAGE_RETURN = 0x0d

/** A table of the product's database. */
export interface Table {
  name: string
  /** In the order of the table; computed ones are left out. */
  columns: string[]
  /** Rows of the same key replace each other: it is read with FINAL. */
  replacing: boolean
  /** Filled by a materialized view from another table: not in a backup, because restoring that table fills it again. */
  derived: boolean
}

/** Rows of a query, checked. */
export async function rows<T extends z.ZodType>(
  client: ClickHouseClient,
  schema: T,
  query: string,
  params: Record<string, unknown> = {},
): Promise<z.output<T>[]> {
  const result = await client.query({ query, query_params: params, format: 'JSONEachRow' })
  return z.array(schema).parse(await result.json())
}

/** Every table with rows, the list of migrations excepted. */
export async function clickhouseTables(client: ClickHouseClient): Promise<Table[]> {
  const tables = await rows(
    client,
    z.object({ name: z.string(), engine: z.string() }),
    `select name, engine from system.tables
      where database = currentDatabase() and engine like '%MergeTree' and name <> 'schema_migrations' order by name`,
  )
  const columns = await rows(
    client,
    z.object({ name: z.string(), table: z.string() }),
    `select name, table from system.columns
      where database = currentDatabase() and default_kind not in ('ALIAS', 'MATERIALIZED') order by table, position`,
  )
  const views = await rows(
    client,
    z.object({ text: z.string() }),
    `select create_table_query as text from system.tables
      where database = currentDatabase() and engine = 'MaterializedView'`,
  )
  const targets = views.map(({ text }) => / TO (?:\w+\.)?`?(\w+)/.exec(text)?.[1])
  return tables.map(({ name, engine }) => ({
    name,
    columns: columns.filter(({ table }) => table === name).map((column) => column.name),
    replacing: engine.includes('Replacing'),
    derived: targets.includes(name),
  }))
}

/** Names of the applied migrations, in order. */
export async function clickhouseMigrations(client: ClickHouseClient): Promise<string[]> {
  const found = await rows(
    client,
    z.object({ name: z.string() }),
    'select distinct name from schema_migrations order by name',
  )
  return found.map(({ name }) => name)
}

const final = ({ replacing }: Table) => (replacing ? 'final' : '')

/** Rows of a table as the product reads it. */
export async function countRows(client: ClickHouseClient, table: Table): Promise<number> {
  const [row] = await rows(
    client,
    z.object({ n: z.number() }),
    `select count() as n from ${table.name} ${final(table)}`,
  )
  return row?.n ?? 0
}

/** What of a table lies before the cut, as a condition. */
function beforeCut({ name, columns }: Table, cut: Cut): { condition: string; params: Record<string, unknown> } {
  if (name === 'decisions')
    return { condition: 'decided_at <= fromUnixTimestamp64Milli({last:Int64})', params: { last: cut.lastDecision } }
  if (!columns.includes('log_position')) return { condition: '1', params: {} }
  // Rows without a log were not written by the loader: they are whole.
  if (cut.loaded.size === 0) return { condition: "log_id = ''", params: {} }
  return {
    condition:
      "(log_id = '' or log_position <= transform(log_id, {logs:Array(String)}, {positions:Array(UInt64)}, toUInt64(0)))",
    params: { logs: [...cut.loaded.keys()], positions: [...cut.loaded.values()] },
  }
}

/** Writes what of a table lies before the cut as tab-separated lines, which keep every byte of every type. */
export async function dumpClickHouseTable(
  client: ClickHouseClient,
  table: Table,
  cut: Cut,
  dir: string,
): Promise<TableFile> {
  const file = `clickhouse.${table.name}.tsv.gz`
  const kept = cut.progress.get(table.name)
  const pieces = kept === undefined ? select(client, table, cut) : Readable.from(kept === '' ? [] : [Buffer.from(kept)])
  const written = await writeRows(dir, file, pieces)
  return { store: 'clickhouse', table: table.name, columns: table.columns, file, ...written }
}

async function* select(client: ClickHouseClient, table: Table, cut: Cut): AsyncGenerator<Buffer> {
  const { condition, params } = beforeCut(table, cut)
  const { stream } = await client.exec({
    query: `select ${table.columns.join(', ')} from ${table.name} ${final(table)} where ${condition} format TabSeparated`,
    query_params: params,
  })
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    // The format escapes this character, so it can only begin the server's notice of an error after the first rows.
    const notice = chunk.indexOf(CARRIAGE_RETURN)
    if (notice >= 0) throw new Error(`Reading ${table.name} failed: ${chunk.subarray(notice).toString('utf8').trim()}`)
    yield chunk
  }
}

/** Inserts a table's file. @returns rows inserted */
export async function loadClickHouseTable(client: ClickHouseClient, entry: TableFile, dir: string): Promise<number> {
  const [first, ...others] = entry.columns
  if (first === undefined) throw new Error(`${entry.file} names no columns.`)
  let count = 0
  for await (const { bytes, rows: lines } of readRows(dir, entry.file, BATCH_BYTES)) {
    await client.insert({
      table: entry.table,
      columns: [first, ...others],
      values: Readable.from([bytes], { objectMode: false }),
      format: 'TabSeparated',
      clickhouse_settings: { date_time_input_format: 'best_effort', async_insert: 0, insert_deduplicate: 0 },
    })
    count += lines
  }
  return count
}
