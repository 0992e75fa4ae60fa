import { env, required } from '#server/platform/env.ts'
import { type ClickHouseClient, openClickHouse } from './clickhouse/client.ts'
import { openPostgres, type PrismaClient } from './postgres/client.ts'

export { type ClickHouseClient, openClickHouse } from './clickhouse/client.ts'
export { deleteRows } from './clickhouse/delete-rows.ts'
export { openPostgres, Prisma, type PrismaClient, type Transaction } from './postgres/client.ts'

interface Stores {
  postgres?: PrismaClient
  clickhouse?: ClickHouseClient
}
/** On globalThis because Next bundles this file more than once, and each copy would open a pool of its own. */
const holder = globalThis as { unmogrowpStores?: Stores }
holder.unmogrowpStores ??= {}
const open = holder.unmogrowpStores

/** This process's Postgres client, under the role that cannot bypass row-level security. Tenant rows: only through server/tenancy. */
export function postgres(): PrismaClient {
  open.postgres ??= openPostgres(required('DATABASE_URL'))
  return open.postgres
}

/** This process's ClickHouse client. Tenant data: only through server/tenancy and server/query. */
export function clickhouse(): ClickHouseClient {
  open.clickhouse ??= openClickHouse(required('CLICKHOUSE_URL'), env().CLICKHOUSE_DATABASE)
  return open.clickhouse
}

/** Closes what this process opened. */
export async function closeStores(): Promise<void> {
  const { postgres: pg, clickhouse: ch } = open
  delete open.postgres
  delete open.clickhouse
  await Promise.all([pg?.$disconnect(), ch?.close()])
}
