import { mkdir, readdir, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { env } from '#server/platform/env.ts'
import { type ClickHouseClient, openClickHouse } from '#server/stores/index.ts'
import { type Product, say } from '../product.ts'
import { clickhouseMigrations, clickhouseTables, dumpClickHouseTable } from './clickhouse.ts'
import { takeCut, waitForLoader } from './cut.ts'
import { release, type TableFile, writeManifest } from './manifest.ts'
import { dumpPostgresTable, inTransaction, postgresMigrations, postgresTables } from './postgres.ts'

/** What a backup or a restore was done with. */
export interface Copied {
  backup: string
  createdAt: string
  release: string
  /** Rows by table. */
  postgres: Record<string, number>
  clickhouse: Record<string, number>
  /** Size of the files, in bytes. */
  bytes: number
}

/** Opens the product's ClickHouse database for a command. */
export function openDatabase(product: Product): ClickHouseClient {
  return openClickHouse(product.connections.CLICKHOUSE_URL, env().CLICKHOUSE_DATABASE, 'unmogrowp-admin')
}

/**
 * Copies everything that cannot be made again into a folder, while the product runs: all organizations with their
 * members, apps, keys, links and settings, and every event, touchpoint, decision, cost and rate. What was acknowledged
 * before the command began is in it. Not in it: secrets and settings of the environment (AUTH_SECRET, connections), mails
 * of the demo's inbox, logs, and the loaded part of the event log. The files hold password hashes and personal data: they
 * are readable by their owner alone and not encrypted.
 * @param out folder to write; absent or empty
 * @throws Error when the folder is in use, or the loader does not catch up
 */
export async function backup(product: Product, out: string): Promise<Copied> {
  refuseCluster()
  const dir = resolve(out)
  await mkdir(dir, { recursive: true, mode: 0o700 })
  if ((await readdir(dir)).length > 0) throw new Error(`out: ${dir} is not empty. Name a new folder.`)
  const client = openDatabase(product)
  const createdAt = new Date().toISOString()
  try {
    await waitForLoader(product, client, env().DATA_DIR)
    const own = await clickhouseTables(client)
    const cut = await takeCut(client, own)
    // Postgres after the cut: an app exists before its first row, so no row of the copy lacks its app.
    const fromPostgres = await inTransaction(
      product.connections.DATABASE_ADMIN_URL,
      'begin transaction isolation level repeatable read read only',
      async (pg) => {
        const migrations = await postgresMigrations(pg)
        const tables: TableFile[] = []
        for (const table of await postgresTables(pg)) tables.push(await dumpPostgresTable(pg, table, dir))
        return { migrations, tables }
      },
    )
    const tables = [...fromPostgres.tables]
    for (const table of own.filter(({ derived }) => !derived)) {
      tables.push(await dumpClickHouseTable(client, table, cut, dir))
      say(`${table.name}: ${tables.at(-1)?.rows} rows`)
    }
    const migrations = { postgres: fromPostgres.migrations, clickhouse: await clickhouseMigrations(client) }
    await writeManifest(dir, { format: 1, release: release(), createdAt, migrations, tables })
    return copied(dir, createdAt, release(), tables)
  } catch (error) {
    for (const name of await readdir(dir)) await rm(join(dir, name))
    throw error
  } finally {
    await client.close()
  }
}

/**
 * One server's tables are not a cluster's rows.
 * @throws Error where the product uses a cluster
 */
export function refuseCluster(): void {
  if (env().CLICKHOUSE_CLUSTER === undefined) return
  throw new Error(
    "ClickHouse is a cluster here (CLICKHOUSE_CLUSTER), of which this command would see one server. Use ClickHouse's own BACKUP and RESTORE … ON CLUSTER, and your provider's backup of Postgres.",
  )
}

/** The answer of both commands. */
export function copied(dir: string, createdAt: string, from: string, tables: readonly TableFile[]): Copied {
  const counts = (store: TableFile['store']) =>
    Object.fromEntries(tables.filter((one) => one.store === store).map(({ table, rows }) => [table, rows]))
  return {
    backup: dir,
    createdAt,
    release: from,
    postgres: counts('postgres'),
    clickhouse: counts('clickhouse'),
    bytes: tables.reduce((sum, { bytes }) => sum + bytes, 0),
  }
}
