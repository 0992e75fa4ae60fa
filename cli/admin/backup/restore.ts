import { resolve } from 'node:path'
import type pg from 'pg'
import type { ClickHouseClient } from '#server/stores/index.ts'
import { type Product, say } from '../product.ts'
import { type Copied, copied, openDatabase, refuseCluster } from './backup.ts'
import { clickhouseMigrations, clickhouseTables, countRows, loadClickHouseTable, type Table } from './clickhouse.ts'
import { checkMigrations, type Manifest, readManifest, type TableFile, verifyFiles } from './manifest.ts'
import {
  filledPostgresTable,
  inTransaction,
  loadPostgresTable,
  postgresMigrations,
  postgresTables,
} from './postgres.ts'

/**
 * Puts a backup into stores that are migrated and empty: all of it, or after an error nothing. Processes of the product
 * must not run on them meanwhile; the roles go on from where those of the backup stood once they are started.
 * @param from folder of the backup
 * @throws Error when the backup is damaged or of another release, the target is not empty, or the product runs on it
 */
export async function restore(product: Product, from: string): Promise<Copied> {
  refuseCluster()
  if (product.kind === 'beside') {
    throw new Error('The product runs on this DATA_DIR. Stop it, restore, and start it again.')
  }
  const dir = resolve(from)
  const manifest = await readManifest(dir)
  const client = openDatabase(product)
  try {
    const tables = await clickhouseTables(client)
    await inTransaction(product.connections.DATABASE_ADMIN_URL, 'begin', async (postgres) => {
      checkMigrations(manifest, {
        postgres: await postgresMigrations(postgres),
        clickhouse: await clickhouseMigrations(client),
      })
      await checkEmpty(postgres, client, tables)
      await verifyFiles(dir, manifest)
      for (const entry of manifest.tables.filter(({ store }) => store === 'postgres')) {
        checkCount(entry, await loadPostgresTable(postgres, entry, dir))
      }
      // Last, and followed only by Postgres' commit: what fails before it leaves both stores empty.
      await loadClickHouse(client, tables, manifest, dir)
    })
  } finally {
    await client.close()
  }
  return copied(dir, manifest.createdAt, manifest.release, manifest.tables)
}

async function checkEmpty(postgres: pg.Client, client: ClickHouseClient, tables: readonly Table[]): Promise<void> {
  const inPostgres = await filledPostgresTable(postgres, await postgresTables(postgres))
  const counts = await Promise.all(
    tables.map(async (table) => ({ name: table.name, rows: await countRows(client, table) })),
  )
  const filled = inPostgres ?? counts.find(({ rows }) => rows > 0)?.name
  if (filled === undefined) return
  throw new Error(
    `The target is not empty: ${filled} has rows. Restore into a fresh installation (a new DATA_DIR, or new databases).`,
  )
}

async function loadClickHouse(
  client: ClickHouseClient,
  tables: readonly Table[],
  manifest: Manifest,
  dir: string,
): Promise<void> {
  const entries = manifest.tables.filter(({ store }) => store === 'clickhouse')
  try {
    for (const entry of entries) {
      const table = tables.find(({ name }) => name === entry.table)
      if (!table) throw new Error(`There is no ClickHouse table ${entry.table}.`)
      checkCount(entry, await loadClickHouseTable(client, entry, dir))
      checkCount(entry, await countRows(client, table))
      say(`${entry.table}: ${entry.rows} rows`)
    }
  } catch (error) {
    // They were empty before: half a restore must not look like data.
    for (const { name } of tables) await client.command({ query: `truncate table ${name}` })
    throw error
  }
}

function checkCount(entry: TableFile, rows: number): void {
  if (rows === entry.rows) return
  throw new Error(`${entry.file}: ${rows} of ${entry.rows} rows arrived in ${entry.table}. Nothing was restored.`)
}
