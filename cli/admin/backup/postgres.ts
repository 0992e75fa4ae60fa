import pg from 'pg'
import { z } from 'zod'
import type { TableFile } from './manifest.ts'
import { readRows, writeRows } from './rows-file.ts'

const BATCH_ROWS = 2000
const BATCH_BYTES = 4 * 2 ** 20

/** Runs work on one connection of the owner, in one transaction; an error leaves everything as it was. */
export async function inTransaction<T>(
  adminUrl: string,
  begin: string,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({ connectionString: adminUrl })
  await client.connect()
  try {
    await client.query(begin)
    const result = await work(client)
    await client.query('commit')
    return result
  } finally {
    await client.end()
  }
}

async function names(client: pg.Client, query: string): Promise<string[]> {
  const { rows } = await client.query(query)
  return z
    .array(z.object({ name: z.string() }))
    .parse(rows)
    .map(({ name }) => name)
}

/**
 * Names of the applied migrations, in order.
 * @throws Error when the connection is not the owner's: it would see only a part of the rows
 */
export async function postgresMigrations(client: pg.Client): Promise<string[]> {
  try {
    return await names(
      client,
      'select migration_name as name from _prisma_migrations where finished_at is not null and rolled_back_at is null order by 1',
    )
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === '42501') {
      throw new Error('This needs the connection of the owner of the tables. Set DATABASE_ADMIN_URL to it.')
    }
    throw error
  }
}

/** The product's tables, each after those its foreign keys point at. */
export async function postgresTables(client: pg.Client): Promise<string[]> {
  const left = await names(
    client,
    `select relname as name from pg_class where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace
       and relname <> '_prisma_migrations' order by 1`,
  )
  const { rows } = await client.query(
    `select distinct child.relname as child, parent.relname as parent from pg_constraint
       join pg_class child on child.oid = conrelid join pg_class parent on parent.oid = confrelid
       where contype = 'f' and connamespace = 'public'::regnamespace and conrelid <> confrelid`,
  )
  const keys = z.array(z.object({ child: z.string(), parent: z.string() })).parse(rows)
  const ordered: string[] = []
  while (left.length > 0) {
    const next = left.findIndex((table) => keys.every(({ child, parent }) => child !== table || !left.includes(parent)))
    if (next < 0) throw new Error(`Foreign keys of ${left.join(', ')} go in a circle.`)
    ordered.push(...left.splice(next, 1))
  }
  return ordered
}

/** Writes a table as one JSON object a line, as the transaction sees it. */
export async function dumpPostgresTable(client: pg.Client, table: string, dir: string): Promise<TableFile> {
  const file = `postgres.${table}.ndjson.gz`
  const written = await writeRows(dir, file, jsonLines(client, table))
  return { store: 'postgres', table, columns: [], file, ...written }
}

async function* jsonLines(client: pg.Client, table: string): AsyncGenerator<Buffer> {
  // Rows travel as text: a number past 2^53 or a time in microseconds must not pass through JavaScript's types.
  await client.query(
    `declare backup_rows no scroll cursor for select row_to_json(t)::text as line from ${pg.escapeIdentifier(table)} t`,
  )
  for (;;) {
    const { rows } = await client.query<{ line: string }>(`fetch ${BATCH_ROWS} from backup_rows`)
    if (rows.length === 0) break
    yield Buffer.from(rows.map(({ line }) => `${line}\n`).join(''))
  }
  await client.query('close backup_rows')
}

/** Inserts a table's file. @returns rows inserted */
export async function loadPostgresTable(client: pg.Client, { table, file }: TableFile, dir: string): Promise<number> {
  const name = pg.escapeIdentifier(table)
  let count = 0
  for await (const { bytes } of readRows(dir, file, BATCH_BYTES)) {
    const lines = bytes.toString('utf8').trimEnd().split('\n')
    const { rowCount } = await client.query(
      `insert into ${name} select * from json_populate_recordset(null::${name}, $1::json)`,
      [`[${lines.join(',')}]`],
    )
    count += rowCount ?? 0
  }
  return count
}

/** The first table that has a row, or null when all are empty. */
export async function filledPostgresTable(client: pg.Client, tables: readonly string[]): Promise<string | null> {
  for (const table of tables) {
    const { rowCount } = await client.query(`select 1 from ${pg.escapeIdentifier(table)} limit 1`)
    if (rowCount !== 0) return table
  }
  return null
}
